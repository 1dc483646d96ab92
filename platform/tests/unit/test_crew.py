"""A crew of small processes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import pytest

from oaasplatform.kit.crew import Crew, NotReady

WORKS = """
import os, sys
parcel = os.read(0, 100).decode()
print(os.getpid(), parcel, flush=True)
os.write(DESCRIPTOR, b"started\\n")
os.read(0, 1)
"""


async def test_all_work_and_are_started_again_until_the_end() -> None:
    started, told = os.pipe()
    program = WORKS.replace("DESCRIPTOR", str(told))
    crew = Crew([sys.executable, "-c", program], 2, parcel=b"hello", descriptors=[told])
    async with asyncio.timeout(30):
        async with crew.at_work() as lines:
            pids = [int(line.split()[0]) for line in lines]
            assert [line.split()[1] for line in lines] == [b"hello"] * 2
            assert len(set(pids)) == 2
            assert await _read(started, 16) == b"started\n" * 2
            os.kill(pids[0], signal.SIGKILL)
            assert await _read(started, 8) == b"started\n"
            os.kill(pids[1], 0)
        for pid in pids:
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)
    os.close(told)
    # No process holds the other end any more, those included that were started again.
    assert await _read(started, 1) == b""
    os.close(started)


async def test_who_does_not_get_ready_says_why() -> None:
    for program, reason in (("print('!no room', flush=True)", "no room"), ("raise SystemExit(7)", "exit code 7")):
        crew = Crew([sys.executable, "-c", program], 2, parcel=b"", descriptors=[])
        with pytest.raises(NotReady, match=reason):
            async with crew.at_work():
                pytest.fail("they were never ready")


async def test_the_end_of_the_parent_ends_the_input() -> None:
    """Whatever ends this process: a crew reads the end of its input."""
    parent = f"""
import asyncio, os, sys
from oaasplatform.kit.crew import Crew
async def main():
    crew = Crew([sys.executable, "-c", {WORKS.replace("DESCRIPTOR", "2")!r}], 1, parcel=b"x", descriptors=[])
    async with crew.at_work():
        os.kill(os.getpid(), 9)
asyncio.run(main())
"""
    started, told = os.pipe()
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", parent, stderr=told)
    os.close(told)
    assert await process.wait() == -signal.SIGKILL
    async with asyncio.timeout(10):
        assert await _read(started, 8) == b"started\n"
        assert await _read(started, 1) == b""
    os.close(started)


async def _read(descriptor: int, count: int) -> bytes:
    """So many bytes, fewer only at the end."""
    taken = b""
    while len(taken) < count and (chunk := await asyncio.to_thread(os.read, descriptor, count - len(taken))):
        taken += chunk
    return taken
