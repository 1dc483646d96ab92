"""The algorithms of this repository. Each one imports its solver when it runs, see :mod:`network_planning.warm_up`."""

from __future__ import annotations

from network_planning import examples, noop, warm_up
from network_planning.capacity_planning.schema import CapacityPlanningInput, CapacityPlanningOutput
from network_planning.edge_placement.schema import EdgePlacementInput, EdgePlacementOutput
from network_planning.shortest_paths.schema import KShortestPathsInput, KShortestPathsOutput
from oaas_sdk import Repository

repository = Repository(name="network-planning", version="0.1.0")


@repository.algorithm(examples=examples.edge_placement())
def edge_placement(input: EdgePlacementInput) -> EdgePlacementOutput:
    """Choose which edge sites to open and which site serves which customer, at least cost: **capacitated facility
    location**, solved with HiGHS.

    Given sites *i* with a capacity and an opening cost, and customers *j* with a demand, choose which sites are
    open (*y*) and which part of each customer's demand each site serves (*x*):

    - minimise the sum of `openingCost[i] * y[i]` + the sum of `assignmentCosts[j][i] * x[j][i]`
    - every customer is served: the sum of `x[j][i]` over the sites is 1
    - open sites only, within their capacity: the sum of `demand[j] * x[j][i]` over the customers is at most
      `capacity[i] * y[i]`
    - optional: exactly `p` sites are open; nobody is served with more than `maxLatencyMs`

    `assignmentCosts` has one list for each customer with one cost for each site, for the *whole* demand of the
    customer. Demand may be split over sites.

    Instead of `sites`, `customers` and `assignmentCosts` you may give a network `design`. Every node is a site and a
    customer then: its demand is its traffic in + out, and serving it costs demand times kilometres of the shortest
    path. The result then has what a map needs in `network`.

    While it solves, it reports the best placement found so far. An interrupt returns that placement.

    Errors: `infeasible`, `noSolution` (the time limit came before a first solution), `solverFailed`.
    """
    from network_planning.edge_placement.solve import place

    return place(input)


@repository.algorithm(examples=examples.capacity_planning())
def capacity_planning(input: CapacityPlanningInput) -> CapacityPlanningOutput:
    """Route all demands of a network design at least cost in modular link capacities: **network loading**, a
    multi-commodity flow problem with integer modules, solved with HiGHS.

    Choose how many modules of each kind to buy for each link (*n*), and how the traffic flows (*f*, for each source
    node *s* and link *l*); demands may be split over paths:

    - minimise the sum of `(cost[k] + costPerKm[k] * length_km[l]) * n[l][k]`
    - flow is conserved: at each node *v* the traffic from *s* that comes in is what goes out, plus the demand from *s*
      to *v*
    - links carry what their modules can: the sum of `f[s][l]` over the sources is at most the sum of
      `capacity[k] * n[l][k]` over the kinds
    - optional: at most `maxModulesPerLink` modules on a link

    The result says for each link what to buy, what it carries and its utilisation, and for each demand its routes.

    While it solves, it reports the cost of the best plan found so far. An interrupt returns that plan.

    Errors: `infeasible`, `noSolution` (the time limit came before a first solution), `solverFailed`.
    """
    from network_planning.capacity_planning.solve import plan

    return plan(input)


@repository.algorithm(examples=examples.k_shortest_paths())
def k_shortest_paths(input: KShortestPathsInput) -> KShortestPathsOutput:
    """Find the *k* shortest loopless paths for each demand of a network design, in kilometres (**Yen's algorithm**).

    A demand has fewer than *k* paths when the network has no more, and none when its target cannot be reached. Of
    several links between the same two nodes only the shortest counts. An interrupt returns the demands that are done.
    """
    from network_planning.shortest_paths.solve import find_paths

    return find_paths(input)


@repository.algorithm(name="noop", examples=examples.noop())
def do_noop(input: noop.NoopInput) -> noop.NoopOutput:
    """Add numbers, after sleeping for `sleepSeconds`: as good as no work, **for measuring the platform itself**.

    An interrupt ends the sleep.
    """
    return noop.add(input)


warm_up.start()
