"""How nodes come to belong to the master, and cease to."""

from __future__ import annotations

import re
from datetime import timedelta

import structlog

from oaasplatform.domain.addresses import base_url, host_and_port
from oaasplatform.domain.errors import InvalidDocument, NotFound, TokenRefused, Unauthorized, Violation
from oaasplatform.kit.keys import digest, new_key
from oaasplatform.kit.sealing import Sealer
from oaasplatform.master.database.database import MasterDatabase
from oaasplatform.master.protocols.nodes import NodeApi
from oaasplatform.master.schemas.tokens import TokenOrder, TokenView
from oaasplatform.schemas.federation import JoinAnswer, JoinRequest

_SHAPES = {
    "uid": re.compile(r"[0-9a-f]{32}"),
    "key": re.compile(r"[0-9A-Za-z_-]{32,100}"),
    "address": re.compile(r"[!-~]{1,300}"),
    "name": re.compile(r"[^\0]{1,200}"),
    "description": re.compile(r"[^\0]{0,10000}", re.DOTALL),
    "owner": re.compile(r"[^\0]{0,200}"),
    "version": re.compile(r"[ -~]{0,50}"),
}
"""A node is untrusted until it has shown its token, and bounded after that."""

log = structlog.get_logger(__name__)


class JoiningService:
    """Tokens, joining and leaving."""

    def __init__(self, database: MasterDatabase, nodes: NodeApi, sealer: Sealer, *, uid: str) -> None:
        """``uid``: of the master."""
        self._nodes = database.nodes
        self._tokens = database.tokens
        self._api = nodes
        self._sealer = sealer
        self._uid = uid

    async def new_token(self, order: TokenOrder) -> TokenView:
        """Let one node join. Only the token's digest is stored."""
        token = new_key()
        expires_at = await self._tokens.create(digest(token), timedelta(seconds=order.expires_in_seconds))
        return TokenView(token=token, expires_at=expires_at)

    async def join(self, request: JoinRequest) -> JoinAnswer:
        """Take a node in, once it is reached at its address and shows there that it has made the key.

        The node that has used a token may use it again until it expires: the answer may have been lost.

        Raises:
            InvalidDocument, TokenRefused, NodeNotReached
        """
        _check(request)
        if not await self._tokens.use(digest(request.token), request.uid):
            raise TokenRefused("The token is unknown, has expired, or was used by another node.")
        address = _address(request)
        await self._api.check(address, request.key)
        host, port = host_and_port(address)
        key = new_key()
        node = await self._nodes.join(
            uid=request.uid,
            name=request.name,
            description=request.description,
            owner=request.owner,
            base_url=address,
            host=host,
            port=port,
            key_hash=digest(key),
            sealed_key=self._sealer.seal(request.key, request.uid),
            version=request.version,
        )
        log.info("a node has joined", node=node.id, name=node.name, url=address)
        return JoinAnswer(id=node.id, master_uid=self._uid, key=key)

    async def remove(self, id_: int, key: str | None) -> None:
        """Forget a node: for an operator, or for the node itself, which shows its key.

        Raises:
            NotFound
            Unauthorized: it is not the key of this node.
        """
        if await self._nodes.delete(id_, key_hash=None if key is None else digest(key)):
            log.info("a node is gone", node=id_)
        elif key is None:
            raise NotFound("node", id_)
        else:
            raise Unauthorized("This is not the key of the node.")


def _check(request: JoinRequest) -> None:
    for field, shape in _SHAPES.items():
        if not shape.fullmatch(getattr(request, field)):
            detail = f"This is no {field}."
            raise InvalidDocument(f"/{field}: {detail}", (Violation(f"/{field}", detail),))


def _address(request: JoinRequest) -> str:
    try:
        return base_url(request.address)
    except ValueError as error:
        raise InvalidDocument(f"The address is none: {error}.", (Violation("/address", str(error)),)) from error
