"""A batch of launches: who waits for a slot, who runs, and what is to be answered."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Iterable
from functools import partial
from http import HTTPStatus

import msgspec

from oaas_sdk.contract import BatchLaunch, LaunchResult
from oaas_sdk.server.pool import Pool
from oaas_sdk.server.problems import ProblemError
from oaas_sdk.server.refusals import id_taken, invalid_input, no_free_slot, unknown_algorithm
from oaas_sdk.server.run import Run
from oaas_sdk.server.runs import ExecutionIdTaken, Runs

PACE = 0.002
"""A line follows the one before it after so many seconds, or together with it: each piece is work for both sides.

The last line does not wait, nor does one that comes after a pause.
"""

MAX_UNSENT_BYTES = 2**20
"""Nothing more is launched for a caller who has so much left to read, and no piece of the answer is much longer."""

_encoder = msgspec.json.Encoder()


class Batch:
    """Launches runs in order, and has a line of the answer for each as it is settled.

    Args:
        launches: execution ids with their launches, or with what is wrong with them.
        runs: executes runs.
        pool: says which algorithms and how many slots there are.
        wait: seconds after which nothing is waited for.
    """

    def __init__(
        self, launches: Iterable[tuple[str, BatchLaunch | ProblemError]], runs: Runs, pool: Pool, wait: float
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._runs = runs
        self._pool = pool
        self._waiting: deque[BatchLaunch] = deque()
        self._under_way: dict[int, Run] = {}
        self._numbers = itertools.count()
        self._settled: deque[Run | LaunchResult] = deque()
        self._unsent_bytes = 0
        self._sending: list[tuple[Run, bool]] = []
        """Runs whose lines were taken to be sent, and whether these tell their end."""
        self._sent_at = 0.0
        self._due = asyncio.Event()
        self._pause: asyncio.TimerHandle | None = None
        self._wait_is_over = False
        for execution_id, launch in launches:
            self._sort(execution_id, launch)
        runs.line_up(self)
        self._deadline = self._loop.call_later(wait, self._end_wait)
        if wait <= 0:
            self._end_wait()
        self._schedule()

    def launch_next(self) -> bool:
        """See :class:`~oaas_sdk.server.runs.Launcher`."""
        if not self._waiting or self._unsent_bytes > MAX_UNSENT_BYTES:
            return False
        self._launch(self._waiting.popleft())
        return True

    async def lines(self) -> bytes:
        """Lines that the caller has not got yet, as soon as it is time for some; empty at the end."""
        if self._settled or not self._all_settled:
            await self._due.wait()
        self._due.clear()
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        lines = bytearray()
        while self._settled and len(lines) <= MAX_UNSENT_BYTES:
            result = self._settled.popleft()
            if isinstance(result, Run):
                run, final = result, result.final
                self._unsent_bytes -= run.size
                self._sending.append((run, final))
                status = HTTPStatus.OK if final else HTTPStatus.ACCEPTED
                result = LaunchResult(execution_id=run.execution_id, status=status, message=run.message())
            _encoder.encode_into(result, lines, -1)
            lines += b"\n"
        if self._settled:
            self._due.set()
        return bytes(lines)

    def sent(self) -> None:
        """The caller has what :meth:`lines` gave."""
        for run, final in self._sending:
            self._runs.answered(run, delivered=final)
        self._sending.clear()
        self._sent_at = self._loop.time()
        if self._waiting:
            self._runs.use_free_slots()

    def close(self) -> None:
        """Nobody reads any more: launch nothing more, and let what runs, or could not be told, be called back."""
        self._runs.leave_line(self)
        self._deadline.cancel()
        self._waiting.clear()
        unsent = [result for result in self._settled if isinstance(result, Run)]
        for run in (*self._under_way.values(), *unsent, *(run for run, _ in self._sending)):
            self._runs.answered(run, delivered=False)
        self._under_way.clear()
        self._settled.clear()
        self._sending.clear()
        self._due.set()

    @property
    def _all_settled(self) -> bool:
        return not self._waiting and not self._under_way

    def _sort(self, execution_id: str, launch: BatchLaunch | ProblemError) -> None:
        if isinstance(launch, ProblemError):
            self._refuse(execution_id, launch)
        elif launch.algorithm_id not in self._pool.algorithms:
            self._refuse(execution_id, unknown_algorithm(launch.algorithm_id))
        elif self._runs.get(execution_id) is not None:
            self._launch(launch)  # which takes no slot
        else:
            self._waiting.append(launch)

    def _launch(self, launch: BatchLaunch) -> None:
        try:
            run = self._runs.launch(launch.algorithm_id, launch)
        except ExecutionIdTaken:
            self._refuse(launch.execution_id, id_taken(launch.execution_id))
            return
        number = next(self._numbers)
        self._under_way[number] = run
        run.watch(partial(self._look, number))
        if run.final:
            self._look(number)

    def _look(self, number: int) -> None:
        """Settle a launch whose run has come far enough."""
        run = self._under_way.get(number)
        if run is None:
            return
        if run.rejection is not None:
            del self._under_way[number]
            self._refuse(run.execution_id, invalid_input(run.rejection))
        elif run.final or (self._wait_is_over and run.accepted.is_set()):
            del self._under_way[number]
            self._settled.append(run)
            self._unsent_bytes += run.size
            self._schedule()

    def _refuse(self, execution_id: str, refusal: ProblemError) -> None:
        problem = refusal.problem
        self._settled.append(LaunchResult(execution_id=execution_id, status=problem.status, problem=problem))
        self._schedule()

    def _end_wait(self) -> None:
        self._wait_is_over = True
        self._runs.leave_line(self)
        while self._waiting:
            self._refuse(self._waiting.popleft().execution_id, no_free_slot(self._pool.concurrency))
        for number in tuple(self._under_way):
            self._look(number)

    def _schedule(self) -> None:
        """See to it that lines are sent in time."""
        if self._all_settled:
            self._due.set()
        elif self._settled and self._pause is None:
            self._pause = self._loop.call_at(self._sent_at + PACE, self._due.set)
