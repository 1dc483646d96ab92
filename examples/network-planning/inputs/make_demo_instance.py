"""Write ``edge-placement-demo.json``: an edge placement on NSFNET that keeps the solver busy for a few seconds.

Every city of NSFNET is the centre of a region with candidate sites and customers around it, more customers where
NSFNET carries more traffic. A customer may be served from any site; the cost is demand times kilometres, straight lines
on the map with a detour factor. Sites differ in size and price, and together have about twice the capacity needed,
so that neither the nearest nor the cheapest sites are a good answer.

    python make_demo_instance.py > edge-placement-demo.json

The instance depends on nothing but this file and NSFNET: the same seed gives the same document.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys

from network_planning.design import Design
from network_planning.edge_placement.problem import node_traffic
from network_planning.networks import nsfnet

EARTH_RADIUS_KM = 6371.0
DETOUR = 1.3
"""Fibre follows roads and railways: about 30 % longer than the straight line."""


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance of two (longitude, latitude) pairs."""
    (lon_a, lat_a), (lon_b, lat_b) = (map(math.radians, place) for place in (a, b))
    half = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(half))


def scatter(rng: random.Random, centre: tuple[float, float], degrees: float) -> tuple[float, float]:
    """A place near ``centre``."""
    return centre[0] + rng.gauss(0, degrees), centre[1] + rng.gauss(0, degrees * 0.75)


def make_instance(
    sites_per_city: int, customers: int, spread: float, fill: float, price: float, seed: int
) -> dict[str, object]:
    """An input of ``edge-placement``."""
    rng = random.Random(seed)
    design = Design.model_validate(nsfnet())
    traffic = node_traffic(design)
    site_places, customer_places, sites, clients = [], [], [], []
    for node, weight in zip(design.nodes, traffic, strict=True):
        city = str(node.id).lower().replace(" ", "-")
        centre = (node.lon or 0.0, node.lat or 0.0)
        for number in range(1, sites_per_city + 1):
            site_places.append(scatter(rng, centre, spread))
            sites.append({"id": f"{city}-site-{number}"})
        for number in range(1, round(customers * weight / sum(traffic)) + 2):
            customer_places.append(scatter(rng, centre, spread))
            clients.append({"id": f"{city}-{number}", "demand": rng.randint(5, 40)})
    need = sum(int(client["demand"]) for client in clients)
    for site in sites:
        share = need / len(sites) / fill
        capacity = round(share * rng.uniform(0.5, 1.5))
        site["capacity"] = capacity
        site["openingCost"] = round(price * capacity**0.5 * rng.uniform(0.8, 1.2))
    costs = [
        [round(DETOUR * distance_km(here, there) * int(client["demand"]) / 100) for there in site_places]
        for client, here in zip(clients, customer_places, strict=True)
    ]
    return {"sites": sites, "customers": clients, "assignmentCosts": costs, "mipGap": 0.001}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sites-per-city", type=int, default=5)
    parser.add_argument("--customers", type=int, default=150)
    parser.add_argument("--spread", type=float, default=2.5)
    parser.add_argument("--fill", type=float, default=0.4)
    parser.add_argument("--price", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1991)
    json.dump(make_instance(**vars(parser.parse_args())), sys.stdout, separators=(",", ":"))


if __name__ == "__main__":
    main()
