"""Other ways to the same optima: textbook formulations for scipy, enumeration, and networks to try them on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from network_planning.networks import nsfnet

Matrix = NDArray[np.float64]

_ROOT = Path(__file__).parents[3]
_SHARED = Path(os.environ.get("OAAS_SHARED_DATA", _ROOT.parent / "shared" / "data")) / "networks"


def networks() -> dict[str, dict[str, Any]]:
    """NSFNET, and Abilene and Internet2 where their files are."""
    found = {"nsfnet": nsfnet()}
    for name in ("abilene", "internet2"):
        if (path := _SHARED / f"{name}.json").is_file():
            found[name] = json.loads(path.read_text(encoding="utf-8"))
    return found


def distances(design: dict[str, Any]) -> Matrix:
    """Kilometres between all nodes (Floyd and Warshall)."""
    place = {node["id"]: number for number, node in enumerate(design["nodes"])}
    km = np.full((len(place), len(place)), np.inf)
    np.fill_diagonal(km, 0)
    for link in design["links"]:
        ends = place[link["source"]], place[link["target"]]
        km[ends] = min(km[ends], link["length_km"])
    for via in range(len(place)):
        km = np.minimum(km, km[:, [via]] + km[[via], :])
    return km


def traffic(design: dict[str, Any]) -> Matrix:
    """Traffic in + out of each node."""
    place = {node["id"]: number for number, node in enumerate(design["nodes"])}
    total = np.zeros(len(place))
    for demand in design["demands"]:
        total[place[demand["source"]]] += demand["offered"]
        total[place[demand["target"]]] += demand["offered"]
    return total


def best_medians(costs: Matrix, p: int) -> float:
    """Least cost of serving all rows from p columns without capacities, by enumeration."""
    return min(float(costs[:, list(chosen)].min(axis=1).sum()) for chosen in combinations(range(costs.shape[1]), p))


def cheapest_opening(
    capacities: Sequence[float], opening: Sequence[float], demands: Sequence[float], costs: Matrix
) -> float:
    """Optimum of facility location by enumeration of all sets of sites, with a transport problem for each."""
    best = np.inf
    for size in range(1, len(capacities) + 1):
        for chosen in combinations(range(len(capacities)), size):
            shipping = _transport([capacities[site] for site in chosen], demands, costs[:, list(chosen)])
            best = min(best, shipping + sum(opening[site] for site in chosen))
    return float(best)


def _transport(capacities: Sequence[float], demands: Sequence[float], costs: Matrix) -> float:
    customers, sites = costs.shape
    served = np.kron(np.eye(customers), np.ones(sites))
    loads = np.kron(np.array(demands), np.eye(sites))
    result = linprog(costs.ravel(), A_ub=loads, b_ub=capacities, A_eq=served, b_eq=np.ones(customers))
    return float(result.fun) if result.success else np.inf


def facility_location(
    capacities: Sequence[float],
    opening: Sequence[float],
    demands: Sequence[float],
    costs: Matrix,
    *,
    p: int | None = None,
    allowed: NDArray[np.bool_] | None = None,
) -> float | None:
    """Optimum of facility location by scipy, in its weak formulation; None when there is no solution."""
    customers, sites = costs.shape
    served = np.hstack([np.zeros((customers, sites)), np.kron(np.eye(customers), np.ones(sites))])
    loads = np.hstack([-np.diag(capacities), np.kron(np.array(demands), np.eye(sites))])
    # A customer without demand needs an open site too.
    linked = np.hstack([-customers * np.eye(sites), np.kron(np.ones(customers), np.eye(sites))])
    constraints = [
        LinearConstraint(served, 1, 1),
        LinearConstraint(loads, -np.inf, 0),
        LinearConstraint(linked, -np.inf, 0),
    ]
    if p is not None:
        constraints.append(LinearConstraint([1] * sites + [0] * customers * sites, p, p))
    top = np.ones((customers, sites)) if allowed is None else allowed.astype(float)
    result = milp(
        np.concatenate([opening, costs.ravel()]),
        constraints=constraints,
        integrality=[1] * sites + [0] * customers * sites,
        bounds=Bounds(0, np.concatenate([np.ones(sites), top.ravel()])),
        options={"mip_rel_gap": 0},
    )
    return float(result.fun) if result.success else None


def network_loading(
    design: dict[str, Any], modules: Sequence[dict[str, Any]], *, max_modules: float = np.inf
) -> float | None:
    """Optimum of network loading by scipy, with one commodity for each demand; None when there is no solution."""
    links, demands = design["links"], [demand for demand in design["demands"] if demand["offered"] > 0]
    nodes = [node["id"] for node in design["nodes"]]
    kinds = len(modules)
    integer = len(links) * kinds
    columns = integer + len(demands) * len(links)
    incidence = np.array([[(link["source"] == node) - (link["target"] == node) for link in links] for node in nodes])
    conserve = np.zeros((len(demands) * len(nodes), columns))
    balance = np.zeros(len(demands) * len(nodes))
    carry = np.zeros((len(links), columns))
    count = np.zeros((len(links), columns))
    for number, demand in enumerate(demands):
        start, rows = integer + number * len(links), number * len(nodes)
        conserve[rows : rows + len(nodes), start : start + len(links)] = incidence
        balance[rows + nodes.index(demand["source"])] = 1
        balance[rows + nodes.index(demand["target"])] = -1
        carry[:, start : start + len(links)] = demand["offered"] * np.eye(len(links))
    for link in range(len(links)):
        for kind, module in enumerate(modules):
            carry[link, link * kinds + kind] = -module["capacity"]
            count[link, link * kinds + kind] = 1
    costs = [
        module.get("cost", 0) + module.get("costPerKm", 0) * link["length_km"] for link in links for module in modules
    ]
    result = milp(
        np.concatenate([costs, np.zeros(columns - integer)]),
        constraints=[
            LinearConstraint(conserve, balance, balance),
            LinearConstraint(carry, -np.inf, 0),
            LinearConstraint(count, -np.inf, max_modules),
        ],
        integrality=[1] * integer + [0] * (columns - integer),
        options={"mip_rel_gap": 0, "time_limit": 60},
    )
    return float(result.fun) if result.success else None


def simple_paths(design: dict[str, Any], source: Any, target: Any) -> Iterator[tuple[float, list[Any]]]:
    """All paths without loops and their kilometres, by trying everything; of parallel links the shortest."""
    km: dict[Any, dict[Any, float]] = {node["id"]: {} for node in design["nodes"]}
    for link in design["links"]:
        known = km[link["source"]].get(link["target"], np.inf)
        km[link["source"]][link["target"]] = min(known, link["length_km"])

    def walk(path: list[Any], length: float) -> Iterator[tuple[float, list[Any]]]:
        if path[-1] == target:
            yield length, path
            return
        for neighbour, more in km[path[-1]].items():
            if neighbour not in path:
                yield from walk([*path, neighbour], length + more)

    yield from walk([source], 0.0)


def random_design(seed: int, nodes: int, links: int, demands: int) -> dict[str, Any]:
    """A connected design: a ring in both directions, and chords."""
    rng = np.random.default_rng(seed)
    ring = [(number, (number + 1) % nodes) for number in range(nodes)]
    pairs = [*ring, *((b, a) for a, b in ring)]
    while len(pairs) < links:
        a, b = (int(end) for end in rng.choice(nodes, 2, replace=False))
        pairs.append((a, b))
    ends = [tuple(int(end) for end in rng.choice(nodes, 2, replace=False)) for _ in range(demands)]
    return {
        "nodes": [{"id": number} for number in range(nodes)],
        "links": [{"source": a, "target": b, "length_km": int(rng.integers(100, 900))} for a, b in pairs],
        "demands": [{"source": a, "target": b, "offered": int(rng.integers(1, 30))} for a, b in ends],
    }
