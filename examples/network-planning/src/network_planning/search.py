"""One search of HiGHS on a thread of its own, and what is known of it while it goes on."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass

import highspy
import numpy as np

from network_planning.mip import Mip, Vector
from network_planning.mip_types import MipLimits


@dataclass(frozen=True)
class Found:
    """A solution found on the way."""

    values: Vector
    objective: float


class Search:
    """A search for the optimum of ``mip``.

    :meth:`run` belongs to one thread, everything else to another one, which reads the attributes meanwhile.
    """

    def __init__(self, mip: Mip, limits: MipLimits) -> None:
        self.best: Found | None = None
        self.bound = -math.inf
        """No solution has a lower objective."""
        self.nodes = 0
        """Nodes of the branch and bound so far."""
        self.news = threading.Event()
        """Set when there is a better solution, and at the end."""
        self._cancelled = False
        self.solver: highspy.Highs = highspy.Highs()  # type: ignore[no-untyped-call]
        self.solver.setOptionValue("mip_rel_gap", limits.mip_gap)
        self.solver.setOptionValue("threads", limits.threads)
        if limits.time_limit_seconds is not None:
            self.solver.setOptionValue("time_limit", limits.time_limit_seconds)
        self.solver.passModel(_to_highs(mip))
        if mip.first_solution is not None:
            solution = highspy.HighsSolution()
            solution.col_value = mip.first_solution.tolist()
            self.solver.setSolution(solution)
        self.solver.cbMipImprovingSolution.subscribe(self._on_solution)
        self.solver.cbMipInterrupt.subscribe(self._on_interrupt)

    def run(self) -> highspy.HighsModelStatus:
        """Search to the end and tell why it ended. The solver writes its log to standard output."""
        try:
            # The threads of HiGHS belong to the thread that calls it, and stay as many as its first run asked for.
            highspy.Highs.resetGlobalScheduler(True)
            self.solver.run()
            return self.solver.getModelStatus()
        finally:
            self.news.set()

    def cancel(self) -> None:
        """Ask for an early end. The solver may need more than a second to notice: its heuristics do not look."""
        self._cancelled = True

    def _on_solution(self, event: highspy.HighsCallbackEvent) -> None:
        out = event.data_out
        self.best = Found(np.array(out.mip_solution), out.objective_function_value)
        self.news.set()

    def _on_interrupt(self, event: highspy.HighsCallbackEvent) -> None:
        self.bound = max(self.bound, event.data_out.mip_dual_bound)
        self.nodes = event.data_out.mip_node_count
        if self._cancelled:
            event.interrupt()


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
