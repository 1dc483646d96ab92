"""Executions of the master, each on at most one node at a time. No foreign keys: they outlive nodes and algorithms."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from oaasplatform.database.models.base import CALLBACK_INDEXES, CallbackRow, PartialIndex, Row
from oaasplatform.domain.executions import ExecutionState
from oaasplatform.domain.webhooks import URL_LENGTH


class FederatedExecution(Row):
    """An execution. Ids come from the sequence ``addresses``, as those of nodes do."""

    id = fields.BigIntField(primary_key=True, generated=False)
    algorithm_id = fields.BigIntField()
    algorithm_name = fields.CharField(max_length=200)
    algorithm_version = fields.CharField(max_length=100)
    repository_name = fields.CharField(max_length=200)
    wish = fields.TextField()
    """What it asks of a node: see ``domain.wishes``. It names the queue."""
    user_id = fields.CharField(max_length=200, null=True)
    priority = fields.SmallIntField()
    rank = fields.FloatField()
    """Place in the queue, the lowest first: see ``services.scheduling``."""
    max_running_time = fields.FloatField(null=True)
    max_attempts = fields.SmallIntField()
    batch_id = fields.BigIntField(null=True)
    callback_url = fields.CharField(max_length=URL_LENGTH, null=True)
    input_hash = fields.BinaryField()
    """SHA-256 of the input as it came."""

    state = fields.CharEnumField(ExecutionState, max_length=20)
    attempt = fields.IntField(default=0)
    """How often it was given to a node."""
    losses = fields.SmallIntField(default=0)
    """How many attempts were lost with their nodes; ``max_attempts`` of them fail the execution."""
    node_id = fields.BigIntField(null=True)
    """The node that has it; null while it waits at the master."""
    remote_id = fields.BigIntField(null=True)
    """What the node calls it, once that is known."""
    node_unreachable = fields.BooleanField(default=False)
    sequence = fields.BigIntField(default=0)
    """Of the newest message of this attempt."""
    heard_at = fields.DatetimeField(null=True)
    """When the node was last asked, or has spoken by itself."""
    report: fields.Field[dict[str, object]] = fields.JSONField(default=dict)
    """What the node said of the attempt last."""
    error: fields.Field[dict[str, object]] = fields.JSONField(null=True)
    output_bytes = fields.BigIntField(null=True)
    waiting_reason = fields.TextField(null=True)
    not_before = fields.DatetimeField(null=True)
    """One that a node did not take rests until then."""
    event_id = fields.BigIntField(default=1)
    queued_at = fields.DatetimeField(null=True)
    started_at = fields.DatetimeField(null=True)
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        table = "executions"
        indexes = (
            PartialIndex(
                name="executions_queue", fields=("wish", "rank", "id"), where="state = 'queued' AND node_id IS NULL"
            ),
            PartialIndex(
                name="executions_placed",
                fields=("node_id", "heard_at"),
                where="state IN ('queued', 'starting', 'running')",
            ),
            PartialIndex(name="executions_of_batch", fields=("batch_id", "state"), where="batch_id IS NOT NULL"),
            PartialIndex(
                name="executions_results",
                fields=("batch_id", "finished_at", "id"),
                where="batch_id IS NOT NULL AND finished_at IS NOT NULL",
            ),
            PartialIndex(name="executions_of_user", fields=("user_id", "id"), where="user_id IS NOT NULL"),
            ("algorithm_id", "id"),
        )


class StrayAttempt(Row):
    """An attempt that is none of its execution's any more: what its node may still have of it has to be stopped."""

    execution_id = fields.BigIntField()
    attempt = fields.IntField()
    node_id = fields.BigIntField()
    remote_id = fields.BigIntField(null=True)
    """Null: nobody knows whether the node ever got it."""
    lost = fields.BooleanField()
    """Whether the node was away for too long; otherwise the execution was stopped."""
    settled_at = fields.DatetimeField(null=True)
    """When the node had nothing of it any more."""
    late_state = fields.CharEnumField(ExecutionState, max_length=20, null=True)
    """How it ended all the same, after it had been given up."""
    late_at = fields.DatetimeField(null=True)

    class Meta:
        table = "stray_attempts"
        unique_together = (("execution_id", "attempt"),)
        indexes = (PartialIndex(name="stray_attempts_open", fields=("node_id", "id"), where="settled_at IS NULL"),)


class ExecutionBatch(Model):
    """Executions that were submitted together. Ids come from the sequence ``addresses``."""

    id = fields.BigIntField(primary_key=True, generated=False)
    user_id = fields.CharField(max_length=200, null=True)
    created_at = fields.DatetimeField(auto_now_add=True)
    complete = fields.BooleanField(default=False)
    """Whether all of its executions have been submitted."""
    stopped: fields.Field[dict[str, object]] = fields.JSONField(null=True)
    """The error of its executions, if it was stopped as a whole."""
    counts: fields.Field[dict[str, object]] = fields.JSONField(null=True)
    """Its executions by state, once they are all over."""

    class Meta:
        table = "execution_batches"
        indexes = (PartialIndex(name="execution_batches_open", fields=("id",), where="counts IS NULL"),)


class ExecutionEvent(Model):
    """What an execution was after a change: the numbers count from 1 in each."""

    execution_id = fields.BigIntField(primary_key=True, generated=False)
    """Together with ``event_id``, that is: Tortoise knows no keys of two columns."""
    event_id = fields.BigIntField()
    created_at = fields.DatetimeField(auto_now_add=True)
    snapshot: fields.Field[dict[str, object]] = fields.JSONField()

    class Meta:
        table = "execution_events"


class ExecutionInput(Model):
    """Input document as it came: the body of a small one, the id of a large one."""

    execution_id = fields.BigIntField(primary_key=True, generated=False)
    body = fields.BinaryField(null=True)
    document_id = fields.BigIntField(null=True)

    class Meta:
        table = "execution_inputs"


class ExecutionOutput(Model):
    """Output document as the node had it: the body of a small one, the id of a large one."""

    execution_id = fields.BigIntField(primary_key=True, generated=False)
    body = fields.BinaryField(null=True)
    document_id = fields.BigIntField(null=True)

    class Meta:
        table = "execution_outputs"


class DocumentPart(Model):
    """Some of the bytes of a large document."""

    document_id = fields.BigIntField(primary_key=True, generated=False)
    """Together with ``part``. Of the sequence ``addresses``."""
    part = fields.IntField()
    """From 0."""
    body = fields.BinaryField()

    class Meta:
        table = "document_parts"


class DocumentUpload(Model):
    """A large document that is no execution's yet: if nothing comes of it, its parts are swept away."""

    id = fields.BigIntField(primary_key=True, generated=False)
    touched_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "document_uploads"


class Callback(CallbackRow):
    """Changes of an execution that go to a URL, until the last one has arrived; what they are is in the events."""

    class Meta:
        table = "callbacks"
        indexes = CALLBACK_INDEXES


class IdempotencyKey(Model):
    """A submission that may come again."""

    key = fields.CharField(max_length=255, primary_key=True)
    execution_id = fields.BigIntField(db_index=True)
    request_hash = fields.BinaryField()
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "idempotency_keys"
