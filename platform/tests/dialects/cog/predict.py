"""Models for Cog, one an image: those of the table, and some that are worse."""

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

from cog import BasePredictor, ConcatenateIterator, Input, Path

_STEP = 0.05


def _rest(seconds: float) -> None:
    """A model is cancelled by an exception, which comes between two steps."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, _STEP))


class Model(BasePredictor):
    """Starts as the table wants it."""

    def setup(self) -> None:
        print("reading weights")
        time.sleep({"slow": 5, "never": 10**6}.get(os.environ.get("START", ""), 0))


class Add(Model):
    def predict(self, a: float, b: float) -> dict:
        return {"sum": a + b}


class Sleep(Model):
    def predict(self, seconds: float = Input(description="How long", ge=0)) -> dict:
        print("sleeping", seconds, flush=True)
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            _rest(min(left, 1))
            # Servers report at most every half a second, and what came in between with the next line only.
            print("still sleeping", flush=True)
        return {"slept": seconds}


class Count(Model):
    def predict(self, steps: int, seconds: float) -> dict:
        for step in range(1, steps + 1):
            _rest(seconds / steps)
            bar = f"\rCounting: {100 * step // steps:3}%|{'#' * step:{steps}}| {step}/{steps} [00:01<00:01]"
            print(bar, end="", file=sys.stderr, flush=True)
        return {"steps": steps}


class Fail(Model):
    def predict(self, message: str) -> dict:
        raise ValueError(message)


class Big(Model):
    def predict(self, bytes: int) -> dict:  # noqa: A002 - the table's name
        return {"text": "x" * bytes}


class Garbage(Model):
    def predict(self, sound: bool = False) -> Any:
        return {"sound": True} if sound else object()


class Stubborn(Model):
    def predict(self, seconds: float) -> dict:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                print("not listening", flush=True)  # again and again, as cog 0.16 drops what comes twice in 0.5 s
                _rest(0.6)
            except BaseException as error:  # noqa: BLE001 - that is its vice
                print("ignored", type(error).__name__, flush=True)
        return {"slept": seconds}


class Crash(Model):
    def predict(self) -> dict:
        os._exit(3)


class Broken(Model):
    def setup(self) -> None:
        raise RuntimeError("there are no weights")

    def predict(self) -> dict:
        return {}


class Pieces(Model):
    def predict(self, words: int) -> Iterator[str]:
        for word in range(words):
            yield f"word {word}"


class Text(Model):
    def predict(self, words: int) -> ConcatenateIterator[str]:
        for word in range(words):
            yield f"{word} "


class Together(Model):
    async def predict(self, seconds: float) -> dict:
        print("sleeping", seconds, flush=True)
        await asyncio.sleep(seconds)
        return {"slept": seconds}


class Typed(Model):
    def predict(
        self,
        mode: str = Input(description="What for", choices=["cost", "delay"], default="cost"),
        weight: float = Input(ge=0, le=1, default=0.5),
        sites: list[str] = Input(description="Names"),  # noqa: B008 - how Cog is told
        seed: int | None = Input(default=None),
        picture: Path | None = Input(default=None),  # noqa: B008 - how Cog is told
    ) -> dict:
        read = None if picture is None else picture.read_text()
        return {"mode": mode, "weight": weight, "sites": sites, "seed": seed, "picture": read}
