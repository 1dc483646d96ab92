"""What tells two executions apart."""

from __future__ import annotations

from typing import Any

import msgspec

from oaasplatform.database.database import Database
from oaasplatform.domain.differences import MISSING, differences
from oaasplatform.domain.executions import Execution
from oaasplatform.schemas.comparisons import ComparisonView, DocumentComparison, difference_views
from oaasplatform.schemas.executions import execution_view

_RECORD = (
    "algorithmId",
    "algorithmName",
    "algorithmVersion",
    "algorithmRepositoryId",
    "algorithmRepositoryInstanceId",
    "imageDigest",
    "quotaInformation",
    "inputHash",
    "maxRunningTimeInSeconds",
    "maxAttempts",
    "attempt",
    "priority",
    "userId",
    "batchId",
)
_RESULT = ("state", "cause", "error", "incumbent", "cpuTimeInSeconds", "outputBytes")

Stored = bytes | int | None
"""A document; of a large one its number."""


class ComparisonService:
    """Compares executions."""

    def __init__(self, database: Database) -> None:
        self._executions = database.executions

    async def compare(self, id_: int, other_id: int) -> ComparisonView:
        """What is different in record, input, result and output. Raises ``NotFound``."""
        one, two = await self._executions.get(id_), await self._executions.get(other_id)
        view, other = _document(one), _document(two)
        record, _ = difference_views(differences(_part(view, _RECORD), _part(other, _RECORD)))
        result, _ = difference_views(differences(_result(one, view), _result(two, other)))
        read = self._executions
        same_input = None if one.input_hash is None else one.input_hash == two.input_hash
        same_output = None if one.output_bytes == two.output_bytes else False
        return ComparisonView(
            id=id_,
            other_id=other_id,
            record=record,
            input=_compared(await read.input(id_), await read.input(other_id), same_input),
            result=result,
            output=_compared(await read.output(id_), await read.output(other_id), same_output),
        )


def _document(execution: Execution) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.to_builtins(execution_view(execution))
    return document


def _part(view: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: view[name] for name in names}


def _result(execution: Execution, view: dict[str, Any]) -> dict[str, Any]:
    waited = ran = None
    if execution.started_at is not None:
        waited = (execution.started_at - execution.created_at).total_seconds()
        if execution.finished_at is not None:
            ran = (execution.finished_at - execution.started_at).total_seconds()
    return {**_part(view, _RESULT), "waitedInSeconds": waited, "ranInSeconds": ran}


def _compared(one: Stored, two: Stored, same: bool | None) -> DocumentComparison:
    """``same``: what is known without a look."""
    if same or one == two:
        return DocumentComparison(same=True, differences=[], complete=True)
    if isinstance(one, int) or isinstance(two, int):
        return DocumentComparison(same=same, differences=[], complete=False)
    found, complete = difference_views(differences(_parsed(one), _parsed(two)))
    return DocumentComparison(same=not found, differences=found, complete=complete)


def _parsed(document: bytes | None) -> Any:
    return MISSING if document is None else msgspec.json.decode(document)
