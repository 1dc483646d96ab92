"""The command ``oaas`` as people type it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from commands import oaas
from nodes import Node

EXAMPLE = Path(__file__).parents[3] / "examples" / "network-planning"


pytestmark = pytest.mark.usefixtures("instance")
ON_PROCESSES = pytest.mark.parametrize("runtime", ["process"], indirect=True, scope="session")
"""For commands that are the same on every runtime."""


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


async def test_a_batch_prints_a_line_for_each_input(node: Node, tmp_path: Path) -> None:
    lines = [json.dumps({"numbers": [n, 1]}) for n in range(5)]
    done = await oaas(node, "batch", "noop", "-", input="\n".join([*lines, ""]))
    assert done.code == 0, done.err
    results = [json.loads(line) for line in done.out.splitlines()]
    assert sorted((each["line"], each["state"], each["output"]["sum"]) for each in results) == [
        (n, "succeeded", n + 1) for n in range(5)
    ]
    (tmp_path / "in.ndjson").write_text("\n".join([lines[0], "", '{"numbers": ["x"]}']))
    target = tmp_path / "out.ndjson"
    done = await oaas(node, "batch", "noop", str(tmp_path / "in.ndjson"), "-o", str(target))
    assert done.code == 1
    assert "1 of 2 did not succeed" in done.err
    results = [json.loads(line) for line in target.read_text().splitlines()]
    assert {each["line"]: each["state"] for each in results} == {0: "succeeded", 1: "refused"}
    done = await oaas(node, "batch", "noop", "-", input="{}\n{")
    assert done.code == 2
    assert "line 2" in done.err


@ON_PROCESSES
async def test_a_batch_can_be_looked_at_and_stopped(node: Node) -> None:
    body = {"algorithmId": await node.algorithm("noop"), "input": {"numbers": [1], "sleepSeconds": 30}}
    answer = await node.http.post(
        "/algorithmExecutions/batch", content="\n".join([json.dumps(body)] * 3), params={"userId": "ada"}
    )
    id_ = answer.headers["location"].rpartition("/")[2]
    listed = await oaas(node, "batches", "ls", "--user", "ada", "--json")
    assert str(listed.json[0]["id"]) == id_, listed.err
    assert "running" in (await oaas(node, "batches", "show", id_)).out
    stopped = await oaas(node, "batches", "stop", id_, "--user", "bob", "--reason", "too long", "--json")
    assert (stopped.json["ended"], stopped.json["counts"]["cancelled"]) == (True, 3)
    done = await oaas(node, "batches", "results", id_, "--follow")
    results = [json.loads(line) for line in done.out.splitlines()]
    assert [each["state"] for each in results] == ["cancelled"] * 3
    left = await oaas(node, "batches", "results", id_, "--cursor", results[1]["cursor"])
    assert [json.loads(line) for line in left.out.splitlines()] == results[2:]
    shown = await oaas(node, "executions", "show", str(results[0]["id"]))
    assert "bob: too long" in shown.out
    assert id_ in shown.out


@ON_PROCESSES
async def test_limits_and_spares(node: Node, repository: dict[str, Any], instance: dict[str, Any]) -> None:
    limited = await oaas(node, "repo", "update", repository["name"], "--max-executions", "3", "--json")
    assert limited.json["maxConcurrentExecutions"] == 3, limited.err
    free = await oaas(node, "repo", "update", repository["name"], "--max-executions", "0", "--json")
    assert free.json["maxConcurrentExecutions"] is None, free.err
    spare = await oaas(node, "instance", "standby", instance["name"])
    assert "on standby" in spare.out, spare.err
    again = await oaas(node, "instance", "standby", instance["name"], "--off", "--json")
    assert again.json["standby"] is False, again.err


@ON_PROCESSES
async def test_compare_says_what_is_different(node: Node) -> None:
    one = await node.run("noop", {"numbers": [1, 2]}, priority=1)
    two = await node.run("noop", {"numbers": [1, 4]})
    compared = await oaas(node, "compare", str(one["id"]), str(two["id"]))
    assert compared.code == 0, compared.err
    for text in ("/priority", "/numbers/1", "/sum"):
        assert text in compared.out
    document = await oaas(node, "compare", str(one["id"]), str(two["id"]), "--json")
    assert document.json["input"]["differences"] == [{"pointer": "/numbers/1", "value": 2, "other": 4}]


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
        (["instance", "show", instance["name"]], f"{node.url}/algorithmRepositoriesInstances/{instance['id']}/proxy/"),
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


async def test_the_life_of_a_registry(node: Node) -> None:
    add = ["registry", "add", "https://cli.example.org", "--username", "planner", "--password-stdin"]
    added = await oaas(node, *add, "--json", input="top secret\n")
    assert added.code == 0, added.err
    assert (added.json["name"], added.json["credential"]) == ("cli.example.org", "password")
    changed = await oaas(node, "registry", "update", "cli.example.org", "--name", "renamed", "--json")
    assert changed.json["name"] == "renamed", changed.err
    token = await oaas(node, "registry", "update", "renamed", "--token", "--password-stdin", input="new secret")
    assert token.code == 0, token.err
    told = [added, changed, token]
    for arguments in (["ls"], ["show", "renamed"]):
        text = await oaas(node, "registry", *arguments)
        assert "cli.example.org" in text.out
        assert "token" in text.out
        document = await oaas(node, "registry", *arguments, "--json")
        assert document.json
        told += [text, document]
    removed = await oaas(node, "registry", "rm", "renamed", "--json")
    assert [each["name"] for each in removed.json] == ["renamed"]
    assert not any(secret in done.out + done.err for done in told for secret in ("top secret", "new secret"))
    gone = await oaas(node, "registry", "show", "renamed")
    assert gone.code == 1
    assert "There is no registry" in gone.err


async def test_a_password_is_never_an_argument(node: Node) -> None:
    add = ["registry", "add", "https://cli.example.org", "--username", "planner"]
    assert (await oaas(node, *add, "--password", "secret")).code == 2
    without_terminal = await oaas(node, *add)
    assert without_terminal.code == 2
    assert "--password-stdin" in without_terminal.err
    assert (await oaas(node, *add, "--password-stdin", input="\n")).code == 2


async def test_a_password_is_asked_for_without_an_echo(node: Node) -> None:
    terminal, theirs = os.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "oaasplatform.cli", "registry", "add", "asked.example.org", "--username", "me"),
        env={**os.environ, "OAAS_URL": node.url},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,  # without a terminal of its own but this one
    )
    os.close(theirs)
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(terminal, "rb", buffering=0)
    )
    async with asyncio.timeout(30):
        seen = await reader.readuntil(b"Password: ")
        os.write(terminal, b"top secret\n")
        with contextlib.suppress(OSError):  # how Linux says that the other side has closed
            while data := await reader.read(1000):
                seen += data
    transport.close()
    assert await process.wait() == 0, seen
    assert b"is registered" in seen
    assert b"secret" not in seen
    assert (await oaas(node, "registry", "rm", "asked.example.org")).code == 0


async def test_a_repository_names_its_registry(node: Node, repository: dict[str, Any]) -> None:
    add = ["registry", "add", "https://named.example.org", "--username", "me", "--password-stdin"]
    assert (await oaas(node, *add, input="secret")).code == 0
    refused = await oaas(node, "repo", "add", repository["image"], "--name", "x", "--registry", "named.example.org")
    assert refused.code == 1
    assert "/registryId" in refused.err
    image = "named.example.org/team/planner:1"
    named = ["repo", "add", image, "--registry", "named.example.org", "--no-wait", "--json"]
    added = await oaas(node, *named)
    id_ = added.json["registryId"]
    assert isinstance(id_, int), added.err
    kept = await oaas(node, "registry", "rm", "named.example.org")
    assert kept.code == 1
    assert "planner" in kept.err
    back = await oaas(node, "repo", "update", "planner", image, "--registry", "auto", "--no-wait", "--json")
    assert back.json["registryId"] is None
    await node.get(f"/algorithmRepositories/{added.json['id']}", wait=30)
    assert (await oaas(node, "repo", "rm", "planner")).code == 0
    assert (await oaas(node, "registry", "rm", "named.example.org")).code == 0


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
