"""How many executions an instance is given beyond its free slots, so that short ones need not be sent one by one."""

from __future__ import annotations

from oaasplatform.domain.executions import ReadyInstance

_BACKLOG_SECONDS = 0.05
"""Work that may wait within an instance: it can't go to another one meanwhile, nor be overtaken."""
_BATCHES = 2
"""Requests that may be on their way to an instance: while it works at one, the next one is claimed and sent."""
_FALL = 0.3
"""Weight of a new measurement that is shorter than those before; a longer one counts at once."""


class Pace:
    """What the last runs of each instance took."""

    def __init__(self) -> None:
        self._seconds: dict[int, float] = {}

    def beyond(self, instance: ReadyInstance) -> int:
        """Executions that may wait within the instance for a slot; none until its runs are known to be short."""
        seconds = self._seconds.get(instance.id)
        if instance.launch_batch <= 1 or seconds is None:
            return 0
        return min(int(_BACKLOG_SECONDS * instance.concurrency / seconds), _BATCHES * instance.launch_batch)

    def note(self, instance: ReadyInstance, runs: int, seconds: float) -> None:
        """Runs that were sent together have taken so long, all in all."""
        each = seconds * min(instance.concurrency, runs) / runs
        known = self._seconds.get(instance.id, each)
        self._seconds[instance.id] = each if each >= known else known + _FALL * (each - known)

    def keep(self, instances: set[int]) -> None:
        """Forget all but these."""
        self._seconds = {id_: seconds for id_, seconds in self._seconds.items() if id_ in instances}
