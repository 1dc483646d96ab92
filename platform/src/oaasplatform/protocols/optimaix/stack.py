"""The containers of an OPTIMAIX repository, and where in them Redis is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from oaasplatform.domain.deployments import Condition, Mount, Service, Stack
from oaasplatform.domain.targets import Target

_REDIS_URL = "redis://redis:6379/0"
_RESULTS, _BROKER = "CELERY_RESULT_BACKEND", "CELERY_BROKER_URL"
_ENVIRONMENT = {_BROKER: _REDIS_URL, _RESULTS: _REDIS_URL}
_STATE = (Mount(volume="app", path="/app"),)
_WORKER = ("celery", "--app=src.worker.celery", "worker", "--loglevel=INFO")
_REDIS = ("redis-server", "--protected-mode", "no", "--save", "")
"""In memory only: it lives as long as the runs it knows. What keeps others out is the network of the stack."""
_REDIS_USER = "999:1000"
"""As which its image means to run. It begins as root to become that, which nobody can without capabilities."""


def stack_of(image: str, redis_image: str) -> Stack:
    """Backend and worker of one image, with a directory that they share, and Redis."""
    after_redis = {"redis": Condition.STARTED}
    return Stack(
        answers="backend",
        services={
            "backend": Service(image=image, environment=_ENVIRONMENT, volumes=_STATE, depends_on=after_redis, share=2),
            "worker": Service(
                image=image, command=_WORKER, environment=_ENVIRONMENT, volumes=_STATE, depends_on=after_redis, share=5
            ),
            "redis": Service(image=redis_image, command=_REDIS, user=_REDIS_USER, share=1),
        },
    )


@dataclass(frozen=True)
class RedisPlace:
    """A database of a Redis server, as the node reaches it."""

    host: str
    port: int
    database: int
    username: str | None
    password: str | None


@dataclass(frozen=True)
class Redises:
    """Where backend and worker meet."""

    broker: RedisPlace
    results: RedisPlace


def redises_of(target: Target) -> Redises | None:
    """Where they are, by the environment of the backend; None for a single container and other brokers."""
    stack = target.deployment.stack
    if stack is None:
        return None
    environment = stack.services[stack.answers].environment
    broker, results = (_place(target, environment.get(name, "")) for name in (_BROKER, _RESULTS))
    return None if broker is None or results is None else Redises(broker, results)


def _place(target: Target, url: str) -> RedisPlace | None:
    try:
        parts = urlsplit(url)
        port = parts.port or 6379
    except ValueError:
        return None
    database = parts.path.removeprefix("/") or "0"
    address = target.addresses.get(parts.hostname or "")
    if parts.scheme != "redis" or address is None or not re.fullmatch("[0-9]{1,4}", database):
        return None
    return RedisPlace(address, port, int(database), _decoded(parts.username), _decoded(parts.password))


def _decoded(text: str | None) -> str | None:
    """Part of a URL; an empty one is none."""
    return unquote(text) if text else None
