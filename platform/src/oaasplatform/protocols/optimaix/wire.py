"""What backends and workers say, as they say it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

DIALECT = "OPTIMAIX"
SUCCESS, FAILURE, REVOKED = "SUCCESS", "FAILURE", "REVOKED"
ENDED = (SUCCESS, FAILURE, REVOKED)
"""States of a Celery task that do not change any more; workers may use any others."""

Number = Annotated[int, msgspec.Meta(ge=0)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Algorithm(msgspec.Struct, frozen=True):
    """An entry of ``GET /algorithms``."""

    id: int | Name
    name: Name
    input_schema: dict[str, Any]
    """JSON Schema, made from an example; ``{}`` fits everything."""
    output_schema: dict[str, Any]
    version: Annotated[str, msgspec.Meta(max_length=100)] = ""
    description: str | None = None


class Verdict(msgspec.Struct, frozen=True):
    """How an execution ended."""

    success: bool | None = None
    type: str | None = None
    detail: Any = None


class Started(msgspec.Struct, frozen=True):
    """What matters in the answer to a launch."""

    id: Number
    """Counted from 0 in each life of an instance."""
    task_id: Name
    """By which Celery knows it."""


class Record(Started, frozen=True):
    """What the backend knows of an execution."""

    output: msgspec.Raw = msgspec.Raw(b"null")
    error: msgspec.Raw = msgspec.Raw(b"null")
    """A ``Verdict`` once it has finished."""
    finished: str | None = None
    """Empty while it runs, and sometimes for ever."""


class TaskMeta(msgspec.Struct, frozen=True):
    """What the worker writes to Redis about a task, under ``celery-task-meta-<task_id>``."""

    status: str
    result: msgspec.Raw = msgspec.Raw(b"null")
    traceback: str | None = None


class Raised(msgspec.Struct, frozen=True):
    """``TaskMeta.result`` of a task that failed."""

    exc_type: str
    exc_message: Any = None


class Handle(msgspec.Struct, frozen=True):
    """``Run.handle``, as JSON."""

    execution: Number
    task: Name

    def encoded(self) -> str:
        """The text of it."""
        return msgspec.json.encode(self).decode()
