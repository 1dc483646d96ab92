"""Calls of the backend, which endures one at a time only: its state is a file that nothing guards."""

from __future__ import annotations

import asyncio
from urllib.parse import quote
from weakref import WeakValueDictionary

import aiohttp

from oaasplatform.domain.errors import ContractBroken, InstanceBroken, RunUnknown
from oaasplatform.domain.targets import Target
from oaasplatform.protocols.base import Launch
from oaasplatform.protocols.calls import ANSWER_SECONDS, SMALL, Answer, Caller, decode
from oaasplatform.protocols.optimaix.wire import DIALECT, Record

_DESCRIPTORS_MAX = 16 * 2**20
_BYTES_PER_SECOND = 2**20
_ECHO = 6
"""Bytes that a byte of the input may have become in the answer, which quotes it."""


class Backend:
    """Makes calls: one at a time for each life of an instance, each on a connection of its own."""

    def __init__(self, *, max_output_bytes: int) -> None:
        self._max_output = max_output_bytes
        self._locks: WeakValueDictionary[tuple[int, int], asyncio.Lock] = WeakValueDictionary()

    async def algorithms(self, target: Target, *, seconds: float = ANSWER_SECONDS) -> Answer:
        """``GET /algorithms``"""
        return await self._call(target, "GET", "/algorithms", limit=_DESCRIPTORS_MAX, seconds=seconds)

    async def launch(self, target: Target, launch: Launch) -> Answer:
        """Start an execution. Its callback goes to where this call comes from: the node's address for instances."""
        path = f"/executions/{quote(launch.reference, safe='')}?callback_id={int(launch.secret, 16)}"
        return await self._call(
            target,
            "POST",
            path,
            data=bytes(launch.input),
            limit=_ECHO * len(launch.input) + SMALL,
            seconds=ANSWER_SECONDS + len(launch.input) / _BYTES_PER_SECOND,
        )

    async def record(self, target: Target, execution: int) -> Record:
        """What it knows of an execution.

        Raises:
            RunUnknown: nothing.
            InstanceBroken: its file is no JSON any more.
        """
        answer = await self._call(target, "GET", f"/executions/{execution}", limit=2 * self._max_output + SMALL)
        if answer.status == 404:
            raise RunUnknown(f"The repository has no execution {execution}.")
        if answer.status == 422 or answer.status >= 500:
            raise InstanceBroken(f"GET /executions answered {answer.status}: {answer.excerpt}")
        if answer.status != 200:
            raise ContractBroken(f"GET /executions answered {answer.status}: {answer.excerpt}")
        return decode(answer.body, Record, DIALECT)

    async def revoke(self, target: Target, execution: int) -> None:
        """Have the worker told to end an execution. Whatever is answered: whether it did is for others to see."""
        await self._call(target, "DELETE", f"/executions/{execution}", limit=2 * self._max_output + SMALL, cut=True)

    async def _call(
        self,
        target: Target,
        method: str,
        path: str,
        *,
        limit: int,
        seconds: float = ANSWER_SECONDS,
        data: bytes | None = None,
        cut: bool = False,
    ) -> Answer:
        headers = {"Connection": "close"}
        if data is not None:
            headers["Content-Type"] = "application/json"
        lock = self._locks.setdefault((target.instance_id, target.generation), asyncio.Lock())
        connector = aiohttp.TCPConnector(force_close=True)
        async with (
            lock,
            aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
            ) as session,
        ):
            return await Caller(session).call(
                method, f"{target.base_url}{path}", limit=limit, seconds=seconds, data=data, headers=headers, cut=cut
            )
