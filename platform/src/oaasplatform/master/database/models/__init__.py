"""Tables, as Tortoise models. ``aerich`` reads them here; queries are plain asyncpg (ADR 0043)."""

from oaasplatform.master.database.models.catalogue import CatalogueAlgorithm, CatalogueOffer
from oaasplatform.master.database.models.masters import Master
from oaasplatform.master.database.models.nodes import JoinToken, MemberNode

__all__ = ["CatalogueAlgorithm", "CatalogueOffer", "JoinToken", "Master", "MemberNode"]
