"""Tables, as Tortoise models. ``aerich`` reads them here."""

from oaasplatform.database.models.executions import (
    Callback,
    DocumentPart,
    DocumentUpload,
    EndedExecution,
    Execution,
    ExecutionBatch,
    ExecutionEvent,
    ExecutionInput,
    ExecutionLog,
    ExecutionOutput,
    IdempotencyKey,
)
from oaasplatform.database.models.instances import Instance
from oaasplatform.database.models.memberships import Membership
from oaasplatform.database.models.nodes import Node
from oaasplatform.database.models.registries import Registry
from oaasplatform.database.models.repositories import Algorithm, Repository

__all__ = [
    "Algorithm",
    "Callback",
    "DocumentPart",
    "DocumentUpload",
    "EndedExecution",
    "Execution",
    "ExecutionBatch",
    "ExecutionEvent",
    "ExecutionInput",
    "ExecutionLog",
    "ExecutionOutput",
    "IdempotencyKey",
    "Instance",
    "Membership",
    "Node",
    "Registry",
    "Repository",
]
