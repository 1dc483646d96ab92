"""The worker: ``celery --app=src.worker.celery worker``."""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any

import requests
from celery import Celery  # type: ignore[import-untyped]

from src import store
from src.algorithms import ALGORITHMS

celery = Celery(
    "optimaix",
    broker=os.environ.get("CELERY_BROKER_URL", "redis://localhost:6379/0"),
    backend=os.environ.get("CELERY_RESULT_BACKEND", "redis://localhost:6379/0"),
)


@celery.task(name="execute")  # type: ignore[untyped-decorator]
def execute(execution: int, algorithm: int, input: dict[str, Any], callback: str) -> Any:
    output = ALGORITHMS[algorithm].function(input)

    def finish(records: store.Records) -> dict[str, Any]:
        record = records[execution]
        record.update(output=output, error={"success": True}, finished=store.now())
        return record

    with contextlib.suppress(ValueError):
        store.change(finish)
    with contextlib.suppress(requests.RequestException):
        requests.post(callback, json.dumps(output), headers={"Content-Type": "application/json"}, timeout=10)
    return output
