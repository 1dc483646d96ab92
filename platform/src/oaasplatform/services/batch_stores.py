"""What batches need of the rest, on a node as on a master."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from oaasplatform.database.notifications import Listener
from oaasplatform.domain.batches import Batch, BatchFilter, Place
from oaasplatform.domain.executions import BaseSubmission, Execution
from oaasplatform.domain.paging import Paging


class Request(Protocol):
    """A line of a batch."""

    user_id: str | None


Create_contra = TypeVar("Create_contra", bound=Request, contravariant=True)
Checked_co = TypeVar("Checked_co", bound=BaseSubmission, covariant=True)
Checked_contra = TypeVar("Checked_contra", bound=BaseSubmission, contravariant=True)
AnyChecked = TypeVar("AnyChecked", bound=BaseSubmission)


class Checks(Protocol[Create_contra, Checked_co]):
    """Looks at requests before they are stored."""

    async def check(self, request: Create_contra, idempotency_key: str | None) -> Checked_co:
        """Raises ``OaasError``: it is not accepted."""
        ...


class BatchQueries(Protocol):
    """Reads and writes of batches: see ``database.queries.batches``."""

    async def begin(self, user_id: str | None) -> int: ...

    async def complete(self, id_: int) -> dict[str, Any] | None: ...

    async def stop(self, id_: int, error: dict[str, Any]) -> None: ...

    async def get(self, id_: int) -> Batch: ...

    async def page(self, wanted: BatchFilter, paging: Paging) -> tuple[list[Batch], int | None]: ...

    async def ended_all(self, id_: int) -> bool: ...

    async def horizon(self) -> datetime: ...

    async def ended(
        self, id_: int, after: Place | None, *, before: datetime | None, limit: int
    ) -> Sequence[Execution]: ...

    async def unfinished(self, id_: int, after: int, limit: int) -> list[int]: ...

    async def abandoned(self, age: timedelta) -> list[int]: ...

    async def settle(self) -> None: ...


class ExecutionQueries(Protocol[Checked_contra]):
    """What is stored of executions."""

    async def submit_all(self, submissions: Sequence[Checked_contra]) -> Sequence[Execution]: ...

    async def outputs(self, ids: Collection[int]) -> Mapping[int, bytes]: ...


class Transitions(Protocol):
    """What happens to executions."""

    async def cancel_all(self, ids: Sequence[int], error: dict[str, Any]) -> None: ...


class Store(Protocol[Checked_contra]):
    """A database."""

    @property
    def batches(self) -> BatchQueries: ...

    @property
    def executions(self) -> ExecutionQueries[Checked_contra]: ...

    @property
    def transitions(self) -> Transitions: ...

    @property
    def listener(self) -> Listener: ...
