"""Tables, as Tortoise models. ``aerich`` reads them here; queries are plain asyncpg (ADR 0043)."""

from oaasplatform.master.database.models.catalogue import CatalogueAlgorithm, CatalogueOffer
from oaasplatform.master.database.models.executions import (
    Callback,
    DocumentPart,
    DocumentUpload,
    ExecutionBatch,
    ExecutionEvent,
    ExecutionInput,
    ExecutionOutput,
    FederatedExecution,
    IdempotencyKey,
    StrayAttempt,
)
from oaasplatform.master.database.models.masters import Master
from oaasplatform.master.database.models.nodes import JoinToken, MemberNode

__all__ = [
    "Callback",
    "CatalogueAlgorithm",
    "CatalogueOffer",
    "DocumentPart",
    "DocumentUpload",
    "ExecutionBatch",
    "ExecutionEvent",
    "ExecutionInput",
    "ExecutionOutput",
    "FederatedExecution",
    "IdempotencyKey",
    "JoinToken",
    "Master",
    "MemberNode",
    "StrayAttempt",
]
