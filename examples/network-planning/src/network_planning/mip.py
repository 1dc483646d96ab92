"""Solving a mixed-integer program with HiGHS while the caller watches.

The solver's own log goes to standard output. Incumbents and bounds are reported as they are found, and a request
to stop ends the search with the best solution found so far.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

import highspy
import numpy as np
from numpy.typing import NDArray
from oaas_sdk import AlgorithmError, incumbent, progress, should_stop

from network_planning.mip_types import MipLimits, Termination

REPORT_SECONDS = 0.2
"""Pause between two reports of a bound that moved; a better solution is always reported at once."""

POLL_SECONDS = 0.05
"""Pause between two looks at whether a stop is asked for; HiGHS calls back thousands of times a second."""

Vector = NDArray[np.float64]


@dataclass
class Mip:
    """``min cost x`` subject to rows ``lower <= a x <= upper`` and ``0 <= x <= upper_bound``; some x are integer.

    Columns and rows are added in blocks and numbered in the order in which they were added.
    """

    cost: list[float] = field(default_factory=list)
    upper_bound: list[float] = field(default_factory=list)
    integer: list[bool] = field(default_factory=list)
    row_lower: list[float] = field(default_factory=list)
    row_upper: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    indices: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add_column(self, cost: float, upper_bound: float = math.inf, *, integer: bool = False) -> int:
        """Add a variable and return its number."""
        self.cost.append(cost)
        self.upper_bound.append(upper_bound)
        self.integer.append(integer)
        return len(self.cost) - 1

    def add_row(self, lower: float, upper: float, terms: list[tuple[int, float]]) -> None:
        """Add the constraint ``lower <= sum of value * x[column] <= upper``."""
        self.row_lower.append(lower)
        self.row_upper.append(upper)
        for column, value in terms:
            self.indices.append(column)
            self.values.append(value)
        self.starts.append(len(self.indices))


@dataclass(frozen=True)
class MipSolution:
    """The best solution found."""

    values: Vector
    objective: float
    bound: float
    """No solution has a lower objective."""
    termination: Termination


def relative_gap(objective: float, bound: float) -> float:
    """``|objective - bound| / |objective|``, 0 when both are 0."""
    return abs(objective - bound) / max(abs(objective), 1e-10)


def solve(mip: Mip, limits: MipLimits) -> MipSolution:
    """Solve ``mip`` and report incumbents meanwhile.

    Raises:
        AlgorithmError: ``infeasible``, or ``noSolution`` if a limit or an interrupt came before any solution, or
            ``solverFailed``.
    """
    highspy.Highs.resetGlobalScheduler(True)  # its size is that of the first solve of the process otherwise
    solver = highspy.Highs()
    solver.setOptionValue("mip_rel_gap", limits.mip_gap)
    solver.setOptionValue("threads", limits.threads)
    if limits.time_limit_seconds is not None:
        solver.setOptionValue("time_limit", limits.time_limit_seconds)
    solver.passModel(_to_highs(mip))
    watcher = _Watcher(target_gap=max(limits.mip_gap, 1e-6))
    solver.cbMipImprovingSolution.subscribe(watcher.on_solution)
    solver.cbMipInterrupt.subscribe(watcher.on_mip_interrupt)
    solver.cbSimplexInterrupt.subscribe(watcher.on_lp_interrupt)
    progress(0.0, f"solving: {len(mip.cost)} columns, {len(mip.row_lower)} rows")
    solver.run()
    return _result(solver)


def _to_highs(mip: Mip) -> highspy.HighsLp:
    lp = highspy.HighsLp()
    lp.num_col_ = len(mip.cost)
    lp.num_row_ = len(mip.row_lower)
    lp.col_cost_ = np.array(mip.cost)
    lp.col_lower_ = np.zeros(len(mip.cost))
    lp.col_upper_ = np.array(mip.upper_bound)
    lp.row_lower_ = np.array(mip.row_lower)
    lp.row_upper_ = np.array(mip.row_upper)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.array(mip.starts, dtype=np.int32)
    lp.a_matrix_.index_ = np.array(mip.indices, dtype=np.int32)
    lp.a_matrix_.value_ = np.array(mip.values)
    kind = highspy.HighsVarType
    lp.integrality_ = [kind.kInteger if integer else kind.kContinuous for integer in mip.integer]
    return lp


def _result(solver: highspy.Highs) -> MipSolution:
    status = highspy.HighsModelStatus
    ends = {
        status.kOptimal: Termination.OPTIMAL,
        status.kTimeLimit: Termination.TIME_LIMIT,
        status.kInterrupt: Termination.INTERRUPTED,
    }
    found = solver.getModelStatus()
    if found in (status.kInfeasible, status.kUnboundedOrInfeasible):
        raise AlgorithmError("infeasible", "no solution satisfies all constraints")
    if found not in ends:
        raise AlgorithmError("solverFailed", f"HiGHS ended with: {solver.modelStatusToString(found)}")
    info = solver.getInfo()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        raise AlgorithmError(
            "noSolution",
            "the search ended before a first solution was found; give it more time",
            details={"termination": ends[found].value},
        )
    objective = float(info.objective_function_value)
    bound = min(float(info.mip_dual_bound), objective)
    incumbent(objective=objective, bound=bound)
    progress(1.0, f"{ends[found].value}: objective {objective:.6g}, gap {relative_gap(objective, bound):.2%}")
    return MipSolution(np.array(solver.getSolution().col_value), objective, bound, ends[found])


class _Watcher:
    """Turns the solver's callbacks into reports. They come on one thread at a time, which holds the GIL."""

    def __init__(self, target_gap: float) -> None:
        self._target_gap = target_gap
        self._first_gap: float | None = None
        self._bound = -math.inf
        self._next_report = 0.0
        self._next_poll = 0.0
        self._stopping = False

    def on_solution(self, event: highspy.HighsCallbackEvent) -> None:
        """A better solution was found."""
        self._bound = max(self._bound, event.data_out.mip_dual_bound)
        self._report(event.data_out.objective_function_value, event.data_out.mip_node_count)

    def on_mip_interrupt(self, event: highspy.HighsCallbackEvent) -> None:
        """The branch and bound asks whether to go on."""
        out = event.data_out
        if out.mip_dual_bound > self._bound and time.monotonic() >= self._next_report:
            self._bound = out.mip_dual_bound
            self._report(out.mip_primal_bound, out.mip_node_count)
        self.on_lp_interrupt(event)

    def on_lp_interrupt(self, event: highspy.HighsCallbackEvent) -> None:
        """A linear relaxation asks whether to go on."""
        now = time.monotonic()
        if now >= self._next_poll:
            self._next_poll = now + POLL_SECONDS
            self._stopping = self._stopping or should_stop()
        if self._stopping:
            event.interrupt()

    def _report(self, objective: float, nodes: int) -> None:
        self._next_report = time.monotonic() + REPORT_SECONDS
        if not math.isfinite(objective):
            return
        incumbent(objective=objective, bound=self._bound)
        if not math.isfinite(self._bound):
            progress(None, f"objective {objective:.6g}, no bound yet")
            return
        gap = relative_gap(objective, self._bound)
        progress(self._fraction(gap), f"objective {objective:.6g}, gap {gap:.2%}, {nodes} nodes")

    def _fraction(self, gap: float) -> float:
        """How much of the way from the first gap to the target gap is done, in orders of magnitude.

        Every halving of the gap counts the same: the last percent takes longer than the first ten. It says nothing
        about time, but it never goes back.
        """
        gap = max(gap, self._target_gap)
        if self._first_gap is None:
            self._first_gap = gap
        if self._first_gap <= self._target_gap:
            return 1.0
        return max(0.0, 1 - math.log(gap / self._target_gap) / math.log(self._first_gap / self._target_gap))
