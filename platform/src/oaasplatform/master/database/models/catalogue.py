"""Algorithms of all nodes."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from oaasplatform.database.models.base import Row
from oaasplatform.master.database.models.nodes import MemberNode


class CatalogueAlgorithm(Row):
    """An algorithm, the same on all nodes that offer it; kept when none does, so that its id stays."""

    repository_name = fields.CharField(max_length=200)
    name = fields.CharField(max_length=200)
    version = fields.CharField(max_length=100)
    description = fields.TextField()
    input_schema: fields.Field[dict[str, object]] = fields.JSONField()
    output_schema: fields.Field[dict[str, object]] = fields.JSONField()
    error_schema: fields.Field[dict[str, object]] = fields.JSONField()
    examples: fields.Field[list[object]] = fields.JSONField()

    class Meta:
        table = "catalogue_algorithms"
        unique_together = (("repository_name", "name", "version"),)


class CatalogueOffer(Model):
    """A node has an algorithm."""

    id = fields.BigIntField(primary_key=True)
    algorithm: fields.ForeignKeyRelation[CatalogueAlgorithm] = fields.ForeignKeyField(
        "master.CatalogueAlgorithm", related_name="offers", on_delete=fields.CASCADE
    )
    node: fields.ForeignKeyRelation[MemberNode] = fields.ForeignKeyField(
        "master.MemberNode", related_name="offers", on_delete=fields.CASCADE
    )
    remote_algorithm_id = fields.BigIntField()
    """What the node calls the algorithm."""
    remote_repository_id = fields.BigIntField()
    """What the node calls the algorithm's repository."""

    class Meta:
        table = "catalogue_offers"
        unique_together = (("node", "algorithm"),)
