"""The loop that every worker is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from oaasplatform.domain.errors import OaasError
from oaasplatform.kit.backoff import delay
from oaasplatform.kit.waiting import wait_for

log = structlog.get_logger(__name__)


async def repeat(name: str, work: Callable[[], Awaitable[float]], wakeup: asyncio.Event) -> None:
    """Do ``work`` again and again: after the seconds it returns, or at once when ``wakeup`` is set.

    A failure is logged and answered with growing rests. Known ones (the database or the engine is down) are worth a
    line, anything else is a defect and worth its traceback; the loop goes on in both cases.
    """
    failures = 0
    while True:
        try:
            rest = await work()
            if failures:
                log.info("works again", worker=name)
            failures = 0
        except OaasError as error:
            failures += 1
            log.warning("interrupted", worker=name, reason=error.detail)
        except Exception:
            failures += 1
            log.exception("failed", worker=name)
        if failures:
            await asyncio.sleep(delay(failures, first=0.2, most=5.0))
        else:
            await wait_for(wakeup, rest)
