"""How a node calls a master."""

from __future__ import annotations

import aiohttp
import msgspec

from oaasplatform.domain.errors import (
    ContractBroken,
    InstanceUnreachable,
    MasterRefused,
    MasterUnavailable,
    TokenRefused,
    Unauthorized,
)
from oaasplatform.kit.keys import authorization
from oaasplatform.protocols.calls import Caller, Message, decode
from oaasplatform.schemas.federation import Heartbeat, HeartbeatAnswer, JoinAnswer, JoinRequest

_DIALECT = "the API of a master"
_JOIN_SECONDS = 20.0
"""The master calls back before it answers."""
_BEAT_SECONDS = 5.0
"""A heartbeat that takes longer is given up: the next one says more."""
_REFUSALS = {401: Unauthorized, 403: TokenRefused}


class MasterInfo(msgspec.Struct, rename="camel"):
    """What is needed of a master's ``/info``."""

    uid: str
    nodes: dict[str, int]
    """Nodes have no such member: it tells a master from one."""


class _Problem(msgspec.Struct):
    detail: str = ""


class MasterApi:
    """Each call raises ``MasterUnavailable`` if nothing answers, ``MasterRefused`` (or what is named) if it says no."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._caller = Caller(session)

    async def info(self, url: str) -> MasterInfo:
        """Who the master is. Raises ``MasterRefused`` also if there is something else than a master."""
        return await self._call("GET", f"{url}/info", MasterInfo)

    async def join(self, url: str, request: JoinRequest) -> JoinAnswer:
        """Ask to join. Raises ``TokenRefused``."""
        return await self._call("POST", f"{url}/oaasNodes", JoinAnswer, request, seconds=_JOIN_SECONDS)

    async def beat(self, url: str, node_id: int, key: str, heartbeat: Heartbeat) -> HeartbeatAnswer:
        """Report. Raises ``Unauthorized`` if the master does not know the node any more."""
        return await self._call(
            "POST", f"{url}/oaasNodes/{node_id}/heartbeat", HeartbeatAnswer, heartbeat, key=key, seconds=_BEAT_SECONDS
        )

    async def leave(self, url: str, node_id: int, key: str) -> None:
        """Be forgotten. Raises ``Unauthorized`` as :meth:`beat`."""
        await self._call("DELETE", f"{url}/oaasNodes/{node_id}", None, key=key)

    async def _call(
        self,
        method: str,
        url: str,
        expected: type[Message] | None,
        body: msgspec.Struct | None = None,
        *,
        key: str | None = None,
        seconds: float = 10.0,
    ) -> Message:
        headers = {"Content-Type": "application/json"} | ({} if key is None else {"Authorization": authorization(key)})
        data = None if body is None else msgspec.json.encode(body)
        try:
            answer = await self._caller.call(method, url, data=data, headers=headers, seconds=seconds)
            if answer.status < 300:
                return decode(answer.body or b"null", expected, _DIALECT)  # type: ignore[arg-type]
        except InstanceUnreachable as error:
            raise MasterUnavailable(error.detail) from error
        except ContractBroken as error:
            raise MasterRefused(f"{url} is not {_DIALECT}.") from error
        try:
            detail = msgspec.json.decode(answer.body, type=_Problem).detail
        except msgspec.DecodeError:
            detail = ""
        said = detail or f"{method} {url} answered with status {answer.status}."
        if answer.status >= 500:
            raise MasterUnavailable(said)
        raise _REFUSALS.get(answer.status, MasterRefused)(said)
