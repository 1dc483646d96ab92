"""Input and output of ``k-shortest-paths``."""

from __future__ import annotations

from pydantic import Field

from network_planning.design import Design
from network_planning.wire import Identifier, Wire


class KShortestPathsInput(Wire):
    """A design, and how many paths are wanted."""

    design: Design
    """Network with the demands whose paths are wanted. Between two nodes only the shortest link counts."""
    k: int = Field(default=3, ge=1, le=1_000, title="Paths per demand (k)", examples=[3])
    """At most so many paths for each demand; fewer where there are no more."""


class FoundPath(Wire):
    """A path without loops."""

    nodes: list[Identifier]
    """From source to target."""
    km: float = Field(title="Length (km)")
    """Sum of the lengths of its links."""
    latency_ms: float = Field(title="Latency (ms)")
    """One-way propagation latency at 200 km per millisecond."""


class DemandPaths(Wire):
    """The paths of one demand."""

    source: Identifier
    target: Identifier
    offered: float
    """The demand, in traffic units."""
    paths: list[FoundPath]
    """In order of length; empty when there is no way from source to target."""


class KShortestPathsOutput(Wire):
    """Paths of all demands."""

    complete: bool
    """Whether all demands were done; false after an interrupt."""
    path_count: int
    """Paths of all demands together."""
    demands: list[DemandPaths]
    """Demands that were done, in the order of the design."""
