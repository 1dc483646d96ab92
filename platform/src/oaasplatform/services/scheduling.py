"""Who is next. An execution gets its place in the queue, a number, when it is submitted; the lowest is claimed first.

The number is a time: that of the submission, later for those who have much in the queue already, earlier for higher
priorities. So later submissions get higher numbers, and nothing waits for ever, whatever its priority; and users take
turns, however much one of them submits at once. This is start-time fair queueing (Goyal, Vin, Cheng, 1996) with
priorities as head starts.
"""

from __future__ import annotations

import time
from collections import OrderedDict

HEAD_START = 60.0
"""Seconds of waiting that one step of priority is worth."""
_TURN = 1.0
"""Seconds by which each execution of a user stands behind the one before."""
_USERS = 10_000
"""Users that are remembered."""


class Scheduler:
    """Gives places.

    Each process that serves the API has its own, and does not know the others': a user whose submissions are spread
    over n of them gets n places within each turn instead of one.
    """

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[int, str | None], float] = OrderedDict()

    def rank(self, repository_id: int, user_id: str | None, priority: int) -> float:
        """The place of an execution that is submitted now."""
        key = (repository_id, user_id)
        place = self._place(key)
        self._last[key] = place
        self._last.move_to_end(key)
        if len(self._last) > _USERS:
            self._last.popitem(last=False)
        return place - HEAD_START * priority

    def preview(self, repository_id: int, user_id: str | None, priority: int) -> float:
        """The place that it would get."""
        return self._place((repository_id, user_id)) - HEAD_START * priority

    def _place(self, key: tuple[int, str | None]) -> float:
        return max(time.time(), self._last.get(key, 0.0) + _TURN)
