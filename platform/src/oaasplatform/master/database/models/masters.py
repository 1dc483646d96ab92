"""The master itself: one row."""

from __future__ import annotations

from tortoise import fields

from oaasplatform.database.models.base import Row


class Master(Row):
    """Identity of the master."""

    uid = fields.CharField(max_length=32, unique=True)
    name = fields.CharField(max_length=200)
    description = fields.TextField(default="")
    owner = fields.CharField(max_length=200, default="")
    term = fields.BigIntField(default=0)
    """Of the process that leads: it rises whenever one takes the role."""

    class Meta:
        table = "masters"
