"""What OPTIMAIX repositories say, and what is made of it; nothing here needs a repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from oaas_sdk.contract import Status, StatusMessage
from oaasplatform.domain.deployments import Deployment, Service, Stack
from oaasplatform.domain.errors import ContractBroken
from oaasplatform.domain.images import Image
from oaasplatform.domain.targets import Run, Target
from oaasplatform.protocols.base import Launch
from oaasplatform.protocols.calls import decode
from oaasplatform.protocols.optimaix import OptimaixProtocol, messages
from oaasplatform.protocols.optimaix.catalogue import descriptors
from oaasplatform.protocols.optimaix.memory import Memory
from oaasplatform.protocols.optimaix.stack import RedisPlace, redises_of, stack_of
from oaasplatform.protocols.optimaix.wire import Algorithm, Record, TaskMeta
from oaasplatform.schemas.deployments import StackFields
from oaasplatform.settings import Settings

RUN = Run("7-1", None)


def _task(**said: Any) -> StatusMessage:
    return messages.of_task(RUN, decode(msgspec.json.encode(said), TaskMeta, "test"))


def _record(**said: Any) -> StatusMessage:
    record = decode(msgspec.json.encode({"id": 0, "task_id": "t", **said}), Record, "test")
    return messages.of_record(RUN, record)


def _error(message: StatusMessage) -> tuple[str, str, Any]:
    assert message.error is not None
    assert message.status == Status.FAILED
    return message.error.type, message.error.message, message.error.details


@pytest.mark.parametrize("status", ["PENDING", "STARTED", "RETRY", "PROGRESS", ""])
def test_a_task_that_goes_on(status: str) -> None:
    assert _task(status=status, result=None).status == Status.RUNNING


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"exc_type": "KeyError", "exc_message": ["site", 7]}, ("KeyError", "site, 7")),
        ({"exc_type": "KeyError", "exc_message": "site"}, ("KeyError", "site")),
        ({"exc_type": "Infeasible", "exc_message": {"why": [1]}}, ("Infeasible", '{"why":[1]}')),
        ({"exc_type": "WorkerLostError", "exc_message": ["signal 9"]}, ("workerDied", "signal 9")),
    ],
)
def test_a_task_that_failed(result: Any, expected: tuple[str, str]) -> None:
    assert _error(_task(status="FAILURE", result=result, traceback="T")) == (*expected, {"traceback": "T"})


@pytest.mark.parametrize("result", [None, [], "ValueError", {"exc_message": ["x"]}, {"exc_type": 7}])
def test_a_failure_that_makes_no_sense(result: Any) -> None:
    with pytest.raises(ContractBroken):
        _task(status="FAILURE", result=result)


def test_a_task_without_an_output() -> None:
    with pytest.raises(ContractBroken, match="no output"):
        _task(status="SUCCESS", result=None)


@pytest.mark.parametrize(
    "said", [{}, {"finished": "", "error": {}}, {"finished": None, "error": None, "output": None}, {"error": ""}]
)
def test_a_record_of_a_run_that_goes_on(said: Any) -> None:
    assert _record(**said).status == Status.RUNNING


def test_a_record_of_a_run_that_has_ended() -> None:
    message = _record(finished="2026-11-24", error={"success": True}, output={"sum": 5})
    assert (message.status, bytes(message.output)) == (Status.FINISHED, b'{"sum":5}')  # type: ignore[arg-type]
    failed = _record(finished="2026-11-24", error={"success": False, "type": "Infeasible", "detail": "no way"})
    assert _error(failed) == ("Infeasible", "no way", None)
    assert _error(_record(finished="x", error={"success": False}))[:2] == ("error", "")


@pytest.mark.parametrize(
    "said", [{"id": -1}, {"id": "0"}, {"task_id": ""}, {"task_id": "t" * 201}, {"finished": "x", "error": "?"}]
)
def test_a_record_that_makes_no_sense(said: Any) -> None:
    with pytest.raises(ContractBroken):
        _record(**said)


def _target(generation: int) -> Target:
    return Target(
        instance_id=1,
        generation=generation,
        base_url="",
        addresses={},
        digest="",
        quota_document={},
        deployment_document={},
    )


def _launch(input: bytes) -> Launch:
    return Launch(
        run_id="7-1", reference="1", input=msgspec.Raw(input), callback_url="", secret="0", time_limit=None, wait=0.0
    )


def test_whether_it_is_the_input_or_the_instance() -> None:
    memory = Memory()
    assert not memory.suspect(_target(1), _launch(b"{}"))
    assert not memory.suspect(_target(1), _launch(b"{}")), "two executions with the same input, on one instance"
    assert not memory.suspect(_target(2), _launch(b"[]"))
    assert memory.suspect(_target(2), _launch(b"{}"))
    memory.clear(_launch(b"{}"))
    assert not memory.suspect(_target(3), _launch(b"{}"))


def test_versions_of_an_algorithm() -> None:
    found = [Algorithm(1, "plan", {}, {}, "1"), Algorithm(2, "plan", {}, {}, "2"), Algorithm("x", "price", {}, {})]
    named = {each.name: (each.reference, each.version) for each in descriptors(found)}
    assert named == {"plan@1": ("1", "1"), "plan@2": ("2", "2"), "price": ("x", "")}


def test_a_stack_of_the_registration_wins() -> None:
    protocol = OptimaixProtocol(max_output_bytes=1, redis_image="mirror/redis")
    image = Image(reference="planner:1", digest="sha256:0")
    stack = protocol.complete(Deployment(port=8080), image).stack
    assert stack is not None
    images = {name: service.image for name, service in stack.services.items()}
    assert images == {"backend": "planner:1", "worker": "planner:1", "redis": "mirror/redis"}
    own = Deployment(stack=Stack(answers="one", services={"one": Service(image="planner:1")}))
    assert protocol.complete(own, image) == own


def test_the_stack_in_the_documentation() -> None:
    text = (Path(__file__).parents[3] / "docs" / "dialects" / "optimaix.md").read_text(encoding="utf-8")
    written = yaml.safe_load(text.partition("```yaml\n")[2].partition("```")[0])["stack"]
    made = stack_of("registry.example.org/planner:1", Settings.model_fields["redis_image"].default)
    assert StackFields.model_validate(written) == StackFields.model_validate(made)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("redis://redis:6379/0", RedisPlace("10.0.0.4", 6379, 0, None, None)),
        ("redis://redis", RedisPlace("10.0.0.4", 6379, 0, None, None)),
        ("redis://me:pass@redis:7000/3", RedisPlace("10.0.0.4", 7000, 3, "me", "pass")),
        ("redis://:pass@redis/1", RedisPlace("10.0.0.4", 6379, 1, None, "pass")),
        ("redis://:p%40ss%2F@redis/1", RedisPlace("10.0.0.4", 6379, 1, None, "p@ss/")),
        ("redis://169.254.169.254:80/0", None),
        ("redis://elsewhere/0", None),
        ("rediss://redis/0", None),
        ("amqp://redis", None),
        ("redis://redis:x/0", None),
        ("redis://redis/x", None),
        ("redis://redis/-1", None),
        ("", None),
    ],
)
def test_where_redis_is(url: str, place: RedisPlace | None) -> None:
    environment = {"CELERY_BROKER_URL": url, "CELERY_RESULT_BACKEND": url}
    stack = Stack(answers="api", services={"api": Service(image="i", environment=environment)})
    target = Target(
        instance_id=1,
        generation=1,
        base_url="http://10.0.0.2:55955",
        addresses={"api": "10.0.0.2", "redis": "10.0.0.4"},
        digest="",
        quota_document={},
        deployment_document=msgspec.to_builtins(Deployment(stack=stack)),
    )
    found = redises_of(target)
    assert (found and found.broker) == (found and found.results) == place
