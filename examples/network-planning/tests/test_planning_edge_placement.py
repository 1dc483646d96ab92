"""Edge placement against other solvers, and at its limits."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from planning_reference import (
    best_medians,
    cheapest_opening,
    distances,
    facility_location,
    networks,
    random_design,
    traffic,
)
from pydantic import ValidationError

from network_planning.edge_placement.schema import EdgePlacementInput, EdgePlacementOutput
from network_planning.edge_placement.solve import place
from oaas_sdk import AlgorithmError

NETWORKS = networks()
OPTIMUM = 1e-5
"""Relative difference that two solvers may have."""


def solve(**document: Any) -> EdgePlacementOutput:
    return place(EdgePlacementInput.model_validate(document))


def random_figures(seed: int, sites: int, customers: int, fill: float = 0.5) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    demands = rng.integers(1, 30, customers)
    capacities = np.ceil(rng.uniform(0.5, 1.5, sites) * demands.sum() / sites / fill)
    return {
        "sites": [
            {"id": f"s{n}", "capacity": int(capacity), "openingCost": int(rng.integers(20, 120))}
            for n, capacity in enumerate(capacities)
        ],
        "customers": [{"id": n, "demand": int(demand)} for n, demand in enumerate(demands)],
        "assignmentCosts": rng.integers(1, 100, (customers, sites)).tolist(),
    }


def arguments(document: dict[str, Any]) -> tuple[list[float], list[float], list[float], Any]:
    return (
        [site["capacity"] for site in document["sites"]],
        [site["openingCost"] for site in document["sites"]],
        [customer["demand"] for customer in document["customers"]],
        np.array(document["assignmentCosts"], dtype=float),
    )


def check_placement(document: dict[str, Any], output: EdgePlacementOutput) -> None:
    """The placement keeps all constraints and costs what it says."""
    capacities, opening, demands, costs = arguments(document)
    sites = [site["id"] for site in document["sites"]]
    opened = [sites.index(site) for site in output.opened_sites]
    served: defaultdict[Any, float] = defaultdict(float)
    load: defaultdict[int, float] = defaultdict(float)
    total = sum(opening[site] for site in opened)
    customers = [customer["id"] for customer in document["customers"]]
    for assignment in output.assignments:
        customer, site = customers.index(assignment.customer), sites.index(str(assignment.site))
        assert site in opened
        served[customer] += assignment.fraction
        load[site] += assignment.fraction * demands[customer]
        total += assignment.fraction * costs[customer, site]
    assert all(served[customer] == pytest.approx(1, abs=1e-9) for customer in range(len(customers)))
    assert all(load[site] <= capacities[site] * (1 + 1e-5) for site in load)
    assert output.objective == pytest.approx(total)
    assert output.bound <= output.objective
    assert output.gap == pytest.approx((output.objective - output.bound) / output.objective, abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_optimum_is_that_of_enumeration(seed: int) -> None:
    document = random_figures(seed, sites=5, customers=7)
    output = solve(**document)
    check_placement(document, output)
    assert output.objective == pytest.approx(cheapest_opening(*arguments(document)), rel=OPTIMUM)
    assert output.termination == "optimal"


@pytest.mark.parametrize("p", [None, 4, 7])
@pytest.mark.parametrize("seed", range(3))
def test_optimum_is_that_of_scipy(seed: int, p: int | None) -> None:
    document = random_figures(100 + seed, sites=9, customers=20, fill=0.4)
    expected = facility_location(*arguments(document), p=p)
    if expected is None:
        with pytest.raises(AlgorithmError) as error:
            solve(**document, p=p)
        assert error.value.type == "infeasible"
        return
    output = solve(**document, p=p)
    check_placement(document, output)
    assert output.objective == pytest.approx(expected, rel=OPTIMUM)
    assert p is None or len(output.opened_sites) == p


@pytest.mark.parametrize("p", [1, 2, 3])
@pytest.mark.parametrize("name", NETWORKS)
def test_sites_of_a_design_are_its_medians(name: str, p: int) -> None:
    design = NETWORKS[name]
    costs = distances(design) * traffic(design)[:, None]
    output = solve(design=design, p=p)
    assert output.objective == pytest.approx(best_medians(costs, p), rel=OPTIMUM)
    assert len(output.opened_sites) == p
    assert output.opening_cost == 0


@pytest.mark.parametrize("name", NETWORKS)
def test_capacities_and_latency_of_a_design_hold(name: str) -> None:
    design = NETWORKS[name]
    km, demand = distances(design), traffic(design)
    size, limit = len(demand), 6.0
    expected = facility_location(
        [0.3 * demand.sum()] * size, [5e4] * size, demand.tolist(), km * demand[:, None], allowed=km <= limit * 200
    )
    output = solve(design=design, siteCapacityFactor=0.3, siteOpeningCost=5e4, maxLatencyMs=limit)
    assert output.objective == pytest.approx(expected, rel=OPTIMUM)
    assert all(assignment.latency_ms <= limit for assignment in output.assignments if assignment.latency_ms is not None)
    assert {assignment.customer for assignment in output.assignments} == {node["id"] for node in design["nodes"]}
    assert output.network is not None
    assert all(node.load <= 0.3 * demand.sum() * (1 + 1e-5) for node in output.network.nodes)
    assert sum(node.load for node in output.network.nodes) == pytest.approx(demand.sum())


def test_a_map_shows_what_links_carry() -> None:
    design = NETWORKS["nsfnet"]
    output = solve(design=design, p=2)
    assert output.network is not None
    shown = {(link.source, link.target): link for link in output.network.links}
    assert len(shown) == len(design["links"])
    # Traffic times kilometres is the assignment cost, whether one adds it up by customer or by link.
    assert sum(link.load * link.length_km for link in shown.values()) == pytest.approx(output.assignment_cost)
    for assignment in output.assignments:
        assert assignment.path is not None
        assert (assignment.path[0], assignment.path[-1]) == (assignment.customer, assignment.site)
        hops = list(zip(assignment.path, assignment.path[1:], strict=False))
        assert sum(shown[hop].length_km for hop in hops) == pytest.approx(assignment.km)
    assert [node.id for node in output.network.nodes if node.opened] == output.opened_sites
    assert all(node.lon is not None and node.lat is not None for node in output.network.nodes)


def test_opening_is_a_choice_by_default() -> None:
    output = solve(design=NETWORKS["nsfnet"])
    assert 1 < len(output.opened_sites) < 14
    assert output.opening_cost > 0


def test_latencies_may_be_given_as_figures() -> None:
    document = random_figures(7, sites=6, customers=10, fill=0.3)
    latencies = np.random.default_rng(7).uniform(1, 10, (10, 6))
    expected = facility_location(*arguments(document), allowed=latencies <= 6)
    output = solve(**document, assignmentLatenciesMs=latencies.tolist(), maxLatencyMs=6)
    check_placement(document, output)
    assert expected is not None
    assert output.objective == pytest.approx(expected, rel=OPTIMUM)
    assert output.objective > solve(**document).objective


def test_the_gap_asked_for_is_kept() -> None:
    document = random_figures(11, sites=15, customers=40)
    output = solve(**document, mipGap=0.05)
    check_placement(document, output)
    assert output.gap <= 0.05
    optimum = solve(**document).objective
    assert output.bound <= optimum * (1 + OPTIMUM)
    assert optimum <= output.objective * (1 + OPTIMUM)


def test_customers_without_demand_need_an_open_site_too() -> None:
    output = solve(
        sites=[{"id": "none", "capacity": 0}, {"id": "some", "capacity": 5, "openingCost": 7}],
        customers=[{"id": "idle", "demand": 0}, {"id": "busy", "demand": 5}],
        assignmentCosts=[[3, 1], [0, 2]],
    )
    assert output.objective == pytest.approx(10)
    assert {assignment.site for assignment in output.assignments} == {"some"}


def test_nobody_to_serve_costs_nothing() -> None:
    output = solve(sites=[{"id": "a", "capacity": 1, "openingCost": 5}], customers=[], assignmentCosts=[])
    assert (output.objective, output.gap, output.opened_sites, output.assignments) == (0, 0, [], [])


def test_identifiers_come_back_as_they_were() -> None:
    output = solve(
        sites=[{"id": 1, "capacity": 1}, {"id": "1", "capacity": 1}],
        customers=[{"id": 1, "demand": 1}, {"id": "1", "demand": 1}],
        assignmentCosts=[[0, 9], [9, 0]],
    )
    assert [(a.customer, a.site) for a in output.assignments] == [(1, 1), ("1", "1")]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (random_figures(1, 4, 6) | {"p": 1}, "1 largest sites"),
        ({"design": random_design(1, 6, 12, 5), "maxLatencyMs": 0, "p": 2}, "no solution satisfies"),
        (
            random_figures(1, 4, 6, 0.1) | {"assignmentLatenciesMs": [[5] * 4] * 6, "maxLatencyMs": 1},
            "6 customers have no site within reach, for example 0",
        ),
    ],
)
def test_what_has_no_solution_says_so(document: dict[str, Any], words: str) -> None:
    with pytest.raises(AlgorithmError, match=words) as error:
        solve(**document)
    assert error.value.type == "infeasible"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sites": None}, r"give either design, or sites, customers and assignmentCosts \(missing: sites\)"),
        ({"design": NETWORKS["nsfnet"]}, "design replaces sites, customers, assignmentCosts"),
        ({"assignmentCosts": [[1, 2], [3, 4]]}, "assignmentCosts needs one list for each of the 3 customers, not 2"),
        (
            {"assignmentCosts": [[1, 2], [3], [5, 6]]},
            "assignmentCosts/1 needs one number for each of the 2 sites, not 1",
        ),
        ({"sites": [{"id": "a", "capacity": 1}] * 2}, "site ids must be unique, but 'a' occurs more than once"),
        ({"p": 3}, "p = 3 sites cannot be opened: there are 2"),
        ({"maxLatencyMs": 5}, "maxLatencyMs needs latencies"),
        ({"siteCapacity": 5}, "siteCapacity applies to a design"),
        ({"sites": [{"id": "a", "capacity": -1}, {"id": "b", "capacity": 1}]}, "greater than or equal to 0"),
        ({"mipGap": 2}, "less than or equal to 1"),
        ({"speed": 1}, "Extra inputs are not permitted"),
    ],
)
def test_bad_input_is_refused_in_clear_words(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        EdgePlacementInput.model_validate(random_figures(1, 2, 3) | change)


def test_a_design_with_an_unknown_node_is_refused() -> None:
    design = {"nodes": [{"id": "a"}], "links": [{"source": "a", "target": "b", "length_km": 1}]}
    with pytest.raises(ValidationError, match="link 0 names the unknown node 'b'"):
        EdgePlacementInput.model_validate({"design": design})
