"""Instances: desired state beside actual state."""

from __future__ import annotations

from tortoise import fields

from oaasplatform.database.models.base import Row
from oaasplatform.database.models.repositories import Repository
from oaasplatform.domain.instances import Desired, InstanceStatus, Purpose


class Instance(Row):
    """A deployment of a repository. API calls write the upper half, the reconciler the lower."""

    name = fields.CharField(max_length=200, unique=True)
    description = fields.TextField(default="")
    repository: fields.ForeignKeyRelation[Repository] = fields.ForeignKeyField(
        "models.Repository", related_name="instances", on_delete=fields.RESTRICT
    )
    purpose = fields.CharEnumField(Purpose, max_length=20)
    image = fields.CharField(max_length=1000)
    digest = fields.CharField(max_length=200)
    protocol = fields.CharField(max_length=50)
    deployment: fields.Field[dict[str, object]] = fields.JSONField(default=dict)
    quota: fields.Field[dict[str, object]] = fields.JSONField()
    strict = fields.BooleanField(default=False)
    standby = fields.BooleanField(default=False)
    """Whether it takes executions only while no other ready instance of its repository has a free slot."""
    desired = fields.CharEnumField(Desired, max_length=20)
    revision = fields.IntField(default=1)
    """Rises when image or quota change: the unit has to be replaced."""

    status = fields.CharEnumField(InstanceStatus, max_length=20)
    reason = fields.TextField(null=True)
    enforced: fields.Field[dict[str, object]] = fields.JSONField(default=dict)
    generation = fields.IntField(default=0)
    unit_revision = fields.IntField(default=0)
    unit_id = fields.CharField(max_length=200, null=True)
    base_url = fields.CharField(max_length=300, null=True)
    """Null while it takes no calls; empty where the dialect has no standing container."""
    addresses: fields.Field[dict[str, object]] = fields.JSONField(default=dict)
    """Of its containers, by name."""
    concurrency = fields.IntField(default=1)
    launch_batch = fields.IntField(default=1)
    """Launches that it takes in one request."""
    out_of_memory = fields.BooleanField(default=False)
    """Whether the unit of this generation ended because its memory limit was reached."""
    restarts = fields.IntField(default=0)
    retry_at = fields.DatetimeField(null=True)
    started_at = fields.DatetimeField(null=True)
    ready_at = fields.DatetimeField(null=True)

    class Meta:
        table = "instances"
