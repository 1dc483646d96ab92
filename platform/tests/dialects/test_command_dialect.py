"""What only the dialect ``command`` has: files, labels, exit codes, and a container for each run."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import command_dialect
import pytest
from dialect import Variant
from nodes import Node

from oaasplatform.runtimes.docker.labels import INSTANCE, NODE, RUN

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]


@pytest.fixture(scope="session")
def command_image(base_image: str) -> str:
    """The image of the table, with its label."""
    return command_dialect.DIALECT.build(base_image, Variant.NORMAL)


@pytest.fixture(scope="session")
async def programs(dialect_node: Node, command_image: str) -> dict[str, Any]:
    """Its repository, with an instance for two runs at a time."""
    body = {"name": "programs", "image": command_image, "concurrency": 2}
    repository: dict[str, Any] = await dialect_node.post("/algorithmRepositories", body, wait=60)
    assert repository["status"] == "ready", repository["reason"]
    instance = await dialect_node.deploy(repository["id"], quotaInformation={"cpu": 0.5, "ram": "64MB", "pids": 32})
    return {"repository": repository, "instance": instance}


async def _run(node: Node, programs: dict[str, Any], name: str, input: Any, **more: Any) -> dict[str, Any]:
    found = await node.get("/algorithms", name=name, algorithmRepositoryId=programs["repository"]["id"])
    body = {"algorithmId": found["items"][0]["id"], "input": input, **more}
    submitted = await node.post("/algorithmExecutions", body)
    return await node.execution(submitted["id"], wait=55)


def _containers(node: Node, instance_id: int) -> list[str]:
    filters = [f"--filter=label={NODE}={node.uid}", f"--filter=label={INSTANCE}={instance_id}"]
    done = subprocess.run(["docker", "ps", "--all", "--quiet", *filters], capture_output=True, text=True, check=True)
    return done.stdout.split()


async def test_files_in_and_out(dialect_node: Node, programs: dict[str, Any]) -> None:
    ended = await _run(dialect_node, programs, "add-files", {"a": 19, "b": 23})
    assert ended["output"] == {"sum": 42}, ended
    log = await dialect_node.http.get(f"/algorithmExecutions/{ended['id']}/logs")
    assert log.text == "reading the problem\ndone\n"


async def test_a_file_that_was_not_written(dialect_node: Node, programs: dict[str, Any]) -> None:
    ended = await _run(dialect_node, programs, "nothing-written", {"a": 1, "b": 2})
    assert (ended["state"], ended["error"]["type"]) == ("failed", "invalidOutput")
    assert "/work/output.json" in ended["error"]["message"]


async def test_exit_code_and_last_words(dialect_node: Node, programs: dict[str, Any]) -> None:
    ended = await _run(dialect_node, programs, "fail", {"message": "infeasible"})
    assert ended["error"] == {
        "type": "exitCode",
        "message": "It ended with exit code 3. Last log lines:\nit is hopeless: infeasible",
        "details": {"exitCode": 3, "log": "it is hopeless: infeasible"},
    }


async def test_the_memory_of_the_quota(dialect_node: Node, programs: dict[str, Any]) -> None:
    ended = await _run(dialect_node, programs, "hog", {"bytes": 200_000_000})
    assert (ended["state"], ended["attempt"]) == ("failed", 1), ended
    assert ended["error"]["type"] == "outOfMemory"


async def test_incumbents_from_the_log(dialect_node: Node, programs: dict[str, Any]) -> None:
    ended = await _run(dialect_node, programs, "count", {"steps": 4, "seconds": 3})
    assert ended["incumbent"] == {"objective": 7.5, "bound": 5.0, "gap": 0.33}, ended


async def test_nothing_is_left_of_a_run(dialect_node: Node, programs: dict[str, Any]) -> None:
    await _run(dialect_node, programs, "add", {"a": 1, "b": 2})
    ended = await _run(dialect_node, programs, "sleep", {"seconds": 40}, maxRunningTimeInSeconds=1)
    assert ended["state"] == "timed_out"
    await dialect_node.delete(f"/algorithmExecutions/{ended['id']}", status=204, purge="true")
    assert _containers(dialect_node, programs["instance"]["id"]) == []


async def test_what_holds_of_a_run(dialect_node: Node, programs: dict[str, Any]) -> None:
    found = await dialect_node.get("/algorithms", name="sleep", algorithmRepositoryId=programs["repository"]["id"])
    body = {"algorithmId": found["items"][0]["id"], "input": {"seconds": 30}}
    submitted = await dialect_node.post("/algorithmExecutions", body)
    await dialect_node.reaches(submitted["id"], "running")
    (container,) = _containers(dialect_node, programs["instance"]["id"])
    inspected = json.loads(subprocess.run(["docker", "inspect", container], capture_output=True, check=True).stdout)[0]
    host = inspected["HostConfig"]
    assert (host["NanoCpus"], host["Memory"], host["PidsLimit"]) == (500_000_000, 64_000_000, 32)
    assert (host["CapDrop"], host["SecurityOpt"], host["Privileged"]) == (["ALL"], ["no-new-privileges"], False)
    assert host["Binds"] is None
    assert inspected["Config"]["Labels"][RUN] == f"{submitted['id']}-1"
    await dialect_node.post(f"/algorithmRepositoriesInstances/{programs['instance']['id']}/stop", wait=30)
    assert _containers(dialect_node, programs["instance"]["id"]) == []
    await dialect_node.delete(f"/algorithmExecutions/{submitted['id']}", status=200)
    await dialect_node.post(f"/algorithmRepositoriesInstances/{programs['instance']['id']}/start", wait=30)
    ended = await _run(dialect_node, programs, "add", {"a": 1, "b": 2})
    assert ended["output"] == {"sum": 3}


async def test_an_image_without_a_label(dialect_node: Node, base_image: str) -> None:
    commands = [{"name": "echo", "command": "cat", "inputSchema": {"type": "object"}}]
    body = {"name": "unlabelled", "image": base_image, "protocol": "command", "commands": commands}
    repository = await dialect_node.post("/algorithmRepositories", body, wait=60)
    assert repository["status"] == "ready", repository["reason"]
    instance = await dialect_node.deploy(repository["id"])
    ended = await _run(dialect_node, {"repository": repository, "instance": instance}, "echo", {"x": ["ü", None]})
    assert ended["output"] == {"x": ["ü", None]}, ended


@pytest.mark.parametrize(
    ("commands", "reason"),
    [
        ([], "register it with `commands`, or give it the label"),
        ([{"name": "x", "progress": "("}], "The expression for progress is not valid"),
        ([{"name": "x", "progress": "no groups"}], "needs named groups"),
        ([{"name": "x", "progress": "(?P<colour>.)"}], "needs named groups"),
        ([{"name": "x", "inputSchema": {"type": 7}}], "input_schema"),
        ([{"name": "x"}, {"name": "x"}], "same name"),
    ],
)
async def test_registrations_that_can_not_work(
    dialect_node: Node, base_image: str, commands: list[dict[str, Any]], reason: str
) -> None:
    body = {"name": "bad", "image": base_image, "protocol": "command", "commands": commands}
    repository = await dialect_node.post("/algorithmRepositories", body, wait=60)
    assert repository["status"] == "failed"
    assert reason in repository["reason"]
    await dialect_node.delete(f"/algorithmRepositories/{repository['id']}", status=204)
