"""How well a master places, and what that costs: 1 000 simulated nodes, 1 000 000 executions, in virtual time.

The rules of placement and the fleet that applies them are those of the master; nodes, messages and time are simulated.
Almost half of the executions come in sweeps of hundreds, a tenth past the master. Bound: a greedy scheduler that knows
how long everything will take and what every node is doing.
"""

from __future__ import annotations

import heapq
import itertools
import time
import tracemalloc
from collections import deque
from statistics import fmean

import msgspec
from command_line import CommandLine
from report import at_least, at_most, percentiles, publish
from simulated_nodes import LATENCY, Job, Pool, World, clairvoyant

from oaasplatform.master.domain.fleet import Fleet, Load
from oaasplatform.master.domain.nodes import NodeStatus
from oaasplatform.master.domain.placement import AlgorithmKey, Wish

HEARTBEAT = 3.0
"""Seconds between two of a node."""
MESSAGES_OF_EXECUTION = 5
"""Submitted to the master, and by it to the node; starting, running, ended."""
KB = 1000


class Loads(msgspec.Struct):
    loads: dict[str, Load]


class Stopwatch:
    """CPU time of the master's own code."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.calls = 0

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter() - self._began
        self.calls += 1

    @property
    def microseconds(self) -> float:
        """Of a call."""
        return round(self.seconds / max(self.calls, 1) * 1e6, 1)


def wish_of(repository: int) -> Wish:
    """What an execution asks for."""
    return Wish(AlgorithmKey(f"repository-{repository}", "algorithm", "1.0.0"))


def fleet_of(world: World) -> Fleet:
    """The nodes as the master knows them once they have joined."""
    fleet = Fleet()
    for node, pools in enumerate(world.nodes):
        algorithms = frozenset(wish_of(pool.repository).algorithm for pool in pools)
        fleet.describe(node, f"node-{node}", status=NodeStatus.READY, labels={"site": "a"}, algorithms=algorithms)
    return fleet


class Simulation:
    """The master and its nodes."""

    def __init__(self, world: World, count: int) -> None:
        self._world = world
        self._count = count
        self._fleet = fleet_of(world)
        self._wishes = [wish_of(repository) for repository in range(len(world.pools))]
        self._pools = {(pool.node, pool.repository): pool for pools in world.pools for pool in pools}
        self._names = {wish.algorithm.repository: at for at, wish in enumerate(self._wishes)}
        self._waiting: list[deque[Job]] = [deque() for _ in world.pools]
        self._decoder = msgspec.json.Decoder(Loads)
        self._events: list[tuple[float, int, str, Pool | int, Job | bytes | None]] = []
        self._numbers = itertools.count()
        self._left = count
        self.now = 0.0
        self.waits: list[float] = []
        self.heartbeats = Stopwatch()
        self.placements = Stopwatch()
        self.notes = Stopwatch()

    def run(self) -> None:
        """Until all executions have ended."""
        for node in range(len(self._world.nodes)):
            self._at(HEARTBEAT * node / len(self._world.nodes), "beat", node)
        jobs = self._world.jobs(self._count)
        job = next(jobs, None)
        while self._left:
            if job is not None and job.came <= self._events[0][0]:
                self.now = job.came
                self._come(job)
                job = next(jobs, None)
                continue
            self.now, _, event, subject, detail = heapq.heappop(self._events)
            getattr(self, f"_{event}")(subject, detail)

    def _at(self, seconds: float, event: str, subject: Pool | int, detail: Job | bytes | None = None) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(self._numbers), event, subject, detail))

    def _come(self, job: Job) -> None:
        if job.pool is not None:
            self._begin(job.pool, job.pool.take(job))
            return
        self._waiting[job.repository].append(job)
        self._dispatch(job.repository)

    def _dispatch(self, repository: int) -> None:
        waiting = self._waiting[repository]
        while waiting:
            with self.placements:
                choice = self._fleet.place(self._wishes[repository])
            if choice is None:
                return
            self._at(LATENCY, "arrive", self._pools[choice.node.id, repository], waiting.popleft())

    def _arrive(self, pool: Pool, job: Job) -> None:
        self._begin(pool, pool.take(job))
        self._at(LATENCY, "accepted", pool)

    def _accepted(self, pool: Pool, _: None) -> None:
        with self.notes:
            self._fleet.accepted(pool.node, self._wishes[pool.repository].algorithm.repository)

    def _begin(self, pool: Pool, job: Job | None) -> None:
        if job is None:
            return
        if job.pool is None:
            self.waits.append(self.now - job.came)
        self._at(job.seconds, "end", pool, job)

    def _end(self, pool: Pool, job: Job) -> None:
        self._left -= 1
        self._begin(pool, pool.end())
        if job.pool is None:
            self._at(LATENCY, "told", pool, job)

    def _told(self, pool: Pool, job: Job) -> None:
        with self.notes:
            self._fleet.ended(pool.node, self._wishes[pool.repository].algorithm.repository, job.seconds)
        self._dispatch(pool.repository)

    def _beat(self, node: int, _: None) -> None:
        loads = {
            self._wishes[pool.repository].algorithm.repository: Load(
                pool.slots, pool.slots - pool.busy, len(pool.queue)
            )
            for pool in self._world.nodes[node]
        }
        self._at(LATENCY, "heard", node, msgspec.json.encode(Loads(loads)))
        self._at(HEARTBEAT, "beat", node)

    def _heard(self, node: int, heartbeat: bytes) -> None:
        with self.heartbeats:
            hungry = self._fleet.heard(node, self._decoder.decode(heartbeat).loads)
        for repository in hungry:
            self._dispatch(self._names[repository])


def memory_of(world: World) -> int:
    """Bytes of the fleet, with a ranking for every algorithm."""
    tracemalloc.start()
    fleet = fleet_of(world)
    for node, pools in enumerate(world.nodes):
        fleet.heard(node, {wish_of(p.repository).algorithm.repository: Load(p.slots, p.slots) for p in pools})
    for repository in range(len(world.pools)):
        fleet.place(wish_of(repository))
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size


def main() -> None:
    """Simulate and print."""
    line = CommandLine(__doc__)
    line.size("nodes", 1000, 20, "nodes")
    line.size("executions", 1_000_000, 2000, "executions")
    line.size("repositories", 50, 5, "repositories of all nodes")
    line.size("hosted", 5, 3, "repositories on each node")
    arguments = line.parse()

    def world() -> World:
        return World(arguments.nodes, repositories=arguments.repositories, of_node=arguments.hosted)

    bound = clairvoyant(world(), arguments.executions)
    simulation = Simulation(world(), arguments.executions)
    simulation.run()
    ours = simulation.waits
    assert len(ours) == len(bound), "every execution has to begin, and once"
    mine, best = percentiles(ours), percentiles(bound)
    busy = simulation.heartbeats.seconds + simulation.placements.seconds + simulation.notes.seconds
    messages = simulation.heartbeats.calls + MESSAGES_OF_EXECUTION * len(ours)
    memory = memory_of(world()) / arguments.nodes / KB
    publish(
        "federation",
        at_most("mean wait, times that of one who knows everything", fmean(ours) / fmean(bound), 1.1),
        at_most("p99 of the wait, times that of one who knows everything", mine["p99"] / best["p99"], 1.1),
        at_least("messages in a second of one core, by routing alone", messages / busy, 10_000, "/s"),
        at_most("memory for each node", memory, 50, "kB"),
        smoke=arguments.smoke,
        unit="s",
        nodes=arguments.nodes,
        slots=sum(world().slots),
        executions=arguments.executions,
        virtualSeconds=round(simulation.now),
        executionsPerSecond=round(arguments.executions / simulation.now, 1),
        messagesPerSecond=round(messages / simulation.now, 1),
        shareOfCore=round(busy / simulation.now, 4),
        heartbeatMicroseconds=simulation.heartbeats.microseconds,
        placementMicroseconds=simulation.placements.microseconds,
        node={"mean": round(fmean(ours), 3), **mine},
        bound={"mean": round(fmean(bound), 3), **best},
    )


if __name__ == "__main__":
    main()
