"""What tables share."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


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
