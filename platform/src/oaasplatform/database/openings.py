"""Where what is submitted may start at once, with the commit that stores it, instead of waiting to be claimed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from oaasplatform.domain.executions import Claim, Opening, ReadyInstance


class Starter(Protocol):
    """Launches executions; only the process that leads has one."""

    def opening(self, repository_id: int) -> Opening | None:
        """Instances of a repository with nothing in the queue before them."""
        ...

    def launch(self, instance: ReadyInstance, claims: Sequence[Claim]) -> None:
        """Executions have started there."""
        ...


class Openings:
    """Brings those who submit together with the one who launches, if there is one in this process."""

    def __init__(self) -> None:
        self._starter: Starter | None = None
        self.counting = asyncio.Lock()
        """Who gives away slots of instances holds it, from counting them to the commit."""

    @contextmanager
    def served_by(self, starter: Starter) -> Iterator[None]:
        """As long as it lasts, ``starter`` launches what starts at once."""
        self._starter = starter
        try:
            yield
        finally:
            self._starter = None

    def of(self, repository_id: int) -> Opening | None:
        """Instances where executions of a repository may start at once; none while somebody gives slots away."""
        if self._starter is None or self.counting.locked():
            return None
        return self._starter.opening(repository_id)

    def launch(self, instance: ReadyInstance, claims: Sequence[Claim]) -> None:
        """Executions have started. If nobody launches any more, they are asked about as those of a lost launch are."""
        if self._starter is not None:
            self._starter.launch(instance, claims)
