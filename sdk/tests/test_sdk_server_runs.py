"""How runs go and end: progress, interrupt, stop, limits, and every way to fail."""

from __future__ import annotations

import time
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest


def gone(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def test_progress_and_incumbent_are_in_the_status(eventually: Any, instance: Any) -> None:
    running = instance.start("report-once", 0.6)
    message = eventually(lambda: (m := instance.get(running)).get("incumbent") and m)
    assert message["progressMessage"] == "solving"
    assert message["progressFraction"] == 0.5
    assert message["incumbent"] == {"objective": 12.0, "bound": 9.0, "gap": 0.25}
    final = instance.final(running)
    assert final["sequence"] > message["sequence"]
    assert final["incumbent"] == message["incumbent"]
    assert final["output"] is None


def test_interrupt_asks_for_the_best_solution(eventually: Any, instance: Any) -> None:
    running = instance.start("until-stopped", {})
    eventually(lambda: "incumbent" in instance.get(running))
    assert instance.http.post(f"/executions/{running}/interrupt").status_code == 202
    final = instance.final(running)
    assert final["status"] == 0
    assert final["output"] == final["incumbent"]["objective"]
    again = instance.start("until-stopped", {})  # the wish must not reach the next run
    eventually(lambda: "incumbent" in instance.get(again))
    instance.stop(again)


def test_stop_kills_everything_that_was_spawned(eventually: Any, instance: Any) -> None:
    running = instance.start("spawn", 1000)
    text = eventually(lambda: instance.get(running).get("progressMessage"))
    pids = [int(word) for word in text.split()]
    assert not any(gone(pid) for pid in pids)
    message = instance.stop(running)
    assert message["error"]["type"] == "stopped"
    assert all(gone(pid) for pid in pids)
    assert instance.run("total", {"sites": []})["status"] == 0


def test_the_time_limit_holds(instance: Any) -> None:
    begin = time.monotonic()
    final = instance.run("sleep", {"seconds": 1000}, maximumRunningTimeInSeconds=0.3)
    assert final["error"]["type"] == "timeLimit"
    assert 0.3 <= time.monotonic() - begin < 5


@pytest.mark.parametrize(
    ("input", "type", "message"),
    [("infeasible", "infeasible", "no capacity"), ("key", "KeyError", "'key'"), ("exit", "SystemExit", "4")],
)
def test_exceptions_are_errors(instance: Any, input: str, type: str, message: str) -> None:
    final = instance.run("fail", input)
    assert final["status"] == -1
    assert (final["error"]["type"], final["error"]["message"]) == (type, message)
    if input == "infeasible":
        assert final["error"]["details"] == {"missing": 3}
    else:
        assert "in fail" in final["error"]["details"]["traceback"]


@pytest.mark.parametrize(
    ("input", "details", "message"),
    [
        ("exit", {"exitCode": 3}, "exit code 3"),
        ("kill", {"signal": 9, "signalName": "SIGKILL"}, "SIGKILL"),
        ("segfault", {"signal": 11, "signalName": "SIGSEGV"}, "SIGSEGV"),
    ],
)
def test_a_dying_worker_is_an_error_and_keeps_its_log(instance: Any, input: str, details: Any, message: str) -> None:
    final = instance.run("die", input)
    assert final["error"]["type"] == "workerDied"
    assert final["error"]["details"] == details
    assert message in final["error"]["message"]
    assert "last words\n" in instance.logs(final["executionId"]).text
    assert instance.run("total", {"sites": []})["status"] == 0


def test_an_input_that_kills_its_worker_is_an_error(instance: Any) -> None:
    final = instance.run("never-starts", {"code": 9})
    assert final["error"]["type"] == "workerDied"
    assert final["error"]["details"] == {"exitCode": 9}
    assert instance.run("total", {"sites": []})["status"] == 0


@pytest.mark.parametrize(("input", "pointer"), [("nan", "/totalCost"), ("wrong", "/totalCost")])
def test_output_that_is_not_what_was_promised(instance: Any, input: str, pointer: str) -> None:
    final = instance.run("bad-output", input)
    assert final["error"]["type"] == "invalidOutput"
    assert final["error"]["details"]["errors"][0]["pointer"] == pointer


def test_cpu_time_counts_children(instance: Any) -> None:
    final = instance.run("burn", 0.3)
    assert 0.6 <= final["cpuTimeInSeconds"] < 2
    assert instance.run("total", {"sites": []})["cpuTimeInSeconds"] < 0.2


def test_cpu_time_is_known_while_running_and_after_a_kill(eventually: Any, instance: Any) -> None:
    running = instance.start("burn", 1000)
    eventually(lambda: instance.get(running).get("cpuTimeInSeconds", 0) > 0.2)
    assert 0.2 < instance.stop(running)["cpuTimeInSeconds"] < 20


def test_logs_have_what_native_code_and_children_wrote(instance: Any) -> None:
    execution = instance.run("write", 0)["executionId"]
    answer = instance.logs(execution)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    lines = sorted(answer.text.replace(";", ";\n").splitlines())
    assert lines == ["from a child", "from libc, no newline;", "from native code", "from python", "to stderr"]
    total = int(answer.headers["OaaS-Log-Size"])
    assert total == len(answer.content)
    assert instance.logs(execution, offset=total - 4).content == answer.content[-4:]
    assert instance.logs(execution, offset=total + 10).content == b""
    assert instance.http.get(f"/executions/{execution}/logs?offset=x").status_code == 422


def test_logs_can_be_read_while_they_are_written(eventually: Any, instance: Any) -> None:
    running = instance.start("log-and-sleep", 1000)
    eventually(lambda: instance.logs(running).text == "sleeping\n")
    assert "log" not in instance.get(running)
    instance.stop(running)


@pytest.mark.parametrize(
    ("algorithm", "input", "ending"),
    [("total", {"sites": []}, ""), ("write", 0, "to stderr\n"), ("write", 160, "x\n"), ("die", "exit", "last words\n")],
)
def test_a_small_log_is_part_of_the_final_message(instance: Any, algorithm: str, input: Any, ending: str) -> None:
    final = instance.run(algorithm, input)
    log = instance.logs(final["executionId"]).text
    assert final["log"] == instance.get(final["executionId"])["log"] == log
    assert log.endswith(ending) if ending else log == ""


def test_a_large_log_is_not(instance: Any) -> None:
    final = instance.run("write", 170)
    assert "log" not in final
    assert len(instance.logs(final["executionId"]).content) > 16 * 1024


def test_a_log_that_is_no_text_is_sent_as_well_as_can_be(instance: Any, receiver: Any) -> None:
    instance.start("write-bytes", [0x61, 0xFF, 0x00, 0x62], callbackUrl=receiver.url)
    assert receiver.final()["log"] == "a\ufffd\0b"


def test_long_logs_keep_beginning_and_end(start_instance: Any) -> None:
    small = start_instance(OAAS_MAX_LOG_BYTES="2000").wait_until_ready()
    execution = small.run("write", 10_000)["executionId"]
    answer = small.logs(execution)
    assert "from python" in answer.text
    assert int(answer.headers["OaaS-Log-Size"]) > 1_000_000
    assert f"[... {int(answer.headers['OaaS-Log-Size']) - 2000} bytes dropped ...]" in answer.text
    assert len(answer.content) < 2100


def test_orphans_are_no_concern_of_the_next_run(eventually: Any, instance: Any) -> None:
    pid = instance.run("orphan", 0)["output"]
    eventually(lambda: gone(pid))
    assert instance.run("total", {"sites": []})["status"] == 0
