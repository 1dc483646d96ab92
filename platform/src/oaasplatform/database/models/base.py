"""What tables share."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from oaasplatform.domain.webhooks import URL_LENGTH, CallbackState


class Row(Model):
    """A row with an id that is never reused, and its times."""

    id = fields.BigIntField(primary_key=True)
    created_at = fields.DatetimeField(auto_now_add=True)
    modified_at = fields.DatetimeField(auto_now=True)

    class Meta:
        abstract = True


class PartialIndex(Index):
    """An index over the rows that fulfil an SQL condition (Tortoise's own knows only equality)."""

    def __init__(self, *, fields: tuple[str, ...], name: str, where: str) -> None:
        super().__init__(fields=fields, name=name)
        self.where = where
        self.extra = f" WHERE {where}"

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """How migrations rebuild the index."""
        path, args, kwargs = super().deconstruct()
        return path, args, kwargs | {"where": self.where}


class CallbackRow(Model):
    """A callback, as node and master have them."""

    execution_id = fields.BigIntField(primary_key=True, generated=False)
    created_at = fields.DatetimeField(auto_now_add=True)
    modified_at = fields.DatetimeField(auto_now=True)
    url = fields.CharField(max_length=URL_LENGTH)
    host = fields.CharField(max_length=URL_LENGTH)
    """With the port."""
    state = fields.CharEnumField(CallbackState, max_length=20, default=CallbackState.ACTIVE)
    delivered = fields.BigIntField(default=0)
    """Number of the newest event that the receiver has acknowledged."""
    due_at = fields.DatetimeField(null=True)
    """When something is to be sent; null while there is nothing."""
    failures = fields.IntField(default=0)
    """In a row."""
    failing_since = fields.DatetimeField(null=True)
    last_error = fields.TextField(null=True)

    class Meta:
        abstract = True


CALLBACK_INDEXES = (
    PartialIndex(name="callbacks_due", fields=("due_at",), where="state = 'active' AND due_at IS NOT NULL"),
    PartialIndex(name="callbacks_dead", fields=("execution_id",), where="state = 'dead'"),
)
