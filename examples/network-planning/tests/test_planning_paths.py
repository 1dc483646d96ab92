"""k shortest paths against trying everything."""

from __future__ import annotations

from typing import Any

import pytest
from planning_reference import networks, random_design, simple_paths

from network_planning.shortest_paths.schema import KShortestPathsInput, KShortestPathsOutput
from network_planning.shortest_paths.solve import find_paths

NETWORKS = networks()


def solve(**document: Any) -> KShortestPathsOutput:
    return find_paths(KShortestPathsInput.model_validate(document))


def check_paths(design: dict[str, Any], k: int, output: KShortestPathsOutput) -> None:
    """The paths are the k shortest of all; which of several of the same length does not matter."""
    assert output.complete
    assert len(output.demands) == len(design["demands"])
    known: dict[tuple[Any, Any], dict[tuple[Any, ...], float]] = {}
    for demand, found in zip(design["demands"], output.demands, strict=True):
        ends = demand["source"], demand["target"]
        assert (found.source, found.target, found.offered) == (*ends, demand["offered"])
        if ends not in known:
            known[ends] = {tuple(path): km for km, path in simple_paths(design, *ends)}
        every = known[ends]
        nodes = [tuple(path.nodes) for path in found.paths]
        assert len(set(nodes)) == len(nodes)
        assert [path.km for path in found.paths] == pytest.approx([every[path] for path in nodes])
        assert [path.km for path in found.paths] == pytest.approx(sorted(every.values())[:k])
        assert [path.latency_ms * 200 for path in found.paths] == pytest.approx([path.km for path in found.paths])
    assert output.path_count == sum(len(found.paths) for found in output.demands)


@pytest.mark.parametrize("k", [1, 4, 1000])
@pytest.mark.parametrize("seed", range(5))
def test_paths_are_the_shortest_of_all(seed: int, k: int) -> None:
    design = random_design(seed, nodes=6, links=18, demands=10)
    check_paths(design, k, solve(design=design, k=k))


@pytest.mark.parametrize("name", NETWORKS)
def test_paths_of_real_networks_are_the_shortest_of_all(name: str) -> None:
    design = NETWORKS[name]
    check_paths(design, 5, solve(design=design, k=5))


def test_of_parallel_links_the_shortest_counts() -> None:
    links = [{"source": "a", "target": "b", "length_km": km} for km in (9, 4, 6)]
    demands = [{"source": "a", "target": "b", "offered": 1}, {"source": "b", "target": "a", "offered": 1}]
    output = solve(design={"nodes": [{"id": "a"}, {"id": "b"}], "links": links, "demands": demands}, k=3)
    assert [[path.km for path in demand.paths] for demand in output.demands] == [[4], []]
    assert output.complete


def test_a_design_without_demands_has_no_paths() -> None:
    output = solve(design={"nodes": [{"id": "a"}]})
    assert (output.complete, output.path_count, output.demands) == (True, 0, [])
