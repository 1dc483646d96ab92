"""Which master the node belongs to: joining it, leaving it, and telling that it is the one who calls."""

from __future__ import annotations

from importlib.metadata import version

import structlog

from oaasplatform.database.database import Database
from oaasplatform.database.notifications import MEMBERSHIP
from oaasplatform.domain.errors import AlreadyMember, MasterUnavailable, OaasError, Unauthorized, WrongState
from oaasplatform.domain.memberships import Membership, MembershipState
from oaasplatform.domain.nodes import Node
from oaasplatform.kit.keys import digest, new_key
from oaasplatform.kit.sealing import SealBroken, Sealer
from oaasplatform.protocols.master import MasterApi
from oaasplatform.schemas.federation import JoinRequest
from oaasplatform.schemas.memberships import JoinOrder, MembershipView
from oaasplatform.services.waiting import wait_until

log = structlog.get_logger(__name__)


class MembershipService:
    """At most one master. Keys of both sides are made anew with each join."""

    def __init__(
        self, database: Database, master: MasterApi, sealer: Sealer, *, node_name: str, address: tuple[str, int]
    ) -> None:
        """``address``: where the API listens, which is what a master is told unless the operator says otherwise."""
        self._listener = database.listener
        self._queries = database.memberships
        self._nodes = database.nodes
        self._master = master
        self._sealer = sealer
        self._node_name = node_name
        self._host, self._port = address

    async def view(self, wait: float = 0) -> MembershipView:
        """The membership, also if there is none; waits up to ``wait`` seconds for a node that leaves."""
        membership = await wait_until(self._listener, MEMBERSHIP, wait, self._queries.find, _settled)
        return MembershipView(state="none") if membership is None else MembershipView.model_validate(membership)

    async def demand_master(self, key: str) -> None:
        """Raise ``Unauthorized`` unless the key is that of the node's master, or of one that is being joined."""
        if not await self._queries.knows(digest(key)):
            raise Unauthorized("This is not the key of the node's master.")

    async def join(self, order: JoinOrder) -> MembershipView:
        """Join a master; joining the same one again makes new keys, and tells it the address.

        Raises:
            AlreadyMember: the node belongs to another master, or is leaving.
            MasterUnavailable, MasterRefused, TokenRefused
        """
        uid = (await self._master.info(order.url)).uid
        key = new_key()
        if not await self._queries.offer(order.url, uid, digest(key)):
            raise AlreadyMember(_whose(await self._queries.find()))
        try:
            await self._ask(order, uid, key)
        except MasterUnavailable:
            # Perhaps it has agreed, and its answer was lost: the same token is good for this node until it expires.
            raise
        except OaasError:
            await self._queries.withdraw(digest(key))
            raise
        return await self.view()

    async def leave(self, *, force: bool) -> MembershipView:
        """Want to leave: the heartbeat says so, and goes on until nothing of the master runs here.

        With ``force`` the node forgets its master at once, which takes it for unreachable from then on.

        Raises:
            WrongState: it belongs to no master.
        """
        if force:
            await self._queries.forget()
        elif not await self._queries.leave():
            raise WrongState("The node belongs to no master.")
        return await self.view()

    def key_of(self, membership: Membership) -> str:
        """By which the node calls its master. Raises ``Unauthorized`` if it can't be read any more."""
        assert membership.sealed_key is not None
        assert membership.master_uid is not None
        try:
            return self._sealer.open(membership.sealed_key, membership.master_uid)
        except SealBroken as error:
            raise Unauthorized("The key for the master was encrypted with another key: join it again.") from error

    async def _ask(self, order: JoinOrder, uid: str, key: str) -> None:
        node = await self._nodes.get_or_create(self._node_name)
        answer = await self._master.join(
            order.url,
            JoinRequest(
                token=order.token,
                uid=node.uuid.hex,
                key=key,
                address=order.address or self._address(node),
                name=node.name,
                description=node.description,
                owner=node.owner,
                version=version("oaas-platform"),
            ),
        )
        sealed = self._sealer.seal(answer.key, uid)
        if not await self._queries.agree(order.url, uid, answer.id, sealed, digest(key)):
            raise AlreadyMember("Another join began meanwhile, and counts.")
        log.info("joined a master", url=order.url, master=uid, node=answer.id)

    def _address(self, node: Node) -> str:
        host = node.address or self._host
        return f"http://{f'[{host}]' if ':' in host else host}:{node.port or self._port}"


def _settled(membership: Membership | None) -> bool:
    return membership is None or membership.state is not MembershipState.LEAVING


def _whose(membership: Membership | None) -> str:
    if membership is None:
        return "The node has just left its master; try again."
    if membership.state is MembershipState.LEAVING:
        return f"The node is about to leave the master at {membership.master_url}."
    return f"The node belongs to the master at {membership.master_url}. Leave it first: `oaas node leave`."
