"""Why a unit is lost, in words for people."""

from __future__ import annotations

from oaasplatform.runtimes.base import Runtime, Unit

_TAIL_LINES = 20
_TAIL_BYTES = 4000


async def explained(runtime: Runtime, unit: Unit | None, what: str) -> str:
    """What happened, with all that the engine knows about it: which service, how it ended, its last words."""
    if unit is None:
        return what if what.endswith(".") else f"{what}."
    if unit.ended_service is not None:
        what += f": {unit.reason or f'its service {unit.ended_service} ended'}"
    if unit.out_of_memory:
        what += ": its memory limit was reached"
    elif unit.exit_code is not None:
        what += f" with exit code {unit.exit_code}"
    tail = bytearray()
    async for chunk in runtime.logs(unit.id, tail=_TAIL_LINES, service=unit.ended_service):
        tail += chunk
    lines = tail[-_TAIL_BYTES:].decode(errors="replace").replace("\0", "").strip()
    return f"{what}. Last log lines:\n{lines}" if lines else f"{what}. It wrote no log."
