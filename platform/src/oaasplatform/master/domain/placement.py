"""Which node an execution goes to. All rules are here; ``fleet`` applies them without looking at every node.

A node has to be ready, to have the algorithm, and to satisfy the labels that the execution asks for. Of those, one with
a free slot comes first, the most free slots before all; then, if the caller allows it, one that can start an instance;
then, if runs are short, one where little waits for the slots that there are. What finds none of these waits at the
master: what waits here can still go anywhere, and is not lost with a node.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import NamedTuple

from oaasplatform.master.domain.nodes import NodeStatus

_SHORT_SECONDS = 1.0
"""Of short runs a node is given some beyond its free slots, so that none idles while messages pass."""
_RESERVE = 4
"""A quarter of the slots, one at least. What waits there can't go anywhere else: for longer runs that is the worse."""


class AlgorithmKey(NamedTuple):
    """What makes two algorithms of different nodes the same one."""

    repository: str
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What an execution needs of its node."""

    algorithm: AlgorithmKey
    affinity: frozenset[tuple[str, str]] = frozenset()
    """Labels that the node must have, with these values."""
    may_start: bool = False
    """Whether an instance may be started for it."""


@dataclass(slots=True)
class Slots:
    """The instances of one repository on one node: as its last heartbeat had them, and what has happened since."""

    total: int = 0
    free: int = 0
    queue: int = 0
    """Executions that wait at the node."""
    can_start: bool = False
    """Whether there is room for one more instance."""

    sent: int = 0
    """Executions on their way to the node."""
    accepted: int = 0
    """Executions that it has taken since."""
    ended: int = 0
    """Executions that it had, and that are over since."""
    seconds: float | None = None
    """What its last runs took."""
    resting: bool = False
    """It has refused one: nothing goes there before the next heartbeat."""

    @property
    def reserve(self) -> int:
        """How many may wait there."""
        short = self.seconds is not None and self.seconds <= _SHORT_SECONDS
        return max(1, self.total // _RESERVE) if short else 0

    @property
    def spare(self) -> int:
        """Free slots that nobody waits for; below zero, so many wait."""
        return min(self.free + self.ended - self.queue - self.accepted, self.total) - self.sent


@dataclass(slots=True)
class Node:
    """A node as placement sees it."""

    id: int
    name: str
    status: NodeStatus = NodeStatus.READY
    labels: Mapping[str, str] = field(default_factory=dict)
    algorithms: frozenset[AlgorithmKey] = frozenset()
    slots: dict[str, Slots] = field(default_factory=dict)
    """By name of the repository."""


class Kind(IntEnum):
    """How an execution would begin on a node, the better ones first."""

    SLOT = 0
    """At once, in a free slot."""
    START = 1
    """After an instance was started for it."""
    QUEUE = 2
    """After one that runs there."""


class Preference(NamedTuple):
    """How good a node is; the lowest one is best."""

    kind: Kind
    burden: float


class Choice(NamedTuple):
    """Where an execution goes, and why there."""

    node: Node
    kind: Kind

    @property
    def reason(self) -> str:
        """For people."""
        return _REASONS[self.kind]


class Obstacle(StrEnum):
    """Why a node can't take an execution, in words that follow the number of such nodes."""

    NO_ALGORITHM = "without the algorithm"
    LABELS = "without the labels"
    AWAY = "unreachable"
    DRAINING = "draining"
    NO_INSTANCE = "without a running instance"
    FULL = "busy"


_REASONS = {
    Kind.SLOT: "the most free slots",
    Kind.START: "room for another instance",
    Kind.QUEUE: "the shortest queue for its slots",
}


def obstacle(node: Node, wish: Wish) -> Obstacle | None:
    """What keeps the node from taking such executions, however little it has to do."""
    if wish.algorithm not in node.algorithms:
        return Obstacle.NO_ALGORITHM
    if any(node.labels.get(label) != value for label, value in wish.affinity):
        return Obstacle.LABELS
    if node.status is NodeStatus.UNREACHABLE:
        return Obstacle.AWAY
    return Obstacle.DRAINING if node.status is NodeStatus.DRAINING else None


def preference(slots: Slots, *, may_start: bool) -> Preference | None:
    """How good the instances of a node are for an execution now; None: it had better wait."""
    if slots.resting:
        return None
    spare = slots.spare
    if spare > 0 and slots.total:
        return Preference(Kind.SLOT, -spare)
    if may_start and slots.can_start:
        return Preference(Kind.START, slots.total)
    if spare > -slots.reserve and slots.total:
        return Preference(Kind.QUEUE, -spare / slots.total)
    return None


def choose(wish: Wish, nodes: Iterable[Node]) -> Choice | str:
    """The best node, or why there is none. Looks at all of them: ``Fleet.place`` finds the same one faster."""
    best: tuple[Preference, int, Node] | None = None
    obstacles: Counter[Obstacle] = Counter()
    for node in nodes:
        slots = node.slots.get(wish.algorithm.repository) or Slots()
        hindered = obstacle(node, wish)
        rated = None if hindered else preference(slots, may_start=wish.may_start)
        if rated is None:
            obstacles[hindered or (Obstacle.FULL if slots.total else Obstacle.NO_INSTANCE)] += 1
        elif best is None or (rated, node.id) < best[:2]:
            best = (rated, node.id, node)
    return _waits(obstacles) if best is None else Choice(best[2], best[0].kind)


def _waits(obstacles: Counter[Obstacle]) -> str:
    """What an execution waits for."""
    having = {each: count for each, count in obstacles.items() if each is not Obstacle.NO_ALGORITHM}
    if not having:
        return "No node has the algorithm."
    return "It waits for a node: " + ", ".join(f"{count} {each}" for each, count in sorted(having.items())) + "."
