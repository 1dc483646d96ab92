"""Of all processes on one database, one leads: it alone drives the engine and launches runs. PostgreSQL says which.

The role is an advisory lock, held by a session of its own. PostgreSQL frees it when the session ends: with the process,
or when it has heard nothing of it for a while, because the process hangs or its machine is gone. The leader asks
PostgreSQL more often than that, and ends its work when no answer comes.

So there is one leader, except for a moment: a process that was stopped and goes on does not know yet that another one
leads. What it does then is harmless by the guards of ``transitions`` (attempts) and ``instances`` (generations); and it
claims nothing, because each term of office has a number, and claims of an older term find nothing.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import asyncpg
import structlog

from oaasplatform.database.errors import UNAVAILABLE, translated
from oaasplatform.database.notifications import CHANNEL, LEADERSHIP, Listener
from oaasplatform.domain.errors import DatabaseUnavailable, LeadershipLost
from oaasplatform.kit.backoff import delays
from oaasplatform.kit.waiting import wait_for

_LOCK = 0x0AA5_0004
_IDLE_SECONDS = 10
"""PostgreSQL ends the session of a leader that was silent for so long."""
_ASK_SECONDS = 2.0
_ANSWER_SECONDS = 5.0
"""Together less than ``_IDLE_SECONDS``: a leader that is cut off stops before another one begins."""
_LOOK_SECONDS = 1.0
"""How often a process that stands by looks if the role is free; one that is given back is announced."""
_SETTLED_SECONDS = 60.0
"""After so long, the next rest is a short one again."""

# Not all servers know it; those that don't end the session when TCP gives up.
_END_WHEN_IDLE = "SELECT set_config(name, $1, false) FROM pg_settings WHERE name = 'idle_session_timeout'"

_GIVE_BACK = f"SELECT pg_advisory_unlock($1), pg_notify('{CHANNEL}', '{LEADERSHIP}')"

log = structlog.get_logger(__name__)


class Leadership:
    """The role, and whether this process has it."""

    def __init__(
        self, connect: Callable[[], Awaitable[asyncpg.Connection]], listener: Listener, *, self_table: str
    ) -> None:
        """``connect`` makes a connection that is used for nothing else; ``self_table`` counts the terms."""
        self._connect = connect
        self._listener = listener
        self._next_term = f"UPDATE {self_table} SET term = term + 1 RETURNING term"  # noqa: S608 - of our schema
        self.term: int | None = None
        """Number of the term of office, as long as this process leads."""

    async def lead(self, work: Callable[[int], Awaitable[None]], *, patience: float | None = None) -> bool:
        """Wait for the role (up to ``patience`` seconds), and do ``work`` in it; False if another process keeps it.

        ``work`` gets the number of the term. It is cancelled when the role is lost.

        Raises:
            LeadershipLost, DatabaseUnavailable
        """
        async with self._session() as session:
            try:
                async with asyncio.timeout(patience) as limit:
                    await self._acquire(session)
            except TimeoutError:
                if limit.expired():
                    return False
                raise
            with translated():
                # Claims of former leaders find nothing from here on.
                self.term = await session.fetchval(self._next_term, timeout=10)
            try:
                assert self.term is not None
                await _while_held(session, work(self.term))
            finally:
                self.term = None
                with suppress(*UNAVAILABLE, asyncpg.PostgresError):
                    await session.execute(_GIVE_BACK, _LOCK, timeout=2)
        return True

    async def keep(self, work: Callable[[int], Awaitable[None]]) -> None:
        """Do ``work`` whenever this process gets the role. A failure is logged, and all begins again."""
        rests = delays(first=0.2, most=5.0)

        async def announced(term: int) -> None:
            log.info("this process leads", process=os.getpid(), term=term)
            await work(term)

        while True:
            began = time.monotonic()
            try:
                await self.lead(announced)
            except (LeadershipLost, DatabaseUnavailable) as error:
                log.warning("standing by", reason=error.detail)
            except Exception:
                log.exception("the work in the background failed and begins again")
            if time.monotonic() - began > _SETTLED_SECONDS:
                rests = delays(first=0.2, most=5.0)
            await asyncio.sleep(next(rests))

    async def _acquire(self, session: asyncpg.Connection) -> None:
        # Not by waiting in the server: a statement that waits for days keeps tables from being cleaned for days.
        with self._listener.subscribe(LEADERSHIP) as given_back, translated():
            while not await session.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK, timeout=_ANSWER_SECONDS):
                await wait_for(given_back, _LOOK_SECONDS)

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[asyncpg.Connection]:
        with translated():
            session = await self._connect()
        try:
            with translated():
                await session.execute(_END_WHEN_IDLE, f"{_IDLE_SECONDS}s", timeout=10)
            yield session
        finally:
            session.terminate()


async def _while_held(session: asyncpg.Connection, work: Awaitable[None]) -> None:
    doing = asyncio.ensure_future(work)
    losing = asyncio.create_task(_loss(session), name="leadership")
    try:
        await asyncio.wait({doing, losing}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise LeadershipLost(f"This process leads no more: {losing.result()}")
    finally:
        losing.cancel()
        doing.cancel()
        await asyncio.gather(losing, doing, return_exceptions=True)
    await doing


async def _loss(session: asyncpg.Connection) -> str:
    """Return once the session is lost, with the reason."""
    ended = asyncio.Event()
    session.add_termination_listener(lambda _: ended.set())
    try:
        while not session.is_closed() and not await wait_for(ended, _ASK_SECONDS):
            with translated():
                await session.execute("SELECT 1", timeout=_ANSWER_SECONDS)
    except DatabaseUnavailable as error:
        return error.detail
    return "PostgreSQL has ended its session."
