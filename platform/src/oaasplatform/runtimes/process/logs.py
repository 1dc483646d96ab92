"""Reading the log of a unit, which its supervisor writes into two files by turns."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from oaasplatform.runtimes.base import UnitState
from oaasplatform.runtimes.process.units import UnitFiles

_CHUNK = 64 * 1024
_LOOK_AGAIN = 0.2
"""Seconds; a file that grows tells nobody."""


async def read_logs(files: UnitFiles, *, tail: int | None, follow: bool) -> AsyncIterator[bytes]:
    """See ``Runtime.logs``."""
    newest = await asyncio.to_thread(_open, files.directory / "log")
    if newest is None:
        return
    with newest:
        log = await asyncio.to_thread(_so_far, files.directory, newest)
        start = 0 if tail is None else _start_of_tail(log, tail)
        for at in range(start, len(log), _CHUNK):
            yield log[at : at + _CHUNK]
        if follow:
            async for chunk in _rest(files, newest):
                yield chunk


async def _rest(files: UnitFiles, file: BinaryIO) -> AsyncIterator[bytes]:
    """What is written from now on, until the unit ends."""
    try:
        while True:
            # Asked before reading: what an ended unit wrote is all there.
            running = files.state() is UnitState.RUNNING
            while chunk := file.read(_CHUNK):
                yield chunk
            newest = _open(files.directory / "log")
            if newest is None:
                return
            if _same(newest, file):
                newest.close()
                if not running:
                    return
                await asyncio.sleep(_LOOK_AGAIN)
            else:
                # The file was full, and is the older one now. Nothing is written to it any more; read it to its end.
                full, file = file, newest
                rest = full.read()
                full.close()
                if rest:
                    yield rest
    finally:
        file.close()


def _so_far(directory: Path, newest: BinaryIO) -> bytes:
    older = _open(directory / "log.1")
    if older is None:
        return newest.read()
    with older:
        # The files may have changed places since: then the older one is what we have in hand.
        return (b"" if _same(older, newest) else older.read()) + newest.read()


def _start_of_tail(log: bytes, lines: int) -> int:
    if lines <= 0:
        return len(log)
    at = len(log) - 1 if log.endswith(b"\n") else len(log)
    for _ in range(lines):
        at = log.rfind(b"\n", 0, at)
        if at < 0:
            return 0
    return at + 1


def _same(one: BinaryIO, other: BinaryIO) -> bool:
    return os.path.sameopenfile(one.fileno(), other.fileno())


def _open(path: Path) -> BinaryIO | None:
    try:
        return path.open("rb")
    except FileNotFoundError:
        return None
