"""Example inputs of the algorithms, as documents."""

from __future__ import annotations

from typing import Any

from network_planning.networks import nsfnet

Document = dict[str, Any]


def edge_placement() -> list[Document]:
    """Where to put edge sites in NSFNET, and a problem small enough to follow by hand."""
    return [
        {"design": nsfnet(), "p": 3, "siteCapacityFactor": 0.5, "maxLatencyMs": 10},
        {
            "sites": [
                {"id": "north", "capacity": 60, "openingCost": 300},
                {"id": "south", "capacity": 60, "openingCost": 250},
                {"id": "harbour", "capacity": 100, "openingCost": 500},
            ],
            "customers": [
                {"id": "hospital", "demand": 25},
                {"id": "university", "demand": 40},
                {"id": "stadium", "demand": 30},
            ],
            "assignmentCosts": [[50, 200, 110], [320, 80, 120], [180, 150, 60]],
        },
    ]


def capacity_planning() -> list[Document]:
    """NSFNET in units of 40 Gbit/s."""
    return [
        {"design": nsfnet(), "modules": [{"name": "40G", "capacity": 40, "cost": 100, "costPerKm": 1}], "mipGap": 0.05}
    ]


def k_shortest_paths() -> list[Document]:
    """Three paths for each pair of NSFNET's nodes."""
    return [{"design": nsfnet(), "k": 3}]


def noop() -> list[Document]:
    """Three numbers."""
    return [{"numbers": [1, 2, 3.5], "sleepSeconds": 0}]
