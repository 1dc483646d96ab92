"""Start and end of an instance."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest


def descendants(served: Any) -> list[psutil.Process]:
    return list(psutil.Process(served.process.pid).children(recursive=True))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import no_such_thing", "ModuleNotFoundError: No module named 'no_such_thing'"),
        ("x = 1", "defines no algorithm"),
        ("import os\nos._exit(9)", "ended with exit code 9"),
    ],
)
def test_a_module_that_cannot_be_served(start_instance: Any, tmp_path: Path, source: str, words: str) -> None:
    path = tmp_path / "broken.py"
    path.write_text(source)
    served = start_instance(str(path))
    assert served.process.wait(20) == 1
    assert words in served.log


def test_health_is_503_until_workers_are_warm(eventually: Any, start_instance: Any, tmp_path: Path) -> None:
    path = tmp_path / "slow.py"
    path.write_text(
        "import time, pathlib\n"
        f"while not pathlib.Path({str(tmp_path / 'go')!r}).exists(): time.sleep(0.01)\n"
        "from oaas_sdk import algorithm\n"
        "@algorithm\ndef one() -> int: return 1\n"
    )
    served = start_instance(str(path))
    assert eventually(lambda: served.http.get("/health")).status_code == 503
    assert served.http.get("/algorithms").status_code == 503
    (tmp_path / "go").touch()
    served.wait_until_ready()
    assert served.run("one", {})["output"] == 1


@pytest.mark.parametrize("busy", [False, True])
def test_sigterm_ends_everything_soon(eventually: Any, start_instance: Any, busy: bool) -> None:
    served = start_instance(OAAS_CONCURRENCY="2").wait_until_ready()
    if busy:
        running = served.start("spawn", 1000)
        eventually(lambda: served.get(running).get("progressMessage"))
    family = descendants(served)
    assert len(family) == (4 if busy else 2)
    begin = time.monotonic()
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(10) == 0
    assert time.monotonic() - begin < 2
    eventually(lambda: not any(process.is_running() and process.status() != "zombie" for process in family))


def test_workers_die_with_a_killed_server(start_instance: Any) -> None:
    served = start_instance().wait_until_ready()
    served.start("sleep", {"seconds": 1000})
    family = descendants(served)
    served.process.kill()
    served.process.wait()
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []


@pytest.mark.parametrize("noticed", [False, True])
def test_a_dead_idle_worker_is_replaced(eventually: Any, start_instance: Any, noticed: bool) -> None:
    served = start_instance(OAAS_CONCURRENCY="2").wait_until_ready()
    for worker in descendants(served):
        worker.kill()
    if noticed:
        eventually(lambda: served.log.count("starting another one") == 2)
    answers = [served.launch("sleep", {"seconds": 0.2}) for _ in range(2)]
    # 200 if a run has ended before it was answered for, on a machine that is busy.
    assert {answer.status_code for answer in answers} <= {200, 202}
    assert all(served.final(answer.json()["executionId"])["status"] == 0 for answer in answers)


def test_bad_settings_are_named(start_instance: Any, tmp_path: Path) -> None:
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "oaas_sdk", "serve", "x"],
        env={"OAAS_CONCURRENCY": "many"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "OAAS_CONCURRENCY must be a whole number" in done.stderr


def test_answers_come_at_once_without_uvloop(start_instance: Any, tmp_path: Path) -> None:
    for name in ("uvloop", "httptools"):
        (tmp_path / f"{name}.py").write_text("raise ImportError")
    served = start_instance(PYTHONPATH=str(tmp_path)).wait_until_ready()
    seconds = []
    for _ in range(11):
        begin = time.monotonic()
        assert served.run("total", {"sites": []})["status"] == 0
        seconds.append(time.monotonic() - begin)
    assert sorted(seconds)[5] < 0.03  # a delayed acknowledgement takes 0.04 s
