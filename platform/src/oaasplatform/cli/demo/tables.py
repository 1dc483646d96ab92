"""What the demo shows of an edge placement."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from oaasplatform.cli import format
from oaasplatform.cli.client import Document

SITE_HEADERS = ["site", "capacity", "used", "customers", "largest"]


def site_rows(problem: Document, placement: Document) -> list[list[str]]:
    """Each opened site: its capacity, how much of it is used, and whom it serves."""
    capacities = {site["id"]: site["capacity"] for site in problem["sites"]}
    demands = {customer["id"]: customer["demand"] for customer in problem["customers"]}
    served: dict[Any, dict[Any, float]] = defaultdict(dict)
    for assignment in placement["assignments"]:
        served[assignment["site"]][assignment["customer"]] = demands[assignment["customer"]] * assignment["fraction"]
    rows = []
    for site in placement["openedSites"]:
        loads = served[site]
        largest = max(loads, key=lambda customer: loads[customer], default=None)
        rows.append(
            [
                str(site),
                format.number(capacities[site]),
                format.percent(sum(loads.values()) / capacities[site]),
                str(len(loads)),
                format.NOTHING if largest is None else str(largest),
            ]
        )
    return rows
