"""Asynchronous requests, MATLAB's word for runs, on a server."""

from __future__ import annotations

from urllib.parse import quote

from oaasplatform.domain.errors import ContractBroken, InputRefused, InstanceBusy, InstanceUnreachable, RunUnknown
from oaasplatform.protocols.calls import ANSWER_SECONDS, SMALL, Answer, Caller, decode
from oaasplatform.protocols.matlab.wire import DIALECT, Info, Request, Requests, Result, State, failure_in

_RESULT_SECONDS = 60.0
_GONE = (400, 404, 410)
"""What a request that is unknown, deleted or of an earlier life of the server is answered with."""
_LIST = 4 * SMALL


class RequestCalls:
    """One method for each call. ``url`` is that of a request: the server's, and the path that it gave itself.

    All raise ``InstanceUnreachable``, and ``ContractBroken`` for answers that are none of the documented ones.
    """

    def __init__(self, caller: Caller, *, max_output_bytes: int) -> None:
        self._caller = caller
        self._max_result = max_output_bytes + SMALL

    async def create(self, base_url: str, archive: str, function: str, client: str, body: bytes) -> Request:
        """Queue a call of a function.

        Raises:
            InputRefused: the arguments are no MATLAB values.
            InstanceBusy: the server takes no requests right now.
        """
        path = f"/{quote(archive, safe='')}/{quote(function, safe='')}"
        answer = await self._caller.call(
            "POST",
            f"{base_url}{path}?mode=async&client={quote(client, safe='')}",
            data=body,
            headers={"Content-Type": "application/json"},
            seconds=ANSWER_SECONDS + len(body) / 2**20,
        )
        match answer.status:
            case 201:
                return decode(answer.body, Request, DIALECT)
            case 400 | 413:
                raise InputRefused(_told(answer))
            case 429 | 503:
                raise InstanceBusy(_told(answer))
        raise ContractBroken(f"POST {path} was answered with {answer.status}: {_told(answer)}")

    async def find(self, base_url: str, up: str, client: str) -> Request | None:
        """The first request that a client made; None when it made none."""
        url = f"{base_url}{up}?since=0&clients={quote(client, safe='')}"
        answer = await self._caller.call("GET", url, limit=_LIST)
        if answer.status in (204, *_GONE):
            return None
        _expect(answer, 200, "GET", up)
        found = decode(answer.body, Requests, DIALECT).data
        return found[0] if found else None

    async def state(self, url: str) -> State:
        """Raises ``RunUnknown``."""
        answer = await self._caller.call("GET", f"{url}/info")
        if answer.status in _GONE:
            raise RunUnknown(f"The server does not know the request: {_told(answer)}")
        _expect(answer, 200, "GET", "{self}/info")
        state = decode(answer.body, Info, DIALECT).state
        if state in (State.DELETED, State.UNKNOWN):
            raise RunUnknown(f"The request is {state.lower()}.")
        return state

    async def result(self, url: str) -> Result:
        """Of a request that is ready or failed. Raises ``RunUnknown``."""
        answer = await self._caller.call("GET", f"{url}/result", limit=self._max_result, seconds=_RESULT_SECONDS)
        if answer.status in (404, 410):
            raise RunUnknown(f"The server has no result any more: {_told(answer)}")
        if answer.status == 500 and (failure := failure_in(answer.body)):
            return Result(error=failure)  # the type of what the function returned can't be written down, for example
        _expect(answer, 200, "GET", "{self}/result")
        return decode(answer.body, Result, DIALECT)

    async def cancel(self, url: str) -> bool:
        """Ask to stop a request; False when there is nothing to stop."""
        answer = await self._caller.call("POST", f"{url}/cancel")
        if answer.status in _GONE:
            return False
        _expect(answer, 204, "POST", "{self}/cancel")
        return True

    async def delete(self, url: str) -> bool:
        """Have a request forgotten; False while it is not ended."""
        answer = await self._caller.call("DELETE", url)
        if answer.status == 409:
            return False
        if answer.status not in _GONE:
            _expect(answer, 204, "DELETE", "{self}")
        return True


def _expect(answer: Answer, status: int, method: str, path: str) -> None:
    if answer.status == 503:
        # Without a license for a while: nothing is lost.
        raise InstanceUnreachable(f"{method} {path} was answered with 503: {_told(answer)}")
    if answer.status != status:
        raise ContractBroken(f"{method} {path} was answered with {answer.status}: {_told(answer)}")


def _told(answer: Answer) -> str:
    """What the server says about an error, for people."""
    failure = failure_in(answer.body)
    if failure is None:
        return answer.excerpt or f"HTTP status {answer.status}"
    return failure.message or failure.message_id or failure.id
