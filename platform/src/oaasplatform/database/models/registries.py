"""Registries and their encrypted credentials."""

from __future__ import annotations

from tortoise import fields

from oaasplatform.database.models.base import Row
from oaasplatform.domain.registries import CredentialKind


class Registry(Row):
    """A registry that asks for a login."""

    name = fields.CharField(max_length=300, unique=True)
    url = fields.CharField(max_length=300)
    host = fields.CharField(max_length=300, db_index=True)
    username = fields.CharField(max_length=200)
    credential = fields.CharEnumField(CredentialKind, max_length=20)
    sealed = fields.BinaryField()
    """The password or token, encrypted by the service: the database never sees it."""

    class Meta:
        table = "registries"
