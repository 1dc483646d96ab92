"""Nodes and executions in virtual time, for ``federation.py``: what comes, what a node does with it, and a greedy
scheduler that knows everything.
"""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

LATENCY = 0.01
"""Seconds that a message takes, one way."""
_SERVICE_MEAN = 30.0
_SERVICE_SIGMA = 1.2
"""Of the logarithm: one run in a hundred takes eight times the mean."""
_LOAD = 0.85
"""Of all slots."""
_LOCAL = 0.1
"""Share of the executions that come to nodes directly, past the master."""
_SWEEPS = 0.5
"""Share that comes in sweeps, all at once."""
_SWEEP = (200, 2000)


@dataclass(slots=True)
class Job:
    """An execution."""

    repository: int
    came: float
    seconds: float
    pool: Pool | None = None
    """Where it was submitted, if that was not the master."""


@dataclass(slots=True)
class Pool:
    """The instances of one repository on one node."""

    node: int
    repository: int
    slots: int
    busy: int = 0
    queue: deque[Job] = field(default_factory=deque)

    def take(self, job: Job) -> Job | None:
        """A job comes; it is returned if it begins."""
        if self.busy == self.slots:
            self.queue.append(job)
            return None
        self.busy += 1
        return job

    def end(self) -> Job | None:
        """A job ends; the one that begins then."""
        if self.queue:
            return self.queue.popleft()
        self.busy -= 1
        return None


class World:
    """Nodes, each with some repositories of all, and the executions that come. The same seed gives the same ones."""

    def __init__(self, nodes: int, *, repositories: int, of_node: int, seed: int = 1) -> None:
        rng = random.Random(seed)
        self.seed = seed
        self.nodes: list[list[Pool]] = [
            [
                Pool(node, repository, rng.choice((2, 4, 8, 16)))
                for repository in rng.sample(range(repositories), of_node)
            ]
            for node in range(nodes)
        ]
        self.pools: list[list[Pool]] = [[] for _ in range(repositories)]
        for pool in (pool for pools in self.nodes for pool in pools):
            self.pools[pool.repository].append(pool)
        self.slots = [sum(pool.slots for pool in pools) for pools in self.pools]

    def jobs(self, count: int) -> Iterator[Job]:
        """What comes, in the order of time."""
        rng = random.Random(self.seed + 1)
        mu = math.log(_SERVICE_MEAN) - _SERVICE_SIGMA**2 / 2
        sweep = (1 - _LOCAL) * _SWEEPS
        # A sweep is one arrival of many executions.
        chance = sweep / (sum(_SWEEP) / 2) / (1 - sweep)
        executions = (1 - chance) + chance * sum(_SWEEP) / 2
        rate = _LOAD * sum(self.slots) / _SERVICE_MEAN / executions
        now, came = 0.0, 0
        while came < count:
            now += rng.expovariate(rate)
            (repository,) = rng.choices(range(len(self.slots)), self.slots)
            many = min(rng.randint(*_SWEEP), count - came) if rng.random() < chance else 1
            local = many == 1 and rng.random() < _LOCAL / (1 - sweep)
            pools = self.pools[repository]
            pool = rng.choices(pools, [each.slots for each in pools])[0] if local else None
            came += many
            for _ in range(many):
                yield Job(repository, now, rng.lognormvariate(mu, _SERVICE_SIGMA), pool)


def clairvoyant(world: World, count: int) -> list[float]:
    """Waiting times if each execution went, when it comes, to where it starts first: all run times are known.

    Messages take as long as they do otherwise.
    """
    free = {id(pool): [0.0] * pool.slots for pools in world.pools for pool in pools}
    earliest = [[(0.0, at) for at, _ in enumerate(pools)] for pools in world.pools]
    numbers = {id(pool): at for pools in world.pools for at, pool in enumerate(pools)}
    waits = []
    for job in world.jobs(count):
        queue, pool = earliest[job.repository], job.pool
        if pool is None:
            while queue[0][0] != free[id(world.pools[job.repository][queue[0][1]])][0]:
                heapq.heappop(queue)
            pool = world.pools[job.repository][queue[0][1]]
        slots = free[id(pool)]
        begins = max(job.came + (LATENCY if job.pool is None else 0.0), slots[0])
        heapq.heapreplace(slots, begins + job.seconds)
        heapq.heappush(queue, (slots[0], numbers[id(pool)]))
        if job.pool is None:
            waits.append(begins - job.came)
    return waits
