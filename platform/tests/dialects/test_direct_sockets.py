"""What passes through the proxy of an instance, and how: WebSockets."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from direct_bench import Bench
from nodes import Node
from test_direct_attacks import Trap, trap
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

pytestmark = [pytest.mark.docker, pytest.mark.timeout(180)]
__all__ = ["trap"]

LIMIT = 16 * 2**20


class _Staying(connect):
    """Follows no redirects."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


def _open(bench: Bench, path: str = "/ws", **options: Any) -> _Staying:
    return _Staying(f"{bench.url.replace('http', 'ws', 1)}{path}", max_size=None, **options)


async def _closed(socket: ClientConnection) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed):
        async with asyncio.timeout(20):
            while True:
                await socket.recv()
    assert socket.close_code is not None
    return socket.close_code, socket.close_reason or ""


async def test_messages_of_both_kinds(direct: Bench) -> None:
    async with _open(direct, "/ws%2Fa/../b?q=%2F") as socket:
        seen = json.loads(await socket.recv())
        assert seen["line"] == "GET /ws%2Fa/../b?q=%2F HTTP/1.1"
        for message in ("Grüße", "", b"\x00\xff", b"", "x" * 100_000, bytes(2**20)):
            await socket.send(message)
            assert await socket.recv() == message
        await socket.send(iter([b"in ", b"three ", b"frames"]))
        assert await socket.recv() == b"in three frames"
        await (await socket.ping())


async def test_the_handshake(direct: Bench) -> None:
    headers = {"Cookie": "a=1; oaas_session=x", "Authorization": "of-the-node", "X-Own": "1", "Origin": "http://x"}
    protocols = [Subprotocol("unknown"), Subprotocol("plan.v1")]
    async with _open(direct, subprotocols=protocols, additional_headers=headers) as socket:
        assert socket.subprotocol == "plan.v1"
        seen = {name.lower(): value for name, value in json.loads(await socket.recv())["headers"]}
    assert (seen["cookie"], seen["x-own"], seen["origin"], seen["via"]) == ("a=1", "1", "http://x", "1.1 oaas")
    assert "authorization" not in seen
    assert "sec-websocket-extensions" not in seen
    assert seen["x-forwarded-prefix"] == direct.prefix
    assert seen["host"].endswith(":8080")


async def test_a_handshake_without_subprotocols(direct: Bench) -> None:
    async with _open(direct) as socket:
        assert socket.subprotocol is None
        seen = {name.lower() for name, _ in json.loads(await socket.recv())["headers"]}
        assert "sec-websocket-protocol" not in seen


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011, 3000, 4999])
async def test_the_instance_closes(direct: Bench, code: int) -> None:
    async with _open(direct) as socket:
        await socket.send(f"close {code}")
        assert await _closed(socket) == (code, "as you wish")


@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (1001, "leaving"), (4321, "grün")])
async def test_the_caller_closes(direct: Bench, code: int, reason: str) -> None:
    async with _open(direct) as socket:
        await socket.recv()
        await socket.close(code, reason)
    await _logged(direct, f"closed by the caller: {code} {reason}")


async def test_the_caller_is_cut_off(direct: Bench) -> None:
    socket = await _open(direct)
    await socket.recv()
    socket.transport.abort()
    await _logged(direct, "closed by the caller: 1001")


async def _logged(bench: Bench, line: str) -> None:
    async with asyncio.timeout(20):
        while True:
            log = await bench.node.http.get(f"/algorithmRepositoriesInstances/{bench.id}/logs")
            if line in log.text:
                return
            await asyncio.sleep(0.05)


async def test_the_instance_is_cut_off(direct: Bench) -> None:
    async with _open(direct) as socket:
        await socket.send("die")
        assert await _closed(socket) == (1014, "The instance is gone.")


async def test_frames_that_are_none(direct: Bench) -> None:
    async with _open(direct) as socket:
        await socket.send("garbage")
        code, _ = await _closed(socket)
        assert code == 1002


async def test_messages_that_are_too_large(direct: Bench) -> None:
    async with _open(direct) as socket:
        await socket.recv()
        await socket.send(f"big {LIMIT - 200}")
        assert await socket.recv() == bytes(LIMIT - 200)
        await socket.send(f"big {LIMIT + 1}")
        assert (await _closed(socket))[0] == 1009
    async with _open(direct) as socket:
        await socket.recv()
        with pytest.raises(ConnectionClosed):
            await socket.send(bytes(LIMIT + 1))
            await socket.recv()
        assert socket.close_code == 1009


async def test_many_messages_to_a_slow_reader(direct: Bench) -> None:
    async with _open(direct, max_queue=1) as socket:
        await socket.recv()

        async def write() -> None:
            for number in range(200):
                await socket.send(number.to_bytes(2, "big") + bytes(64 * 1024))

        writing = asyncio.create_task(write())
        for number in range(200):
            message = await socket.recv()
            assert isinstance(message, bytes)
            assert int.from_bytes(message[:2], "big") == number
        await writing


async def test_a_refused_handshake(direct: Bench) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await _open(direct, "/ws-refused")
    response = refused.value.response
    assert (response.status_code, response.headers["X-Why"]) == (403, "closed")
    assert response.body == b"no sockets today"


async def test_a_redirected_handshake_is_not_followed(direct: Bench, trap: Trap) -> None:
    place = f"http://127.0.0.1:{trap.port}/"
    with pytest.raises(InvalidStatus) as moved:
        await _open(direct, "/ws-moved", additional_headers={"X-To": place})
    assert (moved.value.response.status_code, moved.value.response.headers["Location"]) == (302, place)


async def test_instances_that_are_not_there(dialect_node: Node) -> None:
    with pytest.raises(InvalidStatus) as missing:
        await _open(Bench(dialect_node, {"id": 999_999}))
    assert missing.value.response.status_code == 404
    assert json.loads(missing.value.response.body or b"")["code"] == "notFound"


async def test_other_sockets_are_none_of_the_api(direct: Bench) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await _Staying(f"{direct.node.url.replace('http', 'ws', 1)}/algorithms")
    assert refused.value.response.status_code in (403, 404)
