"""What a caller sees of a run: progress, incumbents, the solver's log, limits and interrupts."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any

import pytest
from planning_recorder import Recorder

from network_planning.capacity_planning.schema import CapacityPlanningInput
from network_planning.capacity_planning.solve import plan
from network_planning.edge_placement.schema import EdgePlacementInput
from network_planning.edge_placement.solve import place
from network_planning.networks import nsfnet
from network_planning.noop import NoopInput, add
from network_planning.shortest_paths.schema import KShortestPathsInput
from network_planning.shortest_paths.solve import find_paths
from oaas_sdk import AlgorithmError

DEMO = json.loads((Path(__file__).parents[1] / "inputs" / "edge-placement-demo.json").read_text(encoding="utf-8"))


def demo(**change: Any) -> EdgePlacementInput:
    return EdgePlacementInput.model_validate(DEMO | change)


def test_incumbents_get_better_and_progress_never_goes_back(run: Recorder, capfd: pytest.CaptureFixture[str]) -> None:
    output = place(demo(mipGap=0.01))
    objectives = [incumbent.objective for incumbent in run.incumbents]
    bounds = [incumbent.bound for incumbent in run.incumbents if incumbent.bound is not None]
    assert len(set(objectives)) >= 3
    assert objectives == sorted(objectives, reverse=True)
    assert bounds == sorted(bounds)
    assert run.fractions == sorted(run.fractions)
    assert run.fractions[-1] == 1
    assert objectives[-1] == pytest.approx(output.objective)
    assert bounds[-1] == pytest.approx(output.bound)
    assert any("objective" in message and "gap" in message for message in run.messages)
    assert "Solving report" in capfd.readouterr().out, "the solver's own log belongs to the run"


@pytest.mark.parametrize("seconds", [0.0, 0.7, 2.3])
def test_an_interrupt_gives_the_best_placement_within_a_second(run: Recorder, seconds: float) -> None:
    started = time.monotonic()
    run.stop_when = lambda seen: bool(seen.incumbents) and time.monotonic() >= started + seconds
    output = place(demo(mipGap=0))
    assert run.stopped_at is not None
    assert time.monotonic() - run.stopped_at < 1
    assert output.termination == "interrupted"
    assert output.objective == pytest.approx(min(incumbent.objective for incumbent in run.incumbents), rel=1e-6)
    assert sum(assignment.fraction for assignment in output.assignments) == pytest.approx(len(DEMO["customers"]))


def test_an_early_interrupt_waits_for_the_first_placement(run: Recorder) -> None:
    run.stop_when = lambda _: True
    output = place(demo(mipGap=0))
    assert output.termination == "interrupted"
    assert output.gap > 0


def test_a_run_after_an_interrupted_one_is_not_disturbed(run: Recorder) -> None:
    run.stop_when = lambda seen: bool(seen.incumbents)
    place(demo(mipGap=0))
    run.stop_when, run.stopped_at = lambda _: False, None
    small = {"sites": [{"id": "a", "capacity": 1}], "customers": [{"id": 1, "demand": 1}], "assignmentCosts": [[3]]}
    output = place(EdgePlacementInput.model_validate(small))
    assert (output.objective, output.termination) == (3, "optimal")


def test_an_interrupt_gives_the_best_plan(run: Recorder) -> None:
    run.stop_when = lambda seen: bool(seen.incumbents)
    output = plan(CapacityPlanningInput.model_validate({"design": nsfnet(), "mipGap": 0}))
    assert run.stopped_at is not None
    assert time.monotonic() - run.stopped_at < 1
    assert output.termination == "interrupted"
    assert all(demand.routes for demand in output.demands)


def test_the_time_limit_gives_the_best_placement(run: Recorder) -> None:
    started = time.monotonic()
    output = place(demo(mipGap=0, timeLimitSeconds=1))
    assert time.monotonic() - started < 3
    assert output.termination == "timeLimit"
    assert 0 < output.gap < 0.1
    assert any(0.5 < fraction < 1 for fraction in run.fractions), "time that passes is progress too"


def test_a_time_limit_before_the_first_placement_is_an_error() -> None:
    with pytest.raises(AlgorithmError, match="give it more time") as error:
        place(demo(timeLimitSeconds=1e-6))
    assert error.value.type == "noSolution"
    assert error.value.details == {"termination": "timeLimit"}


def test_an_interrupt_gives_the_paths_that_are_done(run: Recorder) -> None:
    run.stop_when = lambda seen: len(seen.messages) > 20
    output = find_paths(KShortestPathsInput.model_validate({"design": nsfnet(), "k": 4}))
    assert not output.complete
    assert len(output.demands) == 20
    assert all(len(demand.paths) == 4 for demand in output.demands)


def test_noop_adds() -> None:
    assert add(NoopInput(numbers=[0.1] * 10)).sum == 1
    assert add(NoopInput(numbers=[])).sum == 0


def test_noop_sleeps_with_progress(run: Recorder) -> None:
    started = time.monotonic()
    add(NoopInput(numbers=[1], sleep_seconds=0.3))
    assert 0.3 <= time.monotonic() - started < 1
    assert run.fractions == sorted(run.fractions)
    assert len(run.fractions) > 2


def test_an_interrupt_ends_the_sleep(run: Recorder) -> None:
    run.stop_when = lambda seen: len(seen.messages) > 1
    started = time.monotonic()
    assert add(NoopInput(numbers=[1, 2], sleep_seconds=60)).sum == 3
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_noop_refuses_what_is_no_number(number: float) -> None:
    with pytest.raises(ValueError, match="finite number"):
        NoopInput(numbers=[number])
