"""Callbacks to the node: rate, order, retries."""

from __future__ import annotations

import itertools
import json
import socket
import time
from typing import Any


def test_progress_is_merged_and_in_order(instance: Any, receiver: Any) -> None:
    instance.start("count", 1000, callbackUrl=receiver.url)
    final = receiver.final()
    assert final["status"] == 0
    assert final["output"] == 1000
    messages = receiver.messages
    sequences = [message["sequence"] for message in messages]
    assert sequences == sorted(set(sequences))
    fractions = [message["progressFraction"] for message in messages]
    assert fractions == sorted(fractions)
    assert 3 <= len(messages) <= 12
    times = [at for at, _, message in receiver.seen if message["status"] == 1]
    assert all(later - earlier > 0.2 for earlier, later in itertools.pairwise(times))
    assert {path for _, path, _ in receiver.seen} == {"/callback/secret"}


def test_the_last_progress_before_silence_arrives(eventually: Any, instance: Any, receiver: Any) -> None:
    running = instance.start("report-once", 1000, callbackUrl=receiver.url)
    eventually(lambda: any("incumbent" in message for message in receiver.messages))
    instance.stop(running)
    assert receiver.final()["error"]["type"] == "stopped"


def test_a_run_without_news_sends_its_end_only(instance: Any, receiver: Any) -> None:
    instance.start("sleep", {"seconds": 0.05}, callbackUrl=receiver.url)
    assert receiver.final()["output"] == "slept"
    assert len(receiver.seen) == 1


def test_an_answered_end_is_not_sent_again(instance: Any, receiver: Any) -> None:
    instance.run("sleep", {"seconds": 0.05}, callbackUrl=receiver.url)
    instance.run("sleep", {"seconds": 0.5})
    assert receiver.seen == []


def test_the_end_is_sent_until_the_node_takes_it(eventually: Any, instance: Any, receiver: Any) -> None:
    receiver.down()
    running = instance.start("count", 300, callbackUrl=receiver.url)
    instance.final(running)
    time.sleep(0.3)
    receiver.answer = 503
    receiver.up()
    eventually(lambda: receiver.seen)
    receiver.answer = 204
    eventually(lambda: len(receiver.seen) >= 2)
    assert all(message["status"] == 0 for message in receiver.messages)
    count = len(receiver.seen)
    instance.run("sleep", {"seconds": 0.7})
    assert len(receiver.seen) == count


def test_a_node_that_does_not_know_the_run_is_left_alone(eventually: Any, instance: Any, receiver: Any) -> None:
    receiver.answer = 404
    instance.start("sleep", {"seconds": 0.05}, callbackUrl=receiver.url)
    eventually(lambda: receiver.seen)
    instance.run("sleep", {"seconds": 0.7})
    assert len(receiver.seen) == 1


def test_the_end_is_called_back_when_the_caller_went_away(eventually: Any, instance: Any, receiver: Any) -> None:
    (algorithm,) = [one for one in instance.http.get("/algorithms").json() if one["name"] == "sleep"]
    launch = {"executionId": "left", "input": {"seconds": 0.5}, "callbackUrl": receiver.url}
    body = json.dumps(launch).encode()
    url = instance.http.base_url
    with socket.create_connection((url.host, url.port)) as connection:
        head = f"POST /executions/{algorithm['algorithmId']} HTTP/1.1\r\nHost: a\r\nPrefer: wait=50\r\n"
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        eventually(lambda: instance.http.get("/executions/left").status_code == 200)
    assert receiver.final()["output"] == "slept"
