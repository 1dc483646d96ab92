"""The membership of the node: one row, or none."""

from __future__ import annotations

from tortoise import fields

from oaasplatform.database.models.base import Row
from oaasplatform.domain.memberships import MembershipState


class Membership(Row):
    """Which master the node has joined, or is joining. What is offered becomes valid when the master has agreed."""

    state = fields.CharEnumField(MembershipState, max_length=20)
    master_url = fields.CharField(max_length=300)
    master_uid = fields.CharField(max_length=32, null=True)
    node_id = fields.BigIntField(null=True)
    sealed_key = fields.BinaryField(null=True)
    """The key by which the node calls the master."""
    key_hash = fields.CharField(max_length=64, null=True)
    """SHA-256, in hexadecimal digits, of the key by which the master calls the node."""
    offered_hash = fields.CharField(max_length=64, null=True)
    """The same of the key that goes with a join under way."""
    heard_at = fields.DatetimeField(null=True)
    trouble = fields.TextField(null=True)

    class Meta:
        table = "memberships"
