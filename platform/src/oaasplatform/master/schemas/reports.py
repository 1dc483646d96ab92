"""What a node shows of an execution, as far as the master needs it. Older and newer nodes may show less and more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from oaasplatform.domain.executions import ExecutionState
from oaasplatform.master.domain.executions import Report

_FACTS = {
    "algorithm_repository_instance_id": "algorithmRepositoryInstanceId",
    "image_digest": "imageDigest",
    "quota_information": "quotaInformation",
    "progress_message": "progressMessage",
    "progress_fraction": "progressFraction",
    "incumbent": "incumbent",
    "cpu_time_in_seconds": "cpuTimeInSeconds",
}
"""What is kept of how a run goes."""


class RunView(msgspec.Struct, rename="camel", kw_only=True):
    """An execution on a node: see ``oaasplatform.schemas.executions.ExecutionView``."""

    id: int
    sequence: int
    state: ExecutionState
    algorithm_repository_instance_id: int | None = None
    image_digest: str | None = None
    quota_information: dict[str, Any] | None = None
    progress_message: str | None = None
    progress_fraction: float | None = None
    incumbent: dict[str, Any] | None = None
    cpu_time_in_seconds: float | None = None
    error: dict[str, Any] | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    output_bytes: int | None = None
    output: msgspec.Raw | UnsetType = UNSET

    def report(self) -> Report:
        """The same in the words of the master."""
        facts = {name: getattr(self, field) for field, name in _FACTS.items()}
        return Report(
            remote_id=self.id,
            sequence=self.sequence,
            state=self.state,
            facts={name: fact for name, fact in facts.items() if fact is not None},
            started_at=self.started_at,
            seconds=self._seconds(),
            error=self.error,
            output=None if isinstance(self.output, UnsetType) else bytes(self.output),
            output_bytes=self.output_bytes,
        )

    def _seconds(self) -> float | None:
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()
