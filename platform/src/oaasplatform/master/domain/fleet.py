"""The nodes as the master keeps them in memory, ranked for each kind of execution that somebody wants.

What all nodes are good for is judged once, when they or the wish come; after that, whatever changes a node moves it in
the rankings it is in. A placement and a message cost O(log n) for n nodes.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from oaasplatform.master.domain.nodes import NodeStatus
from oaasplatform.master.domain.placement import (
    AlgorithmKey,
    Choice,
    Kind,
    Node,
    Preference,
    Slots,
    Wish,
    choose,
    obstacle,
    preference,
)

_RANKINGS = 1024
"""Kinds of executions that are remembered; others are ranked anew."""
_FALL = 0.3
"""Weight of a run that was shorter than those before; a longer one counts at once."""
_STALE = 4
"""A ranking is made again when it has so many entries for each node."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a heartbeat says of the instances of one repository."""

    total: int
    free: int
    queue: int = 0
    can_start: bool = False


class _Ranking:
    """The nodes that suit a wish, the best one first."""

    def __init__(self, wish: Wish, nodes: Iterable[Node]) -> None:
        self.wish = wish
        self._nodes = {node.id: node for node in nodes}
        # For each node that can take something there is an entry with its preference of now; others are stale.
        self._entries: list[tuple[Preference, int]] = []
        self._make()

    def _make(self) -> None:
        rated = ((self._rate(node), id_) for id_, node in self._nodes.items())
        self._entries = [(each, id_) for each, id_ in rated if each is not None]
        heapq.heapify(self._entries)

    def _rate(self, node: Node) -> Preference | None:
        slots = node.slots.get(self.wish.algorithm.repository)
        return None if slots is None else preference(slots, may_start=self.wish.may_start)

    def settle(self, node: Node, *, suits: bool) -> None:
        """The node has changed in what it is good for."""
        if suits:
            self._nodes[node.id] = node
            self.move(node)
        else:
            self._nodes.pop(node.id, None)

    def move(self, node: Node) -> None:
        """The node has more to do, or less."""
        if node.id not in self._nodes or (rated := self._rate(node)) is None:
            return
        if len(self._entries) > _STALE * len(self._nodes):
            self._make()
        else:
            heapq.heappush(self._entries, (rated, node.id))

    def best(self) -> tuple[Node, Preference] | None:
        """The best node now."""
        while self._entries:
            rated, id_ = self._entries[0]
            node = self._nodes.get(id_)
            if node is not None and self._rate(node) == rated:
                return node, rated
            heapq.heappop(self._entries)
        return None


class Fleet:
    """All nodes of a master, and what has been given to them since they were last heard of."""

    def __init__(self) -> None:
        self._nodes: dict[int, Node] = {}
        self._rankings: OrderedDict[Wish, _Ranking] = OrderedDict()
        self._of_repository: defaultdict[str, dict[Wish, _Ranking]] = defaultdict(dict)

    def __contains__(self, id_: int) -> bool:
        return id_ in self._nodes

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes.values())

    def describe(
        self,
        id_: int,
        name: str,
        *,
        status: NodeStatus,
        labels: Mapping[str, str],
        algorithms: frozenset[AlgorithmKey],
    ) -> None:
        """What a node is and has; what it does is kept."""
        node = self._nodes.get(id_)
        if node is None:
            node = self._nodes[id_] = Node(id_, name)
        elif (node.status, node.labels, node.algorithms) == (status, labels, algorithms):
            return
        node.name, node.status, node.labels, node.algorithms = name, status, labels, algorithms
        if status is NodeStatus.UNREACHABLE:
            node.slots.clear()  # nobody knows what it does now; it will say so when it is back
        for wish, ranking in self._rankings.items():
            ranking.settle(node, suits=obstacle(node, wish) is None)

    def forget(self, id_: int) -> None:
        """The node is none of ours any more."""
        node = self._nodes.pop(id_, None)
        if node is not None:
            for ranking in self._rankings.values():
                ranking.settle(node, suits=False)

    def heard(self, id_: int, loads: Mapping[str, Load]) -> list[str]:
        """A heartbeat: by repository what a node does. Those are returned that something could be placed in."""
        node = self._nodes[id_]
        gone = {repository: Load(0, 0) for repository in node.slots.keys() - loads.keys()}
        for repository, load in {**loads, **gone}.items():
            slots = node.slots.get(repository)
            if slots is None:
                slots = node.slots[repository] = Slots()
            before = (slots.total, slots.spare, slots.can_start, slots.resting)
            slots.total, slots.free, slots.queue, slots.can_start = load.total, load.free, load.queue, load.can_start
            slots.accepted = slots.ended = 0
            slots.resting = False
            if before != (slots.total, slots.spare, slots.can_start, False):
                self._move(node, repository)
        return [name for name, slots in node.slots.items() if preference(slots, may_start=True) is not None]

    def place(self, wish: Wish) -> Choice | None:
        """The best node for an execution, which is counted as given to it; None while no node can take it."""
        found = self._ranking(wish).best()
        if found is None:
            return None
        node, (kind, _) = found
        slots = node.slots[wish.algorithm.repository]
        slots.sent += 1
        if kind is Kind.START:
            slots.can_start = False  # one at a time: the next heartbeat tells whether there is room for more
        self._move(node, wish.algorithm.repository)
        return Choice(node, kind)

    def accepted(self, id_: int, repository: str) -> None:
        """A node has taken an execution that was placed on it."""
        if (slots := self._slots(id_, repository)) is not None and slots.sent:
            slots.sent -= 1
            slots.accepted += 1

    def ended(self, id_: int, repository: str, seconds: float | None = None) -> None:
        """An execution that a node had taken is over; ``seconds``: that it ran."""
        if (slots := self._slots(id_, repository)) is not None:
            slots.ended += 1
            if seconds is not None:
                known = slots.seconds if slots.seconds is not None else seconds
                slots.seconds = seconds if seconds >= known else known + _FALL * (seconds - known)
            self._move(self._nodes[id_], repository)

    def withdrawn(self, id_: int, repository: str) -> None:
        """An execution that was placed does not go there after all."""
        if (slots := self._slots(id_, repository)) is not None and slots.sent:
            slots.sent -= 1
            self._move(self._nodes[id_], repository)

    def refused(self, id_: int, repository: str) -> None:
        """A node has not taken an execution that was placed on it: it gets no other one until it is heard of."""
        if (slots := self._slots(id_, repository)) is not None and slots.sent:
            slots.sent -= 1
            slots.resting = True
            self._move(self._nodes[id_], repository)

    def explain(self, wish: Wish) -> str:
        """Why an execution goes where it goes now, or what it waits for."""
        chosen = choose(wish, self._nodes.values())
        return chosen if isinstance(chosen, str) else f"{chosen.node.name} has {chosen.reason}."

    def _slots(self, id_: int, repository: str) -> Slots | None:
        node = self._nodes.get(id_)
        return None if node is None else node.slots.get(repository)

    def _move(self, node: Node, repository: str) -> None:
        for ranking in self._of_repository.get(repository, {}).values():
            ranking.move(node)

    def _ranking(self, wish: Wish) -> _Ranking:
        ranking = self._rankings.get(wish)
        if ranking is not None:
            self._rankings.move_to_end(wish)
            return ranking
        ranking = self._rankings[wish] = _Ranking(wish, self._suitable(wish))
        self._of_repository[wish.algorithm.repository][wish] = ranking
        if len(self._rankings) > _RANKINGS:
            oldest, _ = self._rankings.popitem(last=False)
            del self._of_repository[oldest.algorithm.repository][oldest]
        return ranking

    def _suitable(self, wish: Wish) -> Iterator[Node]:
        return (node for node in self._nodes.values() if obstacle(node, wish) is None)
