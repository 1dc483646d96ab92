"""Sending one message."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
from aiohttp.abc import AbstractResolver

from oaasplatform.webhooks.base import Message
from oaasplatform.webhooks.connections import CheckedConnector
from oaasplatform.webhooks.guard import Guard, TargetRefused
from oaasplatform.webhooks.signing import signed

_TIMEOUT = aiohttp.ClientTimeout(total=15.0, sock_connect=5.0)
_GONE = 410


class NotDelivered(Exception):
    """A message was not acknowledged; ``str(error)`` says why."""

    def __init__(self, reason: str, *, final: bool = False, rest: float | None = None) -> None:
        """``final``: it is no use to send it again. ``rest``: seconds that the receiver wants to be left alone."""
        super().__init__(reason)
        self.final = final
        self.rest = rest


class Sender:
    """Posts signed messages. Redirects are not followed, answers are not read: the status says it all."""

    def __init__(self, guard: Guard, resolver: AbstractResolver, *, connections: int) -> None:
        self.secret = ""
        """Signs what is sent from now on; without one nothing can be sent."""
        self._session = aiohttp.ClientSession(
            connector=CheckedConnector(guard, resolver, limit=connections),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            timeout=_TIMEOUT,
            headers={"Content-Type": "application/json", "User-Agent": "oaas-platform"},
        )

    async def send(self, url: str, message: Message) -> None:
        """Raises ``NotDelivered``."""
        headers = signed(self.secret, message.id, message.body)
        try:
            async with self._session.post(url, data=message.body, headers=headers, allow_redirects=False) as answer:
                status, retry_after = answer.status, answer.headers.get("Retry-After")
        except TargetRefused as error:
            raise NotDelivered(str(error), final=True) from error
        except TimeoutError as error:
            raise NotDelivered("The receiver did not answer in time.") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise NotDelivered(_one_line(error)) from error
        if 200 <= status < 300:
            return
        reason = f"The receiver answered with status {status}."
        if 300 <= status < 400:
            reason = f"The receiver redirects (status {status}), which is not followed."
        raise NotDelivered(reason, final=status == _GONE, rest=_seconds(retry_after))

    async def close(self) -> None:
        """Close connections."""
        await self._session.close()


def _one_line(error: Exception) -> str:
    said = error.message if isinstance(error, aiohttp.ClientResponseError) else str(error)
    return said.partition("\n")[0][:300] or type(error).__name__


def _seconds(retry_after: str | None) -> float | None:
    """``Retry-After`` (RFC 9110): seconds, or a time."""
    if retry_after is None:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds())
