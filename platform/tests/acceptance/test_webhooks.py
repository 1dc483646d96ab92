"""Callbacks of a node as people run it: killed, started again, asked by its command."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from commands import oaas
from nodes import Node
from receivers import Receiver, status
from standardwebhooks import Webhook, WebhookVerificationError

SAMPLE = Path(__file__).parents[1] / "sample-repository"
HOW_TO = Path(__file__).parents[3] / "docs" / "how-to" / "webhooks.md"


@pytest.fixture(scope="module")
async def calling(shared_dir: Path) -> AsyncIterator[Node]:
    """A node that may call back to this machine."""
    node = Node(
        shared_dir / "calling",
        "process",
        OAAS_PURGE_ON_EXIT="true",
        OAAS_POLL_INTERVAL="1",
        OAAS_CALLBACK_ALLOW="127.0.0.1",
    )
    await node.start()
    repository = await node.register(str(SAMPLE))
    await node.deploy(repository["id"], name="one")
    yield node
    await node.end()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as receiver:
        yield receiver


async def no_callbacks(node: Node) -> None:
    """Wait until everything is delivered."""
    async with asyncio.timeout(30):
        while (await node.get("/callbacks"))["items"]:
            await asyncio.sleep(0.02)


async def test_a_run_tells_its_story(calling: Node, receiver: Receiver) -> None:
    ended = await calling.run("search", 1.0, callbackUrl=receiver.url)
    assert ended["callbackUrl"] == receiver.url
    await no_callbacks(calling)
    secret = Webhook((await calling.get("/callbacks/secret"))["secret"])
    for each in receiver.received:
        secret.verify(each.body, each.headers)
    assert receiver.sequences == sorted(set(receiver.sequences))
    states = list(dict.fromkeys(each.execution["state"] for each in receiver.received))
    assert states == ["queued", "starting", "running", "succeeded"]
    last = receiver.received[-1].execution
    assert last == {**await calling.execution(ended["id"]), "modifiedAt": last["modifiedAt"]}


async def test_a_batch_and_a_rerun(calling: Node, receiver: Receiver) -> None:
    algorithm = await calling.algorithm("noop")
    line = f'{{"algorithmId": {algorithm}, "input": {{"numbers": [1]}}, "callbackUrl": "{receiver.url}"}}\n'
    answer = await calling.http.post("/algorithmExecutions/batch", content=line * 20, headers={"Prefer": "wait=30"})
    assert answer.text.count('"succeeded"') == 20
    await no_callbacks(calling)
    last = {each.execution["id"]: each.execution["state"] for each in receiver.received}
    assert (len(last), set(last.values())) == (20, {"succeeded"})
    before = next(iter(last))
    again = await calling.post(f"/algorithmExecutions/{before}/rerun", wait=30, status=200)
    assert again["callbackUrl"] is None
    receiver.received.clear()
    path = f"/algorithmExecutions/{before}/rerun?callbackUrl={receiver.url}"
    again = await calling.post(path, wait=30, status=200)
    assert again["callbackUrl"] == receiver.url
    await no_callbacks(calling)
    assert receiver.sequences == [1, 2, 3, *receiver.sequences[3:]]
    assert {each.execution["id"] for each in receiver.received} == {again["id"]}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://example.org",
        "http://user:secret@example.org",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://3232235777/",
    ],
)
async def test_bad_urls_are_refused_at_once(calling: Node, url: str) -> None:
    body = {"algorithmId": await calling.algorithm("noop"), "input": {"numbers": [1]}, "callbackUrl": url}
    problem = await calling.post("/algorithmExecutions", body, status=422)
    assert [each["pointer"] for each in problem["errors"]] == ["/callbackUrl"]


async def test_a_killed_node_delivers_what_it_owes(calling: Node) -> None:
    """It dies with callbacks under way and others waiting, a run ends meanwhile, and its successor has all to say."""

    async def hangs(request: Any) -> Any:
        await asyncio.Event().wait()

    async with Receiver(hangs) as receiver:
        over = await calling.run("noop", {"numbers": [1]}, callbackUrl=receiver.url)
        running = await calling.run("search", 2.0, wait=None, callbackUrl=receiver.url)
        await calling.reaches(running["id"], "running")
        await receiver.until(lambda r: r.under_way == 2)
        await calling.kill()
        receiver.received.clear()
        receiver.answer = status(200)
        await calling.start()
        assert (await calling.execution(running["id"], wait=30))["state"] == "succeeded"
        await no_callbacks(calling)
    for execution, passed in ((over, ["starting"]), (running, ["starting", "running"])):
        heard = [each for each in receiver.received if each.execution["id"] == execution["id"]]
        assert [each.sequence for each in heard] == sorted({each.sequence for each in heard})
        states = list(dict.fromkeys(each.execution["state"] for each in heard))
        assert states == ["queued", *passed, "succeeded"]


async def test_a_new_secret_signs_what_follows(calling: Node, receiver: Receiver) -> None:
    before = (await calling.get("/callbacks/secret"))["secret"]
    renewed = await oaas(calling, "callbacks", "secret", "--new")
    assert renewed.out.strip() != before, renewed.err

    async def known(request: web.Request) -> web.Response:
        try:
            Webhook(renewed.out.strip()).verify(await request.read(), dict(request.headers))
        except WebhookVerificationError:
            return web.Response(status=401)
        return web.Response()

    receiver.answer = known
    await calling.run("noop", {"numbers": [1]}, callbackUrl=receiver.url)
    await no_callbacks(calling)


async def test_the_receiver_of_the_how_to(calling: Node, tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "receiver.py").write_text(code.replace("port=8000", f"port={port}"))
    secret = (await calling.get("/callbacks/secret"))["secret"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-u", str(tmp_path / "receiver.py")),
        env={**os.environ, "SECRET": secret},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        await asyncio.wait_for(process.stdout.readline(), 30)  # "Running on ..."
        ended = await calling.run("echo", "hello", callbackUrl=f"http://127.0.0.1:{port}/hooks/oaas")
        async with asyncio.timeout(30):
            while "succeeded" not in (line := (await process.stdout.readline()).decode()):
                pass
        assert line.split() == [str(ended["id"]), str(ended["sequence"]), "succeeded", "hello"]
    finally:
        process.terminate()
        await process.wait()


async def test_operators_repeat_or_forget_what_was_given_up(calling: Node) -> None:
    async with Receiver(status(410)) as receiver:
        first, second = [await calling.run("noop", {"numbers": [1]}, callbackUrl=receiver.url) for _ in range(2)]
        async with asyncio.timeout(30):
            while len((await calling.get("/callbacks", state="dead"))["items"]) < 2:
                await asyncio.sleep(0.02)
        listed = await oaas(calling, "callbacks", "ls", "--dead")
        assert "410" in listed.out, listed.err
        document = await calling.get(f"/callbacks/{first['id']}")
        assert (document["state"], document["delivered"], document["dueAt"]) == ("dead", 0, None)
        assert (await oaas(calling, "callbacks", "replay")).code == 2
        forgotten = await oaas(calling, "callbacks", "forget", str(second["id"]))
        assert forgotten.code == 0, forgotten.err
        receiver.answer = status(200)
        receiver.received.clear()
        replayed = await oaas(calling, "callbacks", "replay", "--all", "--json")
        assert replayed.json == {"replayed": 1}, replayed.err
        await no_callbacks(calling)
        assert receiver.received[-1].execution["state"] == "succeeded"
        assert {each.execution["id"] for each in receiver.received} == {first["id"]}
        secret = await oaas(calling, "callbacks", "secret")
        assert secret.out.strip() == (await calling.get("/callbacks/secret"))["secret"]
        shown = await oaas(calling, "run", "noop", "--set", "numbers=[1]", "--callback", receiver.url, "--json")
        assert shown.json["callbackUrl"] == receiver.url
    await calling.get(f"/callbacks/{first['id']}", status=404)
    await calling.post(f"/callbacks/{first['id']}/replay", status=404)
    await calling.delete(f"/callbacks/{first['id']}", status=404)
