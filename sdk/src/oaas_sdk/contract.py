"""The wire contract between a node and an algorithm repository instance, version ``oaas/1``.

This module is the only definition of the messages: instances (the author's side of this SDK) and nodes both
import it. Field names are snake_case here and camelCase on the wire. Unknown fields are ignored, so that either
side may be newer than the other.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Any

import msgspec

CONTRACT = "oaas/1"
"""Name and version of the contract, as ``GET /health`` reports it."""

DEFAULT_PORT = 55955
"""TCP port an instance listens on unless ``OAAS_PORT`` names another one."""

ENV_PORT = "OAAS_PORT"
"""Environment variable: port to listen on; ``0`` lets the operating system pick one."""

ENV_PORT_FILE = "OAAS_PORT_FILE"
"""Environment variable: file into which the server writes (atomically) the port it really listens on."""

ENV_HOST = "OAAS_HOST"
"""Environment variable: address to listen on (default ``0.0.0.0``; the process runtime sets ``127.0.0.1``)."""

ENV_CONCURRENCY = "OAAS_CONCURRENCY"
"""Environment variable: how many runs the instance executes at the same time (default 1)."""

NDJSON = "application/x-ndjson"
"""Media type of a batch of launches and of its answer: JSON documents, each on a line of its own."""

MAX_LAUNCH_BATCH = 10_000
"""Most launches that any instance takes in one request."""

LOG_SIZE_HEADER = "OaaS-Log-Size"
"""Header of ``GET /executions/{executionId}/logs``: bytes the run has written so far.

It is the ``offset`` to ask with for what comes next. An instance keeps the beginning and the end of a long log; a
line in the answer says how many bytes are missing.
"""


MAX_INLINE_LOG_BYTES = 16 * 1024
"""A run that wrote at most so many bytes has its whole log in its final message (``StatusMessage.log``)."""


class Status(IntEnum):
    """Status of a run, as both sides of the platform spell it."""

    FINISHED = 0
    """Finished with success; ``output`` is there."""
    FAILED = -1
    """Finished with error; ``error`` is there."""
    RUNNING = 1
    NOT_STARTED = 2


class ErrorType:
    """Values of ``RunError.type`` with a meaning of their own; an algorithm may use any other string."""

    TIME_LIMIT = "timeLimit"
    """The run exceeded ``maximumRunningTimeInSeconds`` and was stopped."""
    OUT_OF_MEMORY = "outOfMemory"
    """The run was killed because the memory limit was reached."""
    STOPPED = "stopped"
    """The run was stopped with ``DELETE /executions/{executionId}``."""
    INVALID_OUTPUT = "invalidOutput"
    """What the algorithm returned does not fit its output schema or is not JSON."""
    WORKER_DIED = "workerDied"
    """The worker process ended by itself (a native crash, ``os._exit``, a foreign signal)."""
    INTERNAL = "internalError"
    """The instance itself failed, not the algorithm; its own log says why."""


class _Message(msgspec.Struct, rename="camel", omit_defaults=True, kw_only=True):
    """Common settings of all messages."""


class Health(_Message, omit_defaults=False):
    """Answer of ``GET /health`` once the instance is ready (before that: 503)."""

    status: str = "ok"
    contract: str = CONTRACT
    concurrency: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    """Number of runs the instance executes at the same time; one more is refused with 429."""
    name: str = ""
    """Name of the repository."""
    version: str = ""
    launch_batch: Annotated[int, msgspec.Meta(ge=1, le=MAX_LAUNCH_BATCH)] = 1
    """Number of launches that the instance takes in one ``POST /executions``; 1 means that it has no such call."""


class AlgorithmDescriptor(_Message, omit_defaults=False):
    """What ``GET /algorithms`` says about one algorithm."""

    algorithm_id: int
    """Unique in the repository, at least 1."""
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    version: Annotated[str, msgspec.Meta(max_length=100)] = "1.0.0"
    description: str = ""
    """Markdown."""
    input_schema: dict[str, Any] = {}
    """JSON Schema, draft-07 or 2020-12; ``{}`` accepts anything."""
    output_schema: dict[str, Any] = {}
    error_schema: dict[str, Any] = {}
    examples: list[Any] = []
    """Inputs that run in reasonable time."""


class LaunchRequest(_Message):
    """Body of ``POST /executions/{algorithmId}``."""

    execution_id: Annotated[str, msgspec.Meta(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9._-]+$")]
    """Chosen by the node, opaque to the instance. Repeating a launch with the same id is safe."""
    input: msgspec.Raw
    """The input document, unparsed."""
    callback_url: str | None = None
    """Where status messages go. It carries a secret that only this execution knows."""
    maximum_running_time_in_seconds: float | None = None
    """Wall-clock limit of the run in seconds; the instance stops the run and reports ``timeLimit``."""


class BatchLaunch(LaunchRequest, kw_only=True):
    """One line of the body of ``POST /executions``: a launch, and of which algorithm.

    The body is ``application/x-ndjson`` with at most ``Health.launch_batch`` lines. A body that is longer (413), or
    has a line that is not JSON (400) or does not say its ``executionId`` (422), is refused as a whole, and nothing is
    launched. Launches are executed in the order of the lines; those for which no slot is free wait for one, as long
    as ``Prefer: wait=S`` allows.
    """

    algorithm_id: int


class Incumbent(_Message):
    """The best solution found so far."""

    objective: float
    bound: float | None = None
    gap: float | None = None
    """Relative gap ``|objective - bound| / max(|objective|, 1e-10)``, 0 when proved optimal."""


class RunError(_Message):
    """Why a run failed."""

    type: str
    """An :class:`ErrorType`, or the algorithm's own (for an exception: its class name)."""
    message: str = ""
    details: Any = None
    """JSON; for an exception ``{"traceback": "..."}``."""


class StatusMessage(_Message):
    """State of one run: answer of ``GET /executions/{executionId}`` and body of every callback.

    A message with a lower ``sequence`` than one already seen is old and must be ignored. A run that finished has
    exactly one final message (status 0 or -1), which has the highest sequence.
    """

    execution_id: str
    status: int
    sequence: int
    progress_message: str | None = None
    progress_fraction: float | None = None
    """0..1"""
    incumbent: Incumbent | None = None
    output: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    """JSON document, unparsed; only when ``status`` is 0."""
    error: RunError | None = None
    """Only when ``status`` is -1."""
    cpu_time_in_seconds: float | None = None
    """User + system time of the run's process and its reaped children, in seconds."""
    log: str | None = None
    """In a final message, the complete log of the run if it is small (``MAX_INLINE_LOG_BYTES``), so that nobody need
    ask for it; ``""`` when the run wrote nothing. Bytes that are not UTF-8 are replaced by U+FFFD.

    None (not sent) while the run goes on, and when the log is larger: ``GET /executions/{executionId}/logs`` has it.
    """

    @property
    def final(self) -> bool:
        """Whether the run ended."""
        return self.status in (Status.FINISHED, Status.FAILED)


class FieldError(_Message, omit_defaults=False):
    """One place where a document does not fit its schema."""

    pointer: str
    """JSON pointer (RFC 6901) into the document; ``""`` is the whole document.

    In a problem with the code ``invalidInput`` the document is the algorithm's input, else the body of the request.
    """
    detail: str


class Problem(_Message):
    """Error answer of an instance and of a node: ``application/problem+json`` (RFC 9457)."""

    title: str
    status: int
    type: str = "about:blank"
    detail: str = ""
    code: str = ""
    """Stable machine-readable name of the error."""
    errors: list[FieldError] = []


class LaunchResult(_Message):
    """One line of the answer to ``POST /executions``, which has one for each launch, in the order they are settled.

    A launch without a line, because the connection was lost, may have started or not: repeat it, or ask for its status.
    """

    execution_id: str
    status: int
    """What a launch by itself would have been answered with.

    200: the run ended, ``message`` is its final one, and nothing is called back. 202: it goes on and calls back. Else
    ``problem`` says why it did not start, as with 429: within the wait no slot got free.
    """
    message: StatusMessage | None = None
    problem: Problem | None = None
