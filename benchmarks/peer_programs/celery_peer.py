"""Celery with its defaults: broker and results in Redis, named by CELERY_BROKER_URL and CELERY_RESULT_BACKEND.

``celery --app celery_peer worker`` is the worker; ``main`` is the load: threads that call ``delay()`` and ``get()``.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from celery import Celery
from turns import CLIENTS, NUMBERS, TOTAL, tell, turns

app = Celery("peer")


def add(numbers: list[float]) -> float:
    """The no-op."""
    return sum(numbers)


noop = app.task(add, name="noop")


def _client(until: float) -> int:
    count = 0
    while time.perf_counter() < until:
        assert noop.delay(NUMBERS).get(timeout=60) == TOTAL
        count += 1
    return count


def main() -> None:
    """Work whenever it is told to."""
    with ThreadPoolExecutor(CLIENTS) as threads:
        for seconds in turns():
            began = time.perf_counter()
            count = sum(threads.map(_client, [began + seconds] * CLIENTS))
            tell(count, time.perf_counter() - began)
