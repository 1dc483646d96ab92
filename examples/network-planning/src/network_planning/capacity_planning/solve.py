"""From the input of ``capacity-planning`` to its output."""

from __future__ import annotations

from network_planning.capacity_planning.formulation import formulate
from network_planning.capacity_planning.problem import make_problem
from network_planning.capacity_planning.result import make_output
from network_planning.capacity_planning.schema import CapacityPlanningInput, CapacityPlanningOutput
from network_planning.solver import solve


def plan(input: CapacityPlanningInput) -> CapacityPlanningOutput:
    """Solve the network loading problem of ``input``."""
    problem = make_problem(input)
    formulation = formulate(problem)
    return make_output(problem, formulation, solve(formulation.mip, input))
