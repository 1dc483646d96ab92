"""From the input of ``edge-placement`` to its output."""

from __future__ import annotations

from network_planning.edge_placement.formulation import formulate, read_solution
from network_planning.edge_placement.problem import make_problem
from network_planning.edge_placement.result import make_output
from network_planning.edge_placement.schema import EdgePlacementInput, EdgePlacementOutput
from network_planning.solver import solve


def place(input: EdgePlacementInput) -> EdgePlacementOutput:
    """Solve the facility location problem of ``input``."""
    problem = make_problem(input)
    formulation = formulate(problem)
    found = solve(formulation.mip, input)
    solution = read_solution(problem, formulation, found.values)
    return make_output(problem, solution, found.bound, found.termination, input.design)
