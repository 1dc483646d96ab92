"""The HTTP API of an instance, as a node uses it."""

from __future__ import annotations

from typing import Any

import pytest


def test_health_names_contract_and_concurrency(instance: Any) -> None:
    health = instance.http.get("/health").json()
    assert health == {
        "status": "ok",
        "contract": "oaas/1",
        "concurrency": 1,
        "name": "sdk_sample_algorithms",
        "version": "",
        "launchBatch": 256,
    }


def test_descriptor_has_schemas_description_and_examples(instance: Any) -> None:
    descriptor = instance.http.get("/algorithms/7").json()
    assert descriptor in instance.http.get("/algorithms").json()
    assert (descriptor["name"], descriptor["version"]) == ("total", "2.1.0")
    assert descriptor["description"] == "Adds opening costs.\n\n**Markdown** is welcome."
    assert descriptor["inputSchema"]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert descriptor["inputSchema"]["$defs"]["Site"]["required"] == ["openingCost"]
    assert descriptor["outputSchema"]["required"] == ["totalCost"]
    assert descriptor["examples"] == [{"sites": [{"openingCost": 1.0}], "factor": 1.0}]


def test_a_short_run_is_answered_at_once(instance: Any) -> None:
    answer = instance.launch("total", {"sites": [{"openingCost": 2}, {"openingCost": 3}]}, wait=20)
    assert answer.status_code == 200
    assert answer.headers["Preference-Applied"] == "wait=20"
    message = answer.json()
    assert message["status"] == 0
    assert message["output"] == {"totalCost": 5.0}
    assert message == instance.get(message["executionId"])


def test_wait_ends_before_a_long_run(instance: Any) -> None:
    answer = instance.launch("sleep", {"seconds": 0.5}, wait=0.1)
    assert answer.status_code == 202
    assert answer.json()["status"] == 1
    assert instance.final(answer.json()["executionId"])["output"] == "slept"


def test_input_that_does_not_fit_is_refused_with_pointers(instance: Any) -> None:
    answer = instance.launch("total", {"sites": [{"openingCost": 1}, {"openingCost": "much"}, {}], "factor": None})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "invalidInput"
    assert [error["pointer"] for error in problem["errors"]] == [
        "/sites/1/openingCost",
        "/sites/2/openingCost",
        "/factor",
    ]
    assert instance.http.get("/executions/run-refused").status_code == 404


def test_refused_execution_ids_can_be_used_again(instance: Any) -> None:
    assert instance.launch("total", {}, executionId="again").status_code == 422
    assert instance.run("total", {"sites": []}, executionId="again")["status"] == 0


def test_launch_is_idempotent(instance: Any) -> None:
    first = instance.launch("sleep", {"seconds": 0.3}, executionId="once")
    second = instance.launch("sleep", {"seconds": 0.3}, executionId="once")
    assert (first.status_code, second.status_code) == (202, 202)
    final = instance.final("once")
    third = instance.launch("sleep", {"seconds": 0.3}, executionId="once")
    assert (third.status_code, third.json()) == (200, final)
    assert instance.launch("total", {"sites": []}, executionId="once").status_code == 409


def test_no_free_slot_is_429(instance: Any) -> None:
    running = instance.start("sleep", {"seconds": 30})
    refused = instance.launch("total", {"sites": []})
    assert refused.status_code == 429
    assert refused.json()["code"] == "noFreeSlot"
    instance.stop(running)
    assert instance.run("total", {"sites": []})["status"] == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/algorithms/99"),
        ("POST", "/executions/99"),
        ("GET", "/executions/nothing"),
        ("DELETE", "/executions/nothing"),
        ("POST", "/executions/nothing/interrupt"),
        ("GET", "/executions/nothing/logs"),
        ("GET", "/elsewhere"),
    ],
)
def test_unknown_things_are_404(instance: Any, method: str, path: str) -> None:
    answer = instance.http.request(method, path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        (b"{", 400, None),
        (b'{"executionId": "a b", "input": 1}', 422, "/executionId"),
        (b'{"executionId": "a"}', 422, ""),
        (b'{"executionId": "a", "input": 1, "maximumRunningTimeInSeconds": -1}', 422, "/maximumRunningTimeInSeconds"),
        (b'{"executionId": "a", "input": 1, "callbackUrl": "file:///etc"}', 422, "/callbackUrl"),
    ],
)
def test_bad_launch_documents_are_refused(instance: Any, body: bytes, status: int, pointer: str | None) -> None:
    answer = instance.http.post("/executions/7", content=body)
    assert answer.status_code == status
    errors = answer.json().get("errors", [])
    assert [error["pointer"] for error in errors] == ([] if pointer is None else [pointer])


def test_a_body_over_the_limit_is_413(start_instance: Any) -> None:
    small = start_instance(OAAS_MAX_BODY_BYTES="2000").wait_until_ready()
    assert small.launch("echo", "x" * 3000).status_code == 413
    chunks = iter([b'{"executionId": "a", "input": "'] + [b"x" * 100] * 30)
    assert small.http.post("/executions/1", content=chunks).status_code == 413
    assert small.run("echo", "x" * 100)["output"] == "x" * 100


def test_large_documents_pass(instance: Any) -> None:
    document = [[number, "text" * 10] for number in range(50_000)]
    assert instance.run("echo", document)["output"] == document


def test_delete_forgets_when_asked_to(instance: Any) -> None:
    done = instance.run("total", {"sites": []})["executionId"]
    assert instance.stop(done)["status"] == 0  # it had ended already
    assert instance.http.delete(f"/executions/{done}?deleteStatusInfo=true").status_code == 200
    assert instance.http.get(f"/executions/{done}").status_code == 404
    assert instance.logs(done).status_code == 404
