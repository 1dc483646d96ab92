"""Where executions are read by those who wait for them, on a node as on a master."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from oaasplatform.domain.executions import Event, Execution


class Reads(Protocol):
    """What is stored of executions."""

    async def get(self, id_: int) -> Execution:
        """Raises ``NotFound``."""
        ...

    async def get_all(self, ids: Collection[int]) -> Sequence[Execution]:
        """Those that there are, in any order."""
        ...

    async def events(self, execution: Execution, after: int) -> list[Event]:
        """Events with numbers above ``after``, in order, at most some hundreds at a time."""
        ...

    async def input(self, id_: int) -> bytes | int | None:
        """The input document; of a large one its number."""
        ...

    async def output(self, id_: int) -> bytes | int | None:
        """The output document, once there is one; of a large one its number."""
        ...

    async def outputs(self, ids: Collection[int]) -> Mapping[int, bytes]:
        """The output documents of those that have a small one."""
        ...
