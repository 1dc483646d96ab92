"""Where executions go: recorded situations, and the same rules applied by the fleet without looking at every node."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oaasplatform.master.domain.fleet import Fleet, Load
from oaasplatform.master.domain.nodes import NodeStatus
from oaasplatform.master.domain.placement import AlgorithmKey, Choice, Node, Slots, Wish, choose

SITUATIONS = sorted((Path(__file__).parent / "placement").glob("*.json"))
ALGORITHM = AlgorithmKey("planning", "edge-placement", "1.0.0")


def _node(id_: int, recorded: dict[str, Any]) -> Node:
    slots = {name: Slots(**each) for name, each in recorded.get("slots", {}).items()}
    return Node(
        id=id_,
        name=recorded["name"],
        status=NodeStatus(recorded.get("status", "ready")),
        labels=recorded.get("labels", {}),
        algorithms=frozenset(AlgorithmKey(*each) for each in recorded.get("algorithms", [list(ALGORITHM)])),
        slots=slots,
    )


@pytest.mark.parametrize("path", SITUATIONS, ids=lambda path: path.stem)
def test_recorded_situation(path: Path) -> None:
    situation = json.loads(path.read_text())
    nodes = [_node(at, each) for at, each in enumerate(situation["nodes"], start=1)]
    wish = Wish(
        AlgorithmKey(*situation["wish"].get("algorithm", ALGORITHM)),
        affinity=frozenset(situation["wish"].get("affinity", {}).items()),
        may_start=situation["wish"].get("mayStart", False),
    )
    chosen = choose(wish, nodes)
    expected = situation["expected"]
    if isinstance(chosen, Choice):
        assert {"node": chosen.node.name, "reason": chosen.reason} == expected
    else:
        assert {"waits": chosen} == expected


def _fleet(*free: int) -> Fleet:
    fleet = Fleet()
    for id_, each in enumerate(free, start=1):
        fleet.describe(id_, f"node-{id_}", status=NodeStatus.READY, labels={}, algorithms=frozenset({ALGORITHM}))
        fleet.heard(id_, {"planning": Load(total=each, free=each)})
    return fleet


def test_what_was_placed_counts_until_the_node_is_heard_of() -> None:
    fleet = _fleet(4, 4, 4)
    placed = Counter(choice.node.id for _ in range(12) if (choice := fleet.place(Wish(ALGORITHM))))
    assert placed == {1: 4, 2: 4, 3: 4}


def test_what_is_on_its_way_counts_beyond_a_heartbeat_and_what_has_arrived_does_not() -> None:
    fleet = _fleet(2)
    assert fleet.place(Wish(ALGORITHM))
    assert fleet.place(Wish(ALGORITHM))
    fleet.accepted(1, "planning")
    fleet.heard(1, {"planning": Load(total=2, free=1)})  # what has arrived is counted by the node now
    assert fleet.place(Wish(ALGORITHM)) is None


def test_some_short_runs_may_wait_at_the_node() -> None:
    fleet = _fleet(8)
    while fleet.place(Wish(ALGORITHM)):
        fleet.accepted(1, "planning")
    fleet.ended(1, "planning", 0.02)
    assert [fleet.place(Wish(ALGORITHM)) is not None for _ in range(4)] == [True, True, True, False]
    fleet.ended(1, "planning", 20.0)
    assert fleet.place(Wish(ALGORITHM)) is None


def test_an_end_frees_a_slot_before_the_next_heartbeat() -> None:
    fleet = _fleet(1)
    while fleet.place(Wish(ALGORITHM)):
        fleet.accepted(1, "planning")
    fleet.ended(1, "planning")
    assert fleet.place(Wish(ALGORITHM))
    assert fleet.place(Wish(ALGORITHM)) is None


def test_a_node_that_refused_rests_until_it_is_heard_of() -> None:
    fleet = _fleet(3)
    assert fleet.place(Wish(ALGORITHM))
    fleet.refused(1, "planning")
    assert fleet.place(Wish(ALGORITHM)) is None
    fleet.heard(1, {"planning": Load(total=3, free=3)})
    assert fleet.place(Wish(ALGORITHM))


def test_one_instance_is_started_until_the_node_is_heard_of() -> None:
    fleet = _fleet(0)
    fleet.heard(1, {"planning": Load(total=0, free=0, can_start=True)})
    wish = Wish(ALGORITHM, may_start=True)
    assert fleet.place(wish)
    assert fleet.place(wish) is None


def test_a_node_that_leaves_gets_nothing_more() -> None:
    fleet = _fleet(3)
    assert fleet.place(Wish(ALGORITHM))
    fleet.describe(1, "node-1", status=NodeStatus.DRAINING, labels={}, algorithms=frozenset({ALGORITHM}))
    assert fleet.place(Wish(ALGORITHM)) is None
    assert fleet.explain(Wish(ALGORITHM)) == "It waits for a node: 1 draining."
    fleet.forget(1)
    fleet.ended(1, "planning")
    assert fleet.explain(Wish(ALGORITHM)) == "No node has the algorithm."


_WISHES = [
    Wish(AlgorithmKey(repository, name, "1"), affinity=affinity, may_start=may_start)
    for repository in ("a", "b")
    for name in ("x", "y")
    for affinity in (frozenset[tuple[str, str]](), frozenset({("country", "de")}))
    for may_start in (False, True)
]
_KEYS = sorted({wish.algorithm for wish in _WISHES})
_counts = st.integers(0, 6)
_ids = st.integers(1, 4)
_loads = st.dictionaries(st.sampled_from(["a", "b"]), st.builds(Load, _counts, _counts, _counts, st.booleans()))
_steps = st.one_of(
    st.tuples(
        st.just("describe"),
        _ids,
        st.sampled_from(NodeStatus),
        st.sampled_from([{}, {"country": "de"}, {"country": "fr"}]),
        st.frozensets(st.sampled_from(_KEYS)),
    ),
    st.tuples(st.just("heard"), _ids, _loads),
    st.tuples(st.just("place"), st.sampled_from(_WISHES)),
    st.tuples(st.sampled_from(["accepted", "ended", "refused"]), _ids, st.sampled_from(["a", "b"])),
    st.tuples(st.just("ended"), _ids, st.sampled_from(["a", "b"]), st.sampled_from([0.01, 5.0])),
    st.tuples(st.just("forget"), _ids),
)


@given(st.lists(_steps, max_size=60))
def test_the_fleet_chooses_what_a_look_at_all_nodes_would(steps: list[tuple[Any, ...]]) -> None:
    fleet = Fleet()
    for step, *arguments in steps:
        match step:
            case "describe":
                id_, status, labels, algorithms = arguments
                fleet.describe(id_, f"n{id_}", status=status, labels=labels, algorithms=algorithms)
            case "heard":
                if arguments[0] in fleet:
                    fleet.heard(*arguments)
            case "place":
                expected = choose(arguments[0], fleet)
                placed = fleet.place(arguments[0])
                assert placed == (expected if isinstance(expected, Choice) else None)
            case _:
                getattr(fleet, step)(*arguments)
