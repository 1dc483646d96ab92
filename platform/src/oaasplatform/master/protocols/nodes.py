"""How the master calls a node's API."""

from __future__ import annotations

import aiohttp

from oaasplatform.domain.errors import ContractBroken, InstanceUnreachable, NodeNotReached
from oaasplatform.kit.keys import authorization
from oaasplatform.protocols.calls import Caller

_CHECK_SECONDS = 8.0


class NodeApi:
    """Calls of the master itself; those of its callers pass through (see ``services.passing``)."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._caller = Caller(session)

    async def check(self, base_url: str, key: str) -> None:
        """Whether the node at this address is the one that has made the key.

        Raises:
            NodeNotReached: with what happened instead.
        """
        url = f"{base_url}/master"
        try:
            answer = await self._caller.call(
                "GET", url, headers={"Authorization": authorization(key)}, seconds=_CHECK_SECONDS
            )
        except (InstanceUnreachable, ContractBroken) as error:
            raise NodeNotReached(
                f"The master can't reach the node: {error.detail} Name an address that it reaches with --address."
            ) from error
        if answer.status == 401:
            raise NodeNotReached(f"At {base_url} there is another node than the one that wants to join.")
        if answer.status != 200:
            raise NodeNotReached(f"{url} answered with status {answer.status}: is that a node?")
