"""The backend. ``START``: ``slow`` or ``never``; ``REDIS=needed``: ends at once where there is none."""

from __future__ import annotations

import os
import time
import uuid
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from redis import Redis

from src import store
from src.algorithms import ALGORITHMS
from src.worker import celery, execute

START = os.environ.get("START", "normal")
while START == "never":
    time.sleep(60)
if START == "slow":
    time.sleep(5)
if os.environ.get("REDIS") == "needed":
    Redis.from_url(celery.conf.result_backend).ping()
store.create()
app = FastAPI()


@app.get("/algorithms")
def algorithms() -> list[dict[str, Any]]:
    return [algorithm.described() for algorithm in ALGORITHMS.values()]


@app.post("/executions/{id}")
def launch(id: int, callback_id: int, request: Request, input: dict[str, Any]) -> dict[str, Any]:
    if id not in ALGORITHMS:
        raise HTTPException(404, "There is no such algorithm.")
    assert request.client is not None
    task = str(uuid.uuid4())

    def begin(records: store.Records) -> dict[str, Any]:
        record = {
            "id": len(records),
            "name": ALGORITHMS[id].function.__name__,
            "task_id": task,
            "callback_id": callback_id,
            "input_parameters": input,
            "output": {},
            "error": {},
            "created": store.now(),
            "finished": "",
        }
        records.append(record)
        return record

    record = _changed(begin)
    callback = f"http://{request.client.host}:5000/callback/{callback_id}"
    execute.apply_async((record["id"], id, input, callback), task_id=task)
    return record


@app.get("/executions/{id}")
def show(id: int) -> dict[str, Any]:
    return _changed(lambda records: _of(records, id))


@app.delete("/executions/{id}")
def revoke(id: int) -> dict[str, Any]:
    record = _changed(lambda records: _of(records, id))
    if record["finished"]:
        raise HTTPException(422, "The execution has finished.")
    celery.control.revoke(record["task_id"], terminate=True)
    return record


def _changed(edit: Any) -> dict[str, Any]:
    try:
        return store.change(edit)
    except ValueError as error:
        raise HTTPException(422, str(error)) from error


def _of(records: store.Records, id: int) -> dict[str, Any]:
    if not 0 <= id < len(records):
        raise HTTPException(404, "There is no such execution.")
    return records[id]
