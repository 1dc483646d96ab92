"""Parts of the client that need no node. The whole is tested against a node by the platform's acceptance tests."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import pytest
from pydantic import BaseModel, Field

from oaas_sdk.client import NodeUnreachable, OaasClient
from oaas_sdk.client.background import BackgroundLoop
from oaas_sdk.client.documents import encode
from oaas_sdk.client.sse import EventParser

STREAM = b'id: 7\nevent: status\ndata: {"a": "\xe2\x80\xa8"}\n\n: still here\n\nid: 8\r\ndata: one\r\ndata: two\r\n\r\n'


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_events_are_cut_wherever_the_chunks_end(size: int) -> None:
    parser = EventParser()
    chunks = [STREAM[start : start + size] for start in range(0, len(STREAM), size)]
    assert [event for chunk in chunks for event in parser.feed(chunk)] == ['{"a": "\u2028"}'.encode(), b"one\ntwo"]
    assert parser.last_id == "8"


def test_an_event_that_was_cut_off_is_forgotten() -> None:
    parser = EventParser()
    assert list(parser.feed(b"id: 1\ndata: whole\n\nid: 1\ndata: ha")) == [b"whole"]
    parser.reconnect()
    assert list(parser.feed(b"id: 2\ndata: next\n\n")) == [b"next"]


class Site(BaseModel):
    opening_cost: float = Field(alias="openingCost")


@dataclass
class Point:
    x: float


class Pair(msgspec.Struct):
    left: int


@pytest.mark.parametrize(
    ("value", "document"),
    [
        ({"sites": [Site(openingCost=2)]}, {"sites": [{"openingCost": 2.0}]}),
        ([Point(1.5), (1, 2)], [{"x": 1.5}, [1, 2]]),
        ({"costs": np.array([[1.0, 2.0]]), "n": np.int64(3)}, {"costs": [[1.0, 2.0]], "n": 3}),
        (Pair(1), {"left": 1}),
        ("NaN and Infinity", "NaN and Infinity"),
        (None, None),
    ],
)
def test_inputs_become_json(value: Any, document: Any) -> None:
    assert json.loads(encode(value)) == document


@pytest.mark.parametrize("value", [math.nan, {"a": [math.inf]}, np.array([np.nan]), object(), {"f": print}])
def test_what_is_not_json_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"JSON|form"):
        encode(value)


def test_a_generator_that_is_left_early_is_closed() -> None:
    closed = []

    async def numbers() -> AsyncGenerator[int, None]:
        try:
            for number in range(10):
                yield number
                await asyncio.sleep(0)
        finally:
            closed.append(True)

    loop = BackgroundLoop()
    iterator = loop.iterate(numbers())
    assert [next(iterator), next(iterator)] == [0, 1]
    iterator.close()
    assert closed == [True]
    assert list(loop.iterate(numbers())) == list(range(10))
    loop.close()


def test_closing_cancels_what_runs() -> None:
    seen: list[str] = []
    tasks: list[asyncio.Task[None]] = []

    async def start() -> None:
        async def wait() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                seen.append("cancelled")

        tasks.append(asyncio.create_task(wait()))
        await asyncio.sleep(0)

    loop = BackgroundLoop()
    loop.run(start())
    loop.close()
    assert seen == ["cancelled"]


def test_nobody_answers() -> None:
    with OaasClient("http://127.0.0.1:9", retry_for=0.3) as client, pytest.raises(NodeUnreachable):
        client.run("noop", {})
    with pytest.raises(ValueError, match="address of a node"):
        OaasClient("127.0.0.1:5000")
