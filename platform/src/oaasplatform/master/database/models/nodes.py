"""Nodes that have joined, and the tokens that let them."""

from __future__ import annotations

from tortoise import fields

from oaasplatform.database.models.base import Row
from oaasplatform.master.domain.nodes import NodeStatus


class JoinToken(Row):
    """Lets one node join, once."""

    hash = fields.CharField(max_length=64, unique=True)
    """SHA-256 of the token, in hexadecimal digits."""
    expires_at = fields.DatetimeField()
    used_by = fields.CharField(max_length=64, null=True)
    """``uid`` of the node that joined with it; that one may ask again, as its answer may have been lost."""

    class Meta:
        table = "join_tokens"


class MemberNode(Row):
    """A node. Ids come from the sequence ``addresses``, as those of executions do: no path names two things."""

    id = fields.BigIntField(primary_key=True, generated=False)
    uid = fields.CharField(max_length=64, unique=True)
    name = fields.CharField(max_length=200)
    description = fields.TextField(default="")
    owner = fields.CharField(max_length=200, default="")
    base_url = fields.CharField(max_length=300)
    ip_address_or_dns = fields.CharField(max_length=253)
    ip_port = fields.IntField()
    labels: fields.Field[dict[str, object]] = fields.JSONField(default=dict)
    key_hash = fields.CharField(max_length=64, unique=True)
    """SHA-256, in hexadecimal digits, of the key by which the node calls the master."""
    sealed_key = fields.BinaryField()
    """The key by which the master calls the node."""

    status = fields.CharEnumField(NodeStatus, max_length=20)
    last_seen_at = fields.DatetimeField()
    clock_skew = fields.FloatField(null=True)
    version = fields.CharField(max_length=50, default="")
    resources: fields.Field[dict[str, object]] = fields.JSONField(null=True)
    load: fields.Field[dict[str, object]] = fields.JSONField(default=dict)
    """As of its last heartbeat."""
    catalogue_revision = fields.CharField(max_length=64, null=True)

    class Meta:
        table = "oaas_nodes"
