"""The command ``oaas`` as people type it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from nodes import Node

EXAMPLE = Path(__file__).parents[3] / "examples" / "network-planning"


@dataclass
class Done:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its one document on stdout."""
        return json.loads(self.out)


async def oaas(node: Node | None, *arguments: str, input: str = "", **variables: str) -> Done:
    """Run a command against a node."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "oaasplatform.cli", *arguments),
        env={**os.environ, "OAAS_URL": node.url if node else "http://127.0.0.1:1", "COLUMNS": "200", **variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = await process.communicate(input.encode())
    assert process.returncode is not None
    return Done(process.returncode, out.decode(), err.decode())


pytestmark = pytest.mark.usefixtures("instance")


async def test_run_prints_one_document(node: Node) -> None:
    done = await oaas(node, "run", "noop", "--input", "-", "--json", input='{"numbers": [1, 2]}')
    assert done.code == 0, done.err
    assert (done.json["state"], done.json["status"], done.json["output"]) == ("succeeded", 0, {"sum": 3})


async def test_run_sets_values_and_writes_files(node: Node, tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text('{"numbers": [1]}')
    target = tmp_path / "out.json"
    settings = ["--set", "numbers=[4, 5]", "--set", "sleepSeconds=0.1"]
    done = await oaas(node, "run", "noop", "-i", str(tmp_path / "in.json"), *settings, "-o", str(target))
    assert done.code == 0, done.err
    assert json.loads(target.read_text()) == {"sum": 9}


async def test_separators_in_documents_are_no_lines(node: Node) -> None:
    text = "a\u2028b\u0085c\x0bd"
    done = await oaas(node, "run", "echo", "--input", "-", "--json", input=json.dumps(text))
    assert done.code == 0, done.err
    assert done.json["output"] == text


async def test_a_failed_execution_is_exit_code_1(node: Node) -> None:
    done = await oaas(node, "run", "fail", "--input", "-", "--json", input='"infeasible"')
    assert (done.code, done.json["state"], done.json["error"]["type"]) == (1, "failed", "infeasible")
    told = await oaas(node, "run", "fail", "--input", "-", input='"infeasible"')
    assert told.code == 1
    assert "no capacity left" in told.err


async def test_bad_input_names_the_place(node: Node) -> None:
    done = await oaas(node, "run", "noop", "--set", 'numbers=["x"]')
    assert done.code == 1
    assert "numbers/0" in done.err


@pytest.mark.parametrize(
    "arguments",
    [["run"], ["run", "noop", "--input"], ["instance", "create"], ["no-such-command"], ["run", "noop", "--colour"]],
)
async def test_wrong_usage_is_exit_code_2(node: Node, arguments: list[str]) -> None:
    done = await oaas(node, *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err


async def test_unknown_names_are_explained(node: Node) -> None:
    done = await oaas(node, "run", "nop")
    assert done.code != 0
    assert "noop" in done.err, "it should suggest what was meant"


async def test_without_a_node_it_says_how_to_start_one() -> None:
    done = await oaas(None, "algorithms")
    assert done.code == 1
    assert "oaas up" in done.err


async def test_lists_and_shows(node: Node, repository: dict[str, Any], instance: dict[str, Any]) -> None:
    for arguments, text in (
        (["repo", "ls"], repository["name"]),
        (["repo", "show", repository["name"]], "noop"),
        (["instance", "ls"], instance["name"]),
        (["instance", "show", instance["name"]], "ready"),
        (["instance", "stats", instance["name"]], "MB"),
        (["algorithms"], "noop"),
        (["algorithms", "show", "noop"], "numbers"),
        (["executions", "ls"], "state"),
    ):
        told = await oaas(node, *arguments)
        assert told.code == 0, told.err
        assert text.lower() in told.out.lower(), told.out
        documents = await oaas(node, *arguments, "--json")
        assert documents.code == 0, documents.err
        assert documents.json


async def test_the_life_of_an_execution(node: Node) -> None:
    started = await oaas(node, "run", "search", "--input", "-", "--no-wait", "--json", input="30")
    id_ = str(started.json["id"])
    await node.reaches(int(id_), "running")
    assert (await oaas(node, "executions", "interrupt", id_)).code == 0
    assert (await node.execution(int(id_), wait=20))["state"] == "succeeded"
    shown = await oaas(node, "executions", "show", id_, "--json")
    assert shown.json["output"]["interrupted"] is True
    assert "the search begins" in (await oaas(node, "executions", "logs", id_)).out
    stopped = await oaas(node, "run", "search", "--input", "-", "--no-wait", "--json", input="30")
    assert (await oaas(node, "executions", "stop", str(stopped.json["id"]))).code == 0
    assert (await node.execution(stopped.json["id"]))["state"] == "cancelled"


async def test_ctrl_c_asks_for_the_best_so_far(node: Node) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "oaasplatform.cli", "run", "search", "--input", "-", "--json"),
        env={**os.environ, "OAAS_URL": node.url},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Jobs in the background of a shell ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdin is not None
    process.stdin.write(b"60")
    process.stdin.close()
    async with asyncio.timeout(30):
        while not (await node.get("/algorithmExecutions", state="running"))["items"]:
            await asyncio.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0, err
    assert json.loads(out)["output"]["interrupted"] is True


async def test_a_repository_from_its_directory(node: Node, base_image_or_none: str | None) -> None:
    """The example as the README says: a directory, an instance under a quota, a real optimization."""
    base = ["--base-image", base_image_or_none] if base_image_or_none else []
    added = await oaas(node, "repo", "add", str(EXAMPLE), *base, "--json")
    assert added.code == 0, added.err
    assert (added.json["name"], added.json["status"]) == ("network-planning", "ready")
    created = await oaas(node, "instance", "create", "network-planning", "--cpu", "1", "--ram", "1GB", "--json")
    assert created.code == 0, created.err
    assert created.json["status"] == "ready"
    for name, key in (("edge-placement", "openedSites"), ("k-shortest-paths", "paths")):
        problem = EXAMPLE / "inputs" / f"{name}-nsfnet.json"
        done = await oaas(node, "run", name, "--input", str(problem), "--json")
        assert done.code == 0, done.err + done.out
        assert key in json.dumps(done.json["output"])
    removed = await oaas(node, "instance", "rm", created.json["name"])
    assert removed.code == 0, removed.err
    again = await oaas(node, "repo", "rm", "network-planning")
    assert again.code == 0, again.err


async def test_doctor(node: Node) -> None:
    done = await oaas(node, "doctor", "--json", "--data-dir", str(node.data_dir))
    found = {each["name"]: each["status"] for each in done.json}
    assert found["database"] == "ok"
    assert found["node"] == "ok"


async def test_help_teaches() -> None:
    for arguments in ([], ["run"], ["repo", "add"], ["instance", "create"], ["up"], ["executions"]):
        done = await oaas(None, *arguments, "--help")
        assert done.code == 0
        assert "Usage:" in done.out
