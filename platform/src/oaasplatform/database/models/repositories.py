"""Algorithm repositories and their algorithms."""

from __future__ import annotations

from tortoise import fields

from oaasplatform.database.models.base import Row
from oaasplatform.database.models.registries import Registry
from oaasplatform.domain.repositories import RepositoryStatus


class Repository(Row):
    """A registered image."""

    name = fields.CharField(max_length=200, unique=True)
    description = fields.TextField(default="")
    image = fields.CharField(max_length=1000)
    registry: fields.ForeignKeyNullableRelation[Registry] = fields.ForeignKeyField(
        "models.Registry", related_name="repositories", on_delete=fields.RESTRICT, null=True
    )
    """Whose credentials the image is pulled with; null: those for the image's host."""
    registry_id: int | None
    digest = fields.CharField(max_length=200, null=True)
    protocol = fields.CharField(max_length=50)
    """As asked for; ``auto`` stays ``auto``."""
    deployment: fields.Field[dict[str, object]] = fields.JSONField(default=dict)
    """As asked for."""
    dialect = fields.CharField(max_length=50, null=True)
    """The protocol that discovery found."""
    resolved: fields.Field[dict[str, object]] = fields.JSONField(default=dict)
    """The deployment as discovery completed it; instances are made from it."""
    status = fields.CharEnumField(RepositoryStatus, max_length=20)
    reason = fields.TextField(null=True)
    max_concurrent_executions = fields.IntField(null=True)
    """That run at the same time on all its instances; null: as many as these have slots."""
    discovery_wanted = fields.BooleanField(default=True)
    """Whether the image is to be pulled and its algorithms read (again)."""
    refresh = fields.BooleanField(default=False)
    """Whether that discovery asks the registry even if the image is here."""

    class Meta:
        table = "algorithm_repositories"


class Algorithm(Row):
    """An algorithm; kept (inactive) when a refresh no longer finds it, because executions name it."""

    repository: fields.ForeignKeyRelation[Repository] = fields.ForeignKeyField(
        "models.Repository", related_name="algorithms", on_delete=fields.CASCADE
    )
    reference = fields.TextField()
    name = fields.CharField(max_length=200)
    version = fields.CharField(max_length=100)
    description = fields.TextField()
    input_schema: fields.Field[dict[str, object]] = fields.JSONField()
    output_schema: fields.Field[dict[str, object]] = fields.JSONField()
    error_schema: fields.Field[dict[str, object]] = fields.JSONField()
    examples: fields.Field[list[object]] = fields.JSONField()
    active = fields.BooleanField(default=True)

    class Meta:
        table = "algorithms"
        unique_together = (("repository", "name"),)
