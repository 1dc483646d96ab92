"""What a registration says about its containers: Compose's ways to write it, and what is refused."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from pydantic import ValidationError

from oaasplatform.domain.deployments import Command, Condition, Deployment, HealthCheck, Mount, Service, Stack
from oaasplatform.schemas.deployments import merged
from oaasplatform.schemas.repositories import RepositoryCreate, RepositoryUpdate

STACK = {
    "answers": "api",
    "services": {
        "api": {
            "image": "planner:2",
            "command": "serve --threads 2",
            "environment": ["QUEUE=redis://queue:6379/0", "EMPTY="],
            "volumes": ["work:/work"],
            "depends_on": {"queue": {"condition": "service_healthy"}},
            "share": 3,
        },
        "queue": {
            "image": "redis:7",
            "user": "999:1000",
            "healthcheck": {"test": ["CMD", "redis-cli", "ping"], "interval": "1m1.5s", "timeout": 2, "retries": 3},
            "volumes": ["work:/data"],
        },
        "worker": {"image": "planner:2", "user": 999, "depends_on": ["queue"], "healthcheck": {"test": "pgrep worker"}},
    },
}


def deployment(**fields: Any) -> Deployment:
    """What the fields of a registration mean."""
    request = RepositoryCreate.model_validate({"name": "planner", "image": "planner:2", **fields})
    return merged(request, Deployment())


def test_a_stack_as_compose_writes_it() -> None:
    assert deployment(stack=STACK).stack == Stack(
        answers="api",
        services={
            "api": Service(
                image="planner:2",
                command=("serve", "--threads", "2"),
                environment={"QUEUE": "redis://queue:6379/0", "EMPTY": ""},
                volumes=(Mount(volume="work", path="/work"),),
                depends_on={"queue": Condition.HEALTHY},
                share=3,
            ),
            "queue": Service(
                image="redis:7",
                user="999:1000",
                healthcheck=HealthCheck(test=("redis-cli", "ping"), interval=61.5, timeout=2, retries=3),
                volumes=(Mount(volume="work", path="/data"),),
            ),
            "worker": Service(
                image="planner:2",
                user="999",
                depends_on={"queue": Condition.STARTED},
                healthcheck=HealthCheck(test=("/bin/sh", "-c", "pgrep worker")),
            ),
        },
    )


def test_what_is_stored_reads_as_it_was() -> None:
    whole = deployment(
        stack=STACK,
        port=8080,
        readyTimeoutInSeconds=600,
        concurrency=4,
        commands=[{"name": "solve", "command": ["solve", "--fast"], "inputSchema": {"type": "object"}}],
        functions=[{"archive": "net", "function": "route", "inputs": ["demand"]}],
    )
    assert (whole.port, whole.ready_timeout, whole.concurrency) == (8080, 600, 4)
    assert whole.commands == (Command(name="solve", command=("solve", "--fast"), input_schema={"type": "object"}),)
    assert msgspec.convert(msgspec.to_builtins(whole), Deployment) == whole


def test_an_update_changes_what_it_names() -> None:
    before = deployment(port=8080, concurrency=4)
    assert merged(RepositoryUpdate.model_validate({"concurrency": 2}), before) == deployment(port=8080, concurrency=2)
    assert merged(RepositoryUpdate.model_validate({"port": None}), before) == deployment(concurrency=4)
    assert merged(RepositoryUpdate.model_validate({"name": "other"}), before) == before


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"port": 0}, ("port",)),
        ({"stack": {**STACK, "answers": "nobody"}}, ("stack",)),
        ({"stack": {"answers": "a", "services": {"a": {"image": "x", "depends_on": ["b"]}}}}, ("stack",)),
        (
            {
                "stack": {
                    "answers": "a",
                    "services": {"a": {"image": "x", "depends_on": ["b"]}, "b": {"image": "x", "depends_on": ["a"]}},
                }
            },
            ("stack",),
        ),
        ({"stack": {"answers": "a", "services": {"a": {}}}}, ("stack", "services", "a", "image")),
        ({"stack": {"answers": "a", "services": {"a": {"image": "x", "volumes": ["/etc:/etc"]}}}}, None),
        ({"stack": {"answers": "a", "services": {"a": {"image": "x", "volumes": ["./here:/etc"]}}}}, None),
        ({"stack": {"answers": "a", "services": {"a": {"image": "x", "volumes": ["v:/a:/b"]}}}}, None),
        *(
            (
                {"stack": {"answers": "a", "services": {"a": {"image": "x", name: value}}}},
                ("stack", "services", "a", name),
            )
            for name, value in {
                "privileged": True,
                "network_mode": "host",
                "pid": "host",
                "cap_add": ["SYS_ADMIN"],
                "devices": ["/dev/kvm"],
                "ports": ["80:80"],
                "user": "root wheel",
                "userns_mode": "host",
                "security_opt": ["seccomp=unconfined"],
                "depends_on": {"a": {"condition": "service_completed_successfully"}},
            }.items()
        ),
        ({"commands": [{"name": "x", "input": "file.json"}]}, ("commands", 0, "input")),
        ({"functions": [{"archive": "../x", "function": "f"}]}, ("functions", 0, "archive")),
        ({"readyTimeoutInSeconds": 100_000}, ("readyTimeoutInSeconds",)),
    ],
)
def test_what_is_refused(fields: dict[str, Any], place: tuple[Any, ...] | None) -> None:
    with pytest.raises(ValidationError) as refusal:
        deployment(**fields)
    if place is not None:
        assert refusal.value.errors()[0]["loc"][: len(place)] == place


def test_an_image_or_a_stack() -> None:
    assert RepositoryCreate.model_validate({"name": "x", "stack": STACK}).image is None
    with pytest.raises(ValidationError, match="give an `image`, or a `stack`"):
        RepositoryCreate.model_validate({"name": "x"})
