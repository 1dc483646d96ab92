"""Many launches in one request."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from typing import Any

import httpx
import psutil  # type: ignore[import-untyped]
import pytest

NDJSON = {"Content-Type": "application/x-ndjson"}

_numbers = count()


def new_id() -> str:
    return f"batch-{next(_numbers)}"


@pytest.fixture(scope="module")
def ids(instance: Any) -> dict[str, int]:
    """The numbers of the sample algorithms."""
    return {item["name"]: item["algorithmId"] for item in instance.http.get("/algorithms").json()}


@pytest.fixture
def line(ids: dict[str, int]) -> Callable[..., dict[str, Any]]:
    """Makes launches of algorithms."""

    def make(algorithm: str, input: Any, **more: Any) -> dict[str, Any]:
        return {"executionId": new_id(), "algorithmId": ids[algorithm], "input": input, **more}

    return make


def body_of(lines: list[Any]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def post(instance: Any, lines: list[Any], wait: float | None = 50) -> httpx.Response:
    headers = NDJSON if wait is None else {**NDJSON, "Prefer": f"wait={wait:g}"}
    answer: httpx.Response = instance.http.post("/executions", content=body_of(lines), headers=headers)
    return answer


def results(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


@contextmanager
def streamed(instance: Any, lines: list[Any]) -> Iterator[Iterator[dict[str, Any]]]:
    """The results one by one as they come."""
    headers = {**NDJSON, "Prefer": "wait=50"}
    with instance.http.stream("POST", "/executions", content=body_of(lines), headers=headers) as answer:
        assert answer.status_code == 200
        yield (json.loads(line) for line in answer.iter_lines())


@contextmanager
def caller_who_does_not_read(instance: Any, lines: list[Any]) -> Iterator[socket.socket]:
    """A connection with a batch that has been sent and accepted; closing it is going away."""
    body = body_of(lines)
    url = instance.http.base_url
    with socket.create_connection((url.host, url.port)) as connection:
        head = f"POST /executions HTTP/1.1\r\nHost: a\r\nPrefer: wait=50\r\nContent-Length: {len(body)}\r\n"
        connection.sendall(f"{head}Content-Type: application/x-ndjson\r\n\r\n".encode() + body)
        assert connection.recv(12) == b"HTTP/1.1 200"
        yield connection


def test_runs_are_executed_in_order(instance: Any, line: Any) -> None:
    lines = [line("echo", number) for number in range(200)]
    answer = post(instance, lines)
    assert answer.headers["Preference-Applied"] == "wait=50"
    found = results(answer)
    assert [result["executionId"] for result in found] == [launch["executionId"] for launch in lines]
    assert {result["status"] for result in found} == {200}
    assert [result["message"]["output"] for result in found] == list(range(200))
    last = found[-1]["message"]
    assert (last["status"], last["log"]) == (0, "")
    assert instance.get(lines[-1]["executionId"]) == last


def test_a_result_does_not_wait_for_the_next_run(instance: Any, line: Any) -> None:
    with streamed(instance, [line("echo", 1), line("echo", 2), line("sleep", {"seconds": 1.5})]) as found:
        assert [next(found)["message"]["output"] for _ in range(2)] == [1, 2]
        began = time.monotonic()
        assert next(found)["message"]["output"] == "slept"
        assert time.monotonic() - began > 1
        assert list(found) == []


def test_each_launch_is_answered_like_one_by_itself(instance: Any, line: Any) -> None:
    lines = {
        "fits": line("total", {"sites": [{"openingCost": 2}]}),
        "input": line("total", {"sites": [{"openingCost": "much"}]}),
        "algorithm": {**line("echo", 1), "algorithmId": 999},
        "limit": line("echo", 1, maximumRunningTimeInSeconds=0),
        "url": line("echo", 1, callbackUrl="ftp://a"),
        "type": {**line("echo", 1), "algorithmId": "one"},
        "raises": line("fail", "key"),
        "own error": line("fail", "infeasible"),
        "dies": line("die", "kill"),
        "too long": line("sleep", {"seconds": 1000}, maximumRunningTimeInSeconds=0.2),
        "after all": line("echo", "still here"),
    }
    by_id = {result["executionId"]: result for result in results(post(instance, list(lines.values())))}
    found = {name: by_id[launch["executionId"]] for name, launch in lines.items()}
    assert {name: result["status"] for name, result in found.items()} == {
        **dict.fromkeys(lines, 200),
        **dict.fromkeys(("input", "limit", "url", "type"), 422),
        "algorithm": 404,
    }
    problems = {name: result["problem"]["code"] for name, result in found.items() if "problem" in result}
    assert problems == {
        "input": "invalidInput",
        "algorithm": "unknownAlgorithm",
        **dict.fromkeys(("limit", "url", "type"), "invalidRequest"),
    }
    assert found["input"]["problem"]["errors"][0]["pointer"] == "/sites/0/openingCost"
    assert found["type"]["problem"]["errors"][0]["pointer"] == "/algorithmId"
    assert found["fits"]["message"]["output"] == {"totalCost": 2.0}
    errors = {name: found[name]["message"]["error"]["type"] for name in ("raises", "own error", "dies", "too long")}
    assert errors == {
        "raises": "KeyError",
        "own error": "infeasible",
        "dies": "workerDied",
        "too long": "timeLimit",
    }
    assert found["after all"]["message"]["output"] == "still here"
    assert instance.http.get(f"/executions/{lines['input']['executionId']}").status_code == 404


def test_each_log_is_that_of_its_run(instance: Any, line: Any) -> None:
    found = results(post(instance, [line("log-once", f"run {number}") for number in range(50)]))
    assert [result["message"]["log"] for result in found] == [f"run {number}\n" for number in range(50)]


def test_launches_wait_for_a_slot_and_then_are_429(instance: Any, line: Any) -> None:
    running = instance.start("sleep", {"seconds": 0.5})
    lines = [line("echo", 1), line("sleep", {"seconds": 2}), line("echo", 2)]
    began = time.monotonic()
    done, goes_on, refused = results(post(instance, lines, wait=1.2))
    assert 1.2 <= time.monotonic() - began < 1.9
    assert instance.get(running)["status"] == 0
    assert (done["status"], done["message"]["output"]) == (200, 1)
    by_status = {result["status"]: result for result in (goes_on, refused)}
    assert by_status[202]["executionId"] == lines[1]["executionId"]
    assert by_status[202]["message"]["status"] == 1
    assert by_status[429]["executionId"] == lines[2]["executionId"]
    assert by_status[429]["problem"]["code"] == "noFreeSlot"
    assert instance.http.get(f"/executions/{lines[2]['executionId']}").status_code == 404
    assert instance.final(lines[1]["executionId"])["output"] == "slept"
    assert results(post(instance, lines[2:]))[0]["message"]["output"] == 2


def test_without_a_wait_nothing_waits(instance: Any, line: Any) -> None:
    lines = [line("sleep", {"seconds": 0.5}), line("echo", 1)]
    answer = post(instance, lines, wait=None)
    assert "Preference-Applied" not in answer.headers
    assert {result["executionId"]: result["status"] for result in results(answer)} == {
        lines[0]["executionId"]: 202,
        lines[1]["executionId"]: 429,
    }
    instance.final(lines[0]["executionId"])
    bad = line("total", 3)
    assert results(post(instance, [bad], wait=None))[0]["status"] == 422


def test_a_repeated_launch_is_answered_by_its_run(instance: Any, line: Any) -> None:
    known, twice = line("echo", 1), line("echo", 2)
    (first,) = results(post(instance, [known]))
    other = {**line("total", {"sites": []}), "executionId": known["executionId"]}
    changed = {**known, "input": "another"}
    found = results(post(instance, [twice, twice, changed, other, twice]))
    assert [result for result in found if result["status"] == 200 and result["message"]["output"] == 1] == [first]
    assert [result["problem"]["code"] for result in found if result["status"] == 409] == ["executionIdTaken"]
    repeats = [result for result in found if result["executionId"] == twice["executionId"]]
    assert len(repeats) == 3
    assert all(result == repeats[0] for result in repeats)
    running = line("sleep", {"seconds": 0.7})
    instance.start("sleep", running["input"], executionId=running["executionId"])
    assert results(post(instance, [running], wait=0.1))[0]["status"] == 202
    assert results(post(instance, [running]))[0]["message"]["output"] == "slept"


def test_runs_that_go_on_call_back_and_others_do_not(instance: Any, line: Any, receiver: Any) -> None:
    lines = [line("echo", 1, callbackUrl=receiver.url), line("count", 1500, callbackUrl=receiver.url)]
    statuses = [result["status"] for result in results(post(instance, lines, wait=0.3))]
    assert statuses == [200, 202]
    assert receiver.final()["output"] == 1500
    assert {message["executionId"] for message in receiver.messages} == {lines[1]["executionId"]}


def test_progress_is_called_back_while_the_launch_waits(instance: Any, line: Any, receiver: Any) -> None:
    (result,) = results(post(instance, [line("count", 1000, callbackUrl=receiver.url)]))
    assert result["message"]["output"] == 1000
    seen = len(receiver.seen)
    assert seen >= 1
    assert {message["status"] for message in receiver.messages} == {1}
    instance.run("sleep", {"seconds": 0.5})
    assert len(receiver.seen) == seen


def test_a_caller_who_goes_away_launches_nothing_more(eventually: Any, instance: Any, line: Any, receiver: Any) -> None:
    lines = [line("sleep", {"seconds": 0.6}, callbackUrl=receiver.url), line("echo", 1, callbackUrl=receiver.url)]
    with caller_who_does_not_read(instance, lines):
        eventually(lambda: instance.http.get(f"/executions/{lines[0]['executionId']}").status_code == 200)
    assert receiver.final()["executionId"] == lines[0]["executionId"]
    assert instance.run("echo", 2)["output"] == 2
    assert instance.http.get(f"/executions/{lines[1]['executionId']}").status_code == 404
    assert len(receiver.seen) == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"executionId": "refused-1", "algorithmId": 7, "input": {"sites": []}}\n{"executionId', 400, "notJson"),
        (b'{"executionId": "refused-1", "algorithmId": 7, "input": {"sites": []}}\n{}', 422, "invalidRequest"),
        (b'{"executionId": "refused-1", "algorithmId": 7, "input": {"sites": []}}\n[1]', 422, "invalidRequest"),
    ],
)
def test_a_batch_that_cannot_be_told_apart_is_refused(instance: Any, body: bytes, status: int, code: str) -> None:
    answer = instance.http.post("/executions", content=body, headers=NDJSON)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert instance.http.get("/executions/refused-1").status_code == 404


def test_other_media_types_are_refused(instance: Any) -> None:
    answer = instance.http.post("/executions", content=b"", headers={"Content-Type": "application/json"})
    assert answer.status_code == 415
    assert instance.http.post("/executions", content=b"", headers=NDJSON).content == b""


def test_a_batch_over_the_limit_is_413(start_instance: Any, line: Any) -> None:
    small = start_instance(OAAS_LAUNCH_BATCH="3", OAAS_MAX_BODY_BYTES="3000").wait_until_ready()
    assert small.http.get("/health").json()["launchBatch"] == 3
    lines = [line("echo", number) for number in range(4)]
    answer = post(small, lines)
    assert (answer.status_code, answer.json()["code"]) == (413, "batchTooLarge")
    assert small.http.get(f"/executions/{lines[0]['executionId']}").status_code == 404
    assert len(results(post(small, lines[:3]))) == 3
    assert post(small, [line("echo", "x" * 4000)]).json()["code"] == "bodyTooLarge"


def test_an_instance_may_have_no_batches(start_instance: Any, line: Any) -> None:
    without = start_instance(OAAS_LAUNCH_BATCH="1").wait_until_ready()
    assert without.http.get("/health").json()["launchBatch"] == 1
    assert post(without, [line("echo", 1)]).status_code == 404


def test_batches_share_the_slots(start_instance: Any, line: Any) -> None:
    wide = start_instance(OAAS_CONCURRENCY="3").wait_until_ready()
    batches = [[line("sleep", {"seconds": 0.02}) for _ in range(30)] for _ in range(2)]
    with ThreadPoolExecutor(2) as threads:
        began = time.monotonic()
        answers = list(threads.map(lambda lines: results(post(wide, lines)), batches))
        assert time.monotonic() - began < 60 * 0.02  # or else the slots were not used
    for lines, found in zip(batches, answers, strict=True):
        assert {result["executionId"] for result in found} == {launch["executionId"] for launch in lines}
        assert {result["message"]["output"] for result in found} == {"slept"}


def test_single_launches_go_on_beside_a_batch(eventually: Any, instance: Any, line: Any) -> None:
    with ThreadPoolExecutor(1) as threads:
        batch = threads.submit(post, instance, [line("sleep", {"seconds": 0.3}) for _ in range(3)])
        eventually(lambda: instance.launch("echo", 1).status_code == 429)
        assert len(results(batch.result())) == 3
    assert instance.run("echo", 1)["output"] == 1


def test_a_stopped_run_makes_room_for_the_next(eventually: Any, instance: Any, line: Any) -> None:
    lines = [line("sleep", {"seconds": 1000}), line("echo", 1)]
    with ThreadPoolExecutor(1) as threads:
        batch = threads.submit(post, instance, lines)
        eventually(lambda: instance.http.get(f"/executions/{lines[0]['executionId']}").status_code == 200)
        assert instance.stop(lines[0]["executionId"])["error"]["type"] == "stopped"
        found = results(batch.result())
    assert found[0]["message"]["error"]["type"] == "stopped"
    assert found[1]["message"]["output"] == 1


def test_memory_is_bounded_when_nobody_reads(start_instance: Any, line: Any) -> None:
    served = start_instance().wait_until_ready()
    big = line("echo", "x" * 20 * 2**20)
    assert results(post(served, [big]))[0]["status"] == 200
    process = psutil.Process(served.process.pid)
    before = process.memory_info().rss
    again = {**big, "input": 0}
    produce = [line("repeat", 4 * 2**20) for _ in range(50)]
    with caller_who_does_not_read(served, [again] * 200):
        time.sleep(0.5)
        assert process.memory_info().rss - before < 150 * 2**20
    with caller_who_does_not_read(served, produce):
        time.sleep(1)
        started = sum(served.http.get(f"/executions/{launch['executionId']}").status_code == 200 for launch in produce)
        assert 1 <= started < 10
        assert process.memory_info().rss - before < 150 * 2**20
    assert served.run("echo", 1)["output"] == 1
