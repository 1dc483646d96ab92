"""The membership of the node. Every step is guarded, so that of two joins at once one counts."""

from __future__ import annotations

from typing import Any

from tortoise.exceptions import IntegrityError
from tortoise.expressions import Q
from tortoise.timezone import now

from oaasplatform.database import models
from oaasplatform.database.errors import translated
from oaasplatform.database.notifications import MEMBERSHIP
from oaasplatform.database.queries.notify import notify
from oaasplatform.domain.memberships import Membership, MembershipState

_ROW = 1


def _membership(row: models.Membership) -> Membership:
    return Membership(
        state=row.state,
        master_url=row.master_url,
        master_uid=row.master_uid,
        node_id=row.node_id,
        sealed_key=row.sealed_key,
        heard_at=row.heard_at,
        trouble=row.trouble,
        created_at=row.created_at,
        modified_at=row.modified_at,
    )


class MembershipQueries:
    """Reads and writes of the membership."""

    async def find(self) -> Membership | None:
        """The membership, if there is one."""
        with translated():
            row = await models.Membership.get_or_none(id=_ROW)
        return None if row is None else _membership(row)

    async def knows(self, key_hash: str) -> bool:
        """Whether it is the key of the master, or of one that is being joined."""
        with translated():
            return await models.Membership.filter(Q(key_hash=key_hash) | Q(offered_hash=key_hash)).exists()

    async def offer(self, url: str, master_uid: str, offered_hash: str) -> bool:
        """Begin to join, or to join the same master again; false if the node belongs to another one, or leaves."""
        with translated():
            try:
                await models.Membership.create(
                    id=_ROW, state=MembershipState.JOINING, master_url=url, offered_hash=offered_hash
                )
            except IntegrityError:
                joining = await models.Membership.filter(state=MembershipState.JOINING).update(
                    master_url=url, offered_hash=offered_hash, modified_at=now()
                )
                again = await models.Membership.filter(state=MembershipState.JOINED, master_uid=master_uid).update(
                    offered_hash=offered_hash, modified_at=now()
                )
                return bool(joining or again)
        return True

    async def agree(self, url: str, master_uid: str, node_id: int, sealed_key: bytes, offered_hash: str) -> bool:
        """The master has agreed; false if another join has begun meanwhile."""
        return await self._change(
            {
                "state": MembershipState.JOINED,
                "master_url": url,
                "master_uid": master_uid,
                "node_id": node_id,
                "sealed_key": sealed_key,
                "key_hash": offered_hash,
                "offered_hash": None,
                "trouble": None,
            },
            offered_hash=offered_hash,
        )

    async def withdraw(self, offered_hash: str) -> None:
        """The master has refused: the node is what it was before."""
        with translated():
            await models.Membership.filter(state=MembershipState.JOINING, offered_hash=offered_hash).delete()
            await models.Membership.filter(offered_hash=offered_hash).update(offered_hash=None)

    async def leave(self) -> bool:
        """Begin to leave; false if the node belongs to no master."""
        return await self._change(
            {"state": MembershipState.LEAVING}, state__in=[MembershipState.JOINED, MembershipState.LEAVING]
        )

    async def heard(self) -> None:
        """The master has answered."""
        with translated():
            await models.Membership.filter(id=_ROW).update(heard_at=now(), trouble=None)

    async def report(self, trouble: str) -> None:
        """Say what is wrong with the newest heartbeat."""
        with translated():
            await models.Membership.filter(id=_ROW).update(trouble=trouble)

    async def forget(self) -> None:
        """The node belongs to no master any more."""
        with translated():
            await models.Membership.filter(id=_ROW).delete()
            await notify(MEMBERSHIP)

    async def _change(self, fields: dict[str, Any], **guard: object) -> bool:
        with translated():
            changed = await models.Membership.filter(id=_ROW, **guard).update(**fields, modified_at=now())
            await notify(MEMBERSHIP)
        return bool(changed)
