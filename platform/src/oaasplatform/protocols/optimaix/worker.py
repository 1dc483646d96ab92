"""What is known of the Celery worker: what it has left in Redis, and what it answers when it is asked there.

Celery's remote control is a message that is published to all workers, with the name of a list for their answers.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import time
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from oaasplatform.domain.errors import ContractBroken, InstanceUnreachable
from oaasplatform.domain.targets import Target
from oaasplatform.protocols.calls import SMALL, decode
from oaasplatform.protocols.optimaix.stack import Redises, RedisPlace, redises_of
from oaasplatform.protocols.optimaix.wire import DIALECT, ENDED, TaskMeta

if TYPE_CHECKING:
    from redis.asyncio import Redis

_ANSWER_SECONDS = 1.0
_QUEUE, _TAKEN = "celery", "unacked"
"""Tasks that no worker has, and those that one has but did not begin."""
_INBOX, _ANSWERS = "celery.pidbox", "reply.celery.pidbox"
_SEPARATOR = "\x06\x16"

Content = TypeVar("Content")


class _Properties(msgspec.Struct, frozen=True):
    body_encoding: str = ""


class _Envelope(msgspec.Struct, frozen=True):
    """A message as Celery puts it into a list."""

    body: str
    properties: _Properties


class _Task(msgspec.Struct, frozen=True):
    id: str
    worker_pid: int | None = None


class _Pool(msgspec.Struct, frozen=True):
    processes: list[int] = []


class _Stats(msgspec.Struct, frozen=True):
    pool: _Pool = _Pool()


class Worker:
    """The worker of one instance. All methods raise ``InstanceUnreachable`` and ``ContractBroken``."""

    def __init__(self, places: Redises, *, max_result: int) -> None:
        self._broker = places.broker
        self._results = places.results
        self._max_result = max_result

    async def task(self, id_: str) -> TaskMeta | None:
        """What it has written about a task; None for one that goes on, or that it never heard of."""
        key = f"celery-task-meta-{id_}"
        async with _conversation(self._results, limit=self._max_result + SMALL) as redis:
            length = await redis.strlen(key)
            if length > self._max_result:
                raise ContractBroken(f"The result has {length} bytes, more than the {self._max_result} that are taken.")
            body = await redis.get(key) if length else None
        return None if body is None else decode(_bytes(body), TaskMeta, DIALECT)

    async def has_ended(self, task: str) -> bool:
        """Whether it has written how a task ended, be it understood or not."""
        try:
            meta = await self.task(task)
        except ContractBroken:
            return True
        return meta is not None and meta.status in ENDED

    async def connected(self) -> bool:
        """Whether a worker listens for tasks, busy or not."""
        async with _conversation(self._broker, limit=SMALL) as redis:
            return bool(await redis.pubsub_numpat())

    async def waiting(self) -> int:
        """How many tasks nobody has begun."""
        async with _conversation(self._broker, limit=SMALL) as redis:
            return int(await redis.llen(_QUEUE)) + int(await redis.hlen(_TAKEN))

    async def active(self) -> dict[str, int | None]:
        """Tasks under way, with their processes."""
        answers = await self._ask("active", list[_Task], safe=True)
        return {task.id: task.worker_pid for tasks in answers for task in tasks}

    async def processes(self) -> set[int]:
        """In which tasks run, or would."""
        return {process for stats in await self._ask("stats", _Stats) for process in stats.pool.processes}

    async def _ask(self, method: str, type_: type[Content], **arguments: Any) -> list[Content]:
        """What the workers answer; usually there is one."""
        name = secrets.token_hex(16)
        answers = f"{name}.{_ANSWERS}"
        binding, member = f"_kombu.binding.{_ANSWERS}", f"{name}{_SEPARATOR}{_SEPARATOR}{answers}"
        question = _question(method, arguments, name)
        async with _conversation(self._broker, limit=SMALL) as redis:
            await redis.sadd(binding, member)
            try:
                asked = await redis.publish(f"/{self._broker.database}.{_INBOX}", question)
                bodies = [await _next(redis, answers) for _ in range(asked)]
            finally:
                await redis.srem(binding, member)
                await redis.delete(answers)
        if not bodies:
            raise InstanceUnreachable("No worker is connected to Redis.")
        return [answer for body in bodies for answer in _opened(body, type_)]


def worker_of(target: Target, *, max_result: int) -> Worker | None:
    """The worker of an instance; None where no Redis is known, by which it could be asked."""
    places = redises_of(target)
    return None if places is None else Worker(places, max_result=max_result)


def _conversation(place: RedisPlace, *, limit: int) -> AbstractAsyncContextManager[Redis]:
    # The client costs 20 MB and half a second: for nodes that have such repositories.
    from oaasplatform.protocols.optimaix.redis import conversation

    return conversation(place, limit=limit)


async def _next(redis: Redis, answers: str) -> bytes:
    found = await redis.brpop([answers], timeout=_ANSWER_SECONDS)
    if found is None:
        raise InstanceUnreachable(f"The worker does not answer within {_ANSWER_SECONDS:g} seconds.")
    return _bytes(found[1])


def _bytes(value: bytes | str) -> bytes:
    """Of an answer: the client can be told to decode them, and has not been."""
    return value if isinstance(value, bytes) else value.encode()


def _question(method: str, arguments: dict[str, Any], name: str) -> bytes:
    body = {
        "method": method,
        "arguments": arguments,
        "destination": None,
        "pattern": None,
        "matcher": None,
        "ticket": name,
        "reply_to": {"exchange": _ANSWERS, "routing_key": name},
    }
    return msgspec.json.encode(
        {
            "body": base64.b64encode(msgspec.json.encode(body)).decode(),
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": {"clock": 1, "expires": time.time() + _ANSWER_SECONDS},
            "properties": {
                "delivery_mode": 2,
                "delivery_info": {"exchange": _INBOX, "routing_key": ""},
                "priority": 0,
                "body_encoding": "base64",
                "delivery_tag": name,
            },
        }
    )


def _opened(message: bytes, type_: type[Content]) -> list[Content]:
    envelope = decode(message, _Envelope, DIALECT)
    body = envelope.body.encode()
    if envelope.properties.body_encoding == "base64":
        try:
            body = base64.b64decode(body, validate=True)
        except binascii.Error as error:
            raise ContractBroken("The worker's answer is not what its encoding says.") from error
    return list(decode(body, dict[str, type_], DIALECT).values())  # type: ignore[valid-type]
