"""Write ``edge-placement-demo.json``: an edge placement on NSFNET that keeps the solver busy for about ten seconds.

Every city of NSFNET is the centre of a region with candidate sites and customers around it, more customers where
NSFNET carries more traffic. A customer may be served from any site; the cost is demand times kilometres, straight
lines on the map with a detour factor. Sites differ in size and price, and together have more capacity than needed, so
that neither the nearest nor the cheapest sites are a good answer.

    python make_demo_instance.py > edge-placement-demo.json

The instance depends on nothing but this file and NSFNET: the same arguments give the same document.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
from typing import Any

from network_planning.design import Design
from network_planning.edge_placement.problem import node_traffic
from network_planning.networks import nsfnet

EARTH_RADIUS_KM = 6371.0

DETOUR = 1.3
"""Fibre follows roads and railways: about 30 % longer than the straight line."""

Place = tuple[float, float]
"""Longitude and latitude in degrees."""


def distance_km(a: Place, b: Place) -> float:
    """Great-circle distance."""
    (lon_a, lat_a), (lon_b, lat_b) = (map(math.radians, place) for place in (a, b))
    half = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(half))


def scatter(rng: random.Random, centre: Place, degrees: float) -> Place:
    """A place near ``centre``."""
    return centre[0] + rng.gauss(0, degrees), centre[1] + rng.gauss(0, degrees * 0.75)


def make_instance(
    *, sites_per_city: int, customers: int, spread: float, fill: float, price: float, mip_gap: float, seed: int
) -> dict[str, Any]:
    """An input of ``edge-placement``."""
    rng = random.Random(seed)  # noqa: S311 - nothing here is secret
    design = Design.model_validate(nsfnet())
    traffic = node_traffic(design)
    site_places: list[Place] = []
    customer_places: list[Place] = []
    sites: list[dict[str, Any]] = []
    clients: list[dict[str, Any]] = []
    for node, weight in zip(design.nodes, traffic, strict=True):
        city = str(node.id).lower().replace(" ", "-")
        centre = (node.lon or 0.0, node.lat or 0.0)
        for number in range(1, sites_per_city + 1):
            site_places.append(scatter(rng, centre, spread))
            sites.append({"id": f"{city}-site-{number}"})
        for number in range(1, round(customers * weight / sum(traffic)) + 2):
            customer_places.append(scatter(rng, centre, spread))
            clients.append({"id": f"{city}-{number}", "demand": rng.randint(5, 40)})
    average = sum(client["demand"] for client in clients) / fill / len(sites)
    for site in sites:
        site["capacity"] = round(average * rng.uniform(0.5, 1.5))
        site["openingCost"] = round(price * site["capacity"] ** 0.5 * rng.uniform(0.8, 1.2))
    costs = [
        [round(DETOUR * distance_km(here, there) * client["demand"] / 100) for there in site_places]
        for client, here in zip(clients, customer_places, strict=True)
    ]
    return {"sites": sites, "customers": clients, "assignmentCosts": costs, "mipGap": mip_gap}


def main() -> None:
    """Write the instance to standard output."""
    parser = argparse.ArgumentParser(
        description="Write an input of edge-placement.", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--sites-per-city", type=int, default=4, help="candidate sites around each city")
    parser.add_argument("--customers", type=int, default=120, help="about so many customers")
    parser.add_argument("--spread", type=float, default=2.5, help="size of a region in degrees")
    parser.add_argument("--fill", type=float, default=0.6, help="demand as a part of all capacity")
    parser.add_argument("--price", type=float, default=150.0, help="opening cost of a site of capacity 1")
    parser.add_argument("--mip-gap", type=float, default=0.0008, help="mipGap of the input")
    parser.add_argument("--seed", type=int, default=1991)
    json.dump(make_instance(**vars(parser.parse_args())), sys.stdout, separators=(",", ":"))
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
