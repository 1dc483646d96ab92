"""Executions. Those that go on are in a small table of their own; those that are over, and documents, are elsewhere.

No foreign keys: history outlives algorithms and instances, and rows stay cheap to write.
"""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from oaasplatform.database.models.base import PartialIndex, Row
from oaasplatform.domain.executions import ExecutionState
from oaasplatform.domain.webhooks import URL_LENGTH, CallbackState


class _Recorded(Row):
    """What is kept of an execution for good."""

    algorithm_id = fields.BigIntField()
    algorithm_name = fields.CharField(max_length=200)
    algorithm_version = fields.CharField(max_length=100, default="")
    repository_id = fields.BigIntField()
    requested_instance_id = fields.BigIntField(null=True)
    user_id = fields.CharField(max_length=200, null=True)
    priority = fields.SmallIntField(default=0)
    max_running_time = fields.FloatField(null=True)
    max_attempts = fields.SmallIntField(default=2)
    callback_url = fields.CharField(max_length=URL_LENGTH, null=True)
    input_hash = fields.BinaryField(null=True)
    """SHA-256 of the input as it came."""
    batch_id = fields.BigIntField(null=True)
    """The batch that it was submitted with."""

    state = fields.CharEnumField(ExecutionState, max_length=20)
    attempt = fields.IntField(default=0)
    losses = fields.SmallIntField(default=0)
    """How many attempts ended because the infrastructure failed; ``max_attempts`` of them fail the execution."""
    instance_id = fields.BigIntField(null=True)
    instance_generation = fields.IntField(null=True)
    digest = fields.CharField(max_length=200, null=True)
    """Of the image that the newest attempt ran."""
    quota: fields.Field[dict[str, object]] = fields.JSONField(null=True)
    """Of the instance that the newest attempt ran on."""
    secret = fields.CharField(max_length=64, null=True)
    """Part of the callback URL of this attempt."""
    progress_message = fields.TextField(null=True)
    progress_fraction = fields.FloatField(null=True)
    incumbent: fields.Field[dict[str, object]] = fields.JSONField(null=True)
    error: fields.Field[dict[str, object]] = fields.JSONField(null=True)
    cpu_time = fields.FloatField(null=True)
    output_bytes = fields.BigIntField(null=True)
    event_id = fields.BigIntField(default=1)
    queued_at = fields.DatetimeField(null=True)
    started_at = fields.DatetimeField(null=True)
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        abstract = True


class Execution(_Recorded):
    """An execution that is not over: it waits, runs, or has left something on its instance."""

    rank = fields.FloatField(default=0.0)
    """Place in the queue, the lowest first: see ``services.scheduling``."""
    waiting_reason = fields.TextField(null=True)
    not_before = fields.DatetimeField(null=True)
    """A queued execution that met a busy or broken instance rests until then."""
    handle = fields.TextField(null=True)
    """What the instance calls the run, where it does not take our name for it."""
    poll_at = fields.DatetimeField(null=True)
    """When the instance is asked, should no callback come before."""
    deadline_at = fields.DatetimeField(null=True)
    release_pending = fields.BooleanField(default=False)
    """The run ended for us, but its instance still has to hand over its log and forget it."""
    sequence = fields.BigIntField(default=-2)
    """Of the newest status message of this attempt."""

    class Meta:
        table = "executions"
        indexes = (
            PartialIndex(name="executions_queue", fields=("repository_id", "rank", "id"), where="state = 'queued'"),
            PartialIndex(name="executions_active", fields=("instance_id",), where="state IN ('starting', 'running')"),
            PartialIndex(name="executions_release", fields=("instance_id",), where="release_pending"),
            PartialIndex(
                name="executions_batch", fields=("batch_id", "finished_at", "id"), where="batch_id IS NOT NULL"
            ),
        )


class EndedExecution(_Recorded):
    """An execution that is over: it never changes. Partitioned by ranges of ids, so that old ones go in one stroke."""

    id = fields.BigIntField(primary_key=True, generated=False)

    class Meta:
        table = "execution_history"
        indexes = (
            ("algorithm_id", "id"),
            ("user_id", "id"),
            ("instance_id", "id"),
            ("created_at",),
            PartialIndex(name="execution_history_trouble", fields=("state", "id"), where="state <> 'succeeded'"),
            PartialIndex(
                name="execution_history_batch", fields=("batch_id", "finished_at", "id"), where="batch_id IS NOT NULL"
            ),
        )


class ExecutionBatch(Model):
    """Executions that were submitted in one request. It has its id of their sequence, so theirs are all higher."""

    id = fields.BigIntField(primary_key=True, generated=False)
    created_at = fields.DatetimeField(auto_now_add=True)
    user_id = fields.CharField(max_length=200, null=True)
    last_id = fields.BigIntField(null=True)
    """No execution of it has a higher one; null while the request is being read."""
    stopped: fields.Field[dict[str, object]] = fields.JSONField(null=True)
    """The error of its executions, if the batch was stopped as a whole."""
    counts: fields.Field[dict[str, object]] = fields.JSONField(null=True)
    """Executions by state, once all have ended: nothing changes then."""

    class Meta:
        table = "execution_batches"


class ExecutionEvent(Model):
    """What changed, for people who watch; ``event_id`` counts from 1 in each execution.

    The first event and the newest one can be told from the execution itself; only what lies between is stored.
    """

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
    """Output document as it came: the body of a small one, the id of a large one."""

    execution_id = fields.BigIntField(primary_key=True, generated=False)
    body = fields.BinaryField(null=True)
    document_id = fields.BigIntField(null=True)

    class Meta:
        table = "execution_outputs"


class DocumentPart(Model):
    """Some of the bytes of a large document. Documents have their ids of the sequence of the executions."""

    document_id = fields.BigIntField(primary_key=True, generated=False)
    """Together with ``part``."""
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


class ExecutionLog(Model):
    """What the run wrote, kept after it ended."""

    execution_id = fields.BigIntField(primary_key=True, generated=False)
    body = fields.BinaryField()

    class Meta:
        table = "execution_logs"


class Callback(Model):
    """Changes of an execution that go to a URL, until the last one has arrived; what they are is in the events."""

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
        table = "callbacks"
        indexes = (
            PartialIndex(name="callbacks_due", fields=("due_at",), where="state = 'active' AND due_at IS NOT NULL"),
            PartialIndex(name="callbacks_dead", fields=("execution_id",), where="state = 'dead'"),
        )


class IdempotencyKey(Model):
    """A submission that may come again."""

    key = fields.CharField(max_length=255, primary_key=True)
    execution_id = fields.BigIntField(db_index=True)
    request_hash = fields.BinaryField()
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "idempotency_keys"
