"""Solving a mixed-integer program with HiGHS: progress and incumbents meanwhile, and an end soon when asked for."""

from __future__ import annotations

import math
import time
from concurrent.futures import Future, ThreadPoolExecutor

import highspy
import numpy as np

from network_planning.mip import Mip, MipSolution
from network_planning.mip_types import MipLimits, Termination
from network_planning.reporter import Reporter
from network_planning.search import Search
from oaas_sdk import AlgorithmError, progress, should_stop

POLL_SECONDS = 0.05
"""Pause between two looks at whether a stop is asked for."""

GRACE_SECONDS = 0.5
"""How long a cancelled search may take to end by itself, with its final bound and the end of its log."""

FIRST_SOLUTION_SECONDS = 10.0
"""How long the search for a first solution may go on after a stop was asked for: without one there is no result."""

# One thread for all searches: a cancelled one that still runs when its result is out delays the next one, instead of
# competing with it for the cores.
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="highs")


def solve(mip: Mip, limits: MipLimits) -> MipSolution:
    """Solve ``mip`` and report incumbents meanwhile.

    When the caller asks for the best solution found so far, it is returned within a second. If there is none yet, the
    first one is.

    Raises:
        AlgorithmError: ``infeasible``, or ``noSolution`` if a limit or a stop came before any solution, or
            ``solverFailed``.
    """
    if not mip.cost:  # HiGHS calls this "empty" and has neither solution nor bound
        return MipSolution(np.zeros(0), 0.0, 0.0, Termination.OPTIMAL)
    progress(0.0, f"solving: {len(mip.cost)} columns, {len(mip.row_lower)} rows")
    reporter = Reporter(limits)
    search = Search(mip, limits)
    end = _thread.submit(search.run)
    try:
        _watch(search, end, reporter)
        solution = _ended(search, end.result()) if end.done() else _interrupted(search)
    finally:
        search.cancel()
    reporter.finish(solution.objective, solution.bound, solution.termination)
    return solution


def check_stop() -> None:
    """To be called where an algorithm prepares its program for long.

    Raises:
        AlgorithmError: ``noSolution`` because a stop was asked for, and there is no solution yet.
    """
    if should_stop():
        raise _no_solution(Termination.INTERRUPTED)


def _watch(search: Search, end: Future[highspy.HighsModelStatus], reporter: Reporter) -> None:
    """Report until the search ends, or until it has to be left alone because a stop was asked for."""
    stop_asked: float | None = None
    cancelled: float | None = None
    while not end.done():
        search.news.wait(POLL_SECONDS)
        search.news.clear()
        found, now = search.best, time.monotonic()
        reporter.report(math.inf if found is None else found.objective, search.bound, search.nodes)
        if stop_asked is None:
            stop_asked = now if should_stop() else None
        elif cancelled is None:
            if found is not None or now >= stop_asked + FIRST_SOLUTION_SECONDS:
                search.cancel()
                cancelled = now
        elif now >= cancelled + GRACE_SECONDS:
            return


def _ended(search: Search, status: highspy.HighsModelStatus) -> MipSolution:
    known = highspy.HighsModelStatus
    ends = {
        known.kOptimal: Termination.OPTIMAL,
        known.kTimeLimit: Termination.TIME_LIMIT,
        known.kInterrupt: Termination.INTERRUPTED,
    }
    if status in (known.kInfeasible, known.kUnboundedOrInfeasible):
        raise AlgorithmError("infeasible", "no solution satisfies all constraints")
    if status not in ends:
        raise AlgorithmError("solverFailed", f"HiGHS ended with: {search.solver.modelStatusToString(status)}")
    info = search.solver.getInfo()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        raise _no_solution(ends[status])
    objective = float(info.objective_function_value)
    values = np.array(search.solver.getSolution().col_value)
    return MipSolution(values, objective, min(float(info.mip_dual_bound), objective), ends[status])


def _interrupted(search: Search) -> MipSolution:
    if search.best is None:
        raise _no_solution(Termination.INTERRUPTED)
    objective = search.best.objective
    return MipSolution(search.best.values, objective, min(search.bound, objective), Termination.INTERRUPTED)


def _no_solution(termination: Termination) -> AlgorithmError:
    return AlgorithmError(
        "noSolution",
        "the search ended before a first solution was found; give it more time",
        details={"termination": termination.value},
    )
