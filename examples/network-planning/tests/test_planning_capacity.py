"""Capacity planning against another solver with another formulation, and its plans link by link."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from planning_reference import network_loading, networks, random_design
from pydantic import ValidationError

from network_planning.capacity_planning.schema import CapacityPlanningInput, CapacityPlanningOutput
from network_planning.capacity_planning.solve import plan
from oaas_sdk import AlgorithmError

NETWORKS = networks()
ONE_KIND = [{"capacity": 20, "costPerKm": 1}]
TWO_KINDS = [{"name": "small", "capacity": 10, "cost": 50, "costPerKm": 1}, {"capacity": 35, "costPerKm": 2.4}]


def solve(**document: Any) -> CapacityPlanningOutput:
    return plan(CapacityPlanningInput.model_validate(document))


def check_plan(design: dict[str, Any], modules: list[dict[str, Any]], output: CapacityPlanningOutput) -> None:
    """Every demand is carried from end to end within the capacities bought, at the cost said."""
    carried: defaultdict[int, float] = defaultdict(float)
    assert len(output.demands) == len(design["demands"])
    for routed, demand in zip(output.demands, design["demands"], strict=True):
        assert sum(route.carried for route in routed.routes) == pytest.approx(demand["offered"], rel=1e-12)
        for route in routed.routes:
            links = [design["links"][link] for link in route.links]
            assert [links[0]["source"], *(link["target"] for link in links)] == route.path
            assert (route.path[0], route.path[-1]) == (demand["source"], demand["target"])
            assert len(set(route.path)) == len(route.path)
            assert route.km == pytest.approx(sum(link["length_km"] for link in links))
            for link in route.links:
                carried[link] += route.carried
    total = 0.0
    for number, (planned, link) in enumerate(zip(output.links, design["links"], strict=True)):
        kinds = [(modules[bought.type], bought.count) for bought in planned.modules]
        assert planned.carried == pytest.approx(carried[number])
        assert planned.capacity == pytest.approx(sum(kind["capacity"] * count for kind, count in kinds))
        assert planned.carried <= planned.capacity * (1 + 2e-5)
        assert planned.utilisation == pytest.approx(planned.carried / planned.capacity if planned.capacity else 0)
        cost = sum((kind.get("cost", 0) + kind["costPerKm"] * link["length_km"]) * count for kind, count in kinds)
        assert planned.cost == pytest.approx(cost)
        total += cost
    assert output.objective == pytest.approx(total)
    assert output.bound <= output.objective
    assert output.module_count == sum(bought.count for planned in output.links for bought in planned.modules)


@pytest.mark.parametrize("modules", [ONE_KIND, TWO_KINDS], ids=["one kind", "two kinds"])
@pytest.mark.parametrize("seed", range(4))
def test_optimum_is_that_of_scipy(seed: int, modules: list[dict[str, Any]]) -> None:
    design = random_design(seed, nodes=5, links=14, demands=8)
    output = solve(design=design, modules=modules, mipGap=0)
    check_plan(design, modules, output)
    assert output.objective == pytest.approx(network_loading(design, modules), rel=1e-5)
    assert output.termination == "optimal"


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_limit_of_modules_per_link_is_kept(seed: int) -> None:
    design = random_design(seed, nodes=5, links=12, demands=7)
    modules = [{"capacity": 30, "costPerKm": 1}]
    free = solve(design=design, modules=modules, mipGap=0)
    most = max(bought.count for link in free.links for bought in link.modules)
    expected = network_loading(design, modules, max_modules=most - 1)
    limited = CapacityPlanningInput.model_validate(
        {"design": design, "modules": modules, "mipGap": 0, "maxModulesPerLink": most - 1}
    )
    if expected is None:
        with pytest.raises(AlgorithmError) as error:
            plan(limited)
        assert error.value.type == "infeasible"
        return
    output = plan(limited)
    check_plan(design, modules, output)
    assert max(bought.count for link in output.links for bought in link.modules) < most
    assert output.objective == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_real_networks_are_planned_within_the_gap(name: str) -> None:
    design = NETWORKS[name]
    total = sum(demand["offered"] for demand in design["demands"])
    modules = [{"capacity": total / 25, "costPerKm": 1}]
    output = solve(design=design, modules=modules, mipGap=0.1)
    check_plan(design, modules, output)
    assert output.gap <= 0.1


def test_parallel_links_are_filled_one_after_the_other() -> None:
    design = {
        "nodes": [{"id": "a"}, {"id": "b"}],
        "links": [
            {"source": "a", "target": "b", "length_km": 10},
            {"source": "a", "target": "b", "length_km": 15},
        ],
        "demands": [{"source": "a", "target": "b", "offered": 3}, {"source": "a", "target": "b", "offered": 0}],
    }
    modules = [{"capacity": 1, "costPerKm": 1}]
    output = solve(design=design, modules=modules, maxModulesPerLink=2, mipGap=0)
    check_plan(design, modules, output)
    assert output.objective == pytest.approx(2 * 10 + 15)
    assert [link.carried for link in output.links] == pytest.approx([2, 1])
    assert output.demands[1].routes == []


def test_full_modules_are_not_doubled() -> None:
    design = {
        "nodes": [{"id": 0}, {"id": 1}],
        "links": [{"source": 0, "target": 1, "length_km": 7}],
        "demands": [{"source": 0, "target": 1, "offered": 0.1}] * 3,
    }
    output = solve(design=design, modules=[{"capacity": 0.1, "cost": 2}])
    assert output.module_count == 3
    assert output.objective == pytest.approx(6)
    assert output.links[0].utilisation == pytest.approx(1)


@pytest.mark.parametrize("design", [{"nodes": [{"id": "alone"}]}, random_design(3, 4, 8, 0)])
def test_no_traffic_needs_no_modules(design: dict[str, Any]) -> None:
    output = solve(design=design)
    assert (output.objective, output.bound, output.gap, output.module_count) == (0, 0, 0, 0)
    assert output.termination == "optimal"


def test_demand_without_a_path_is_infeasible() -> None:
    design = random_design(5, 4, 8, 3)
    design["nodes"].append({"id": "island"})
    design["demands"].append({"source": 0, "target": "island", "offered": 1})
    with pytest.raises(AlgorithmError, match="traffic from 0 to 'island', but no path") as error:
        solve(design=design)
    assert error.value.type == "infeasible"
    assert error.value.details == {"source": 0, "target": "island"}


@pytest.mark.parametrize("modules", [[], [{"capacity": 0}], [{"capacity": 1, "cost": -1}]])
def test_modules_that_make_no_sense_are_refused(modules: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError):
        CapacityPlanningInput.model_validate({"design": NETWORKS["nsfnet"], "modules": modules})
