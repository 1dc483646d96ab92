"""The node itself: one row."""

from __future__ import annotations

from uuid import uuid4

from tortoise import fields

from oaasplatform.database.models.base import Row


class Node(Row):
    """Identity of the node; ``uid`` marks everything it makes in an engine."""

    uid = fields.CharField(max_length=32, unique=True)
    uuid = fields.UUIDField(default=uuid4)
    """Names the node wherever several are known, for ever."""
    name = fields.CharField(max_length=200)
    description = fields.TextField(default="")
    owner = fields.CharField(max_length=200, default="")
    address = fields.CharField(max_length=253, null=True)
    port = fields.IntField(null=True)
    callback_port = fields.IntField(null=True)
    callback_secret = fields.BinaryField(null=True)
    """Signs callbacks; encrypted."""
    term = fields.BigIntField(default=0)
    """Of the process that leads: it rises whenever one takes the role."""

    class Meta:
        table = "nodes"
