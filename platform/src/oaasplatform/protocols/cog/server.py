"""Calls to a Cog server."""

from __future__ import annotations

import msgspec

from oaasplatform.domain.errors import ContractBroken, InputRefused, InstanceUnreachable
from oaasplatform.domain.targets import Run
from oaasplatform.protocols.base import Launch
from oaasplatform.protocols.calls import ANSWER_SECONDS, Answer, Caller, decode
from oaasplatform.protocols.cog.wire import DIALECT, Document, HealthCheck, Prediction, refusal_in

_HEADERS = {"Content-Type": "application/json", "Prefer": "respond-async"}
_EVENTS = ("start", "logs", "completed")
"""What webhooks are for. Output that comes piece by piece is in the last one as a whole."""
_QUESTION = b'{"input":7}'
"""A launch that can't start anything, because the input of a model is an object: coglet answers with the run of this
id if it is going on, and looks at the input otherwise."""
_HEALTH_SECONDS = 2.0
_HEALTH_MAX = 16 * 2**20
"""It has the whole log of the model's setup."""
_DOCUMENT_MAX = 16 * 2**20


class _Request(msgspec.Struct):
    """Body of ``PUT /predictions/{id}``."""

    id: str
    input: msgspec.Raw
    webhook: str
    webhook_events_filter: tuple[str, ...]


class ServerCalls:
    """Asks servers."""

    def __init__(self, caller: Caller, *, max_message_bytes: int) -> None:
        """``max_message_bytes``: of a prediction with its input, log and output."""
        self._caller = caller
        self._max_message = max_message_bytes

    async def health(self, base_url: str) -> HealthCheck:
        """Raises ``InstanceUnreachable``, and ``ContractBroken`` for a server of another kind."""
        url = f"{base_url}/health-check"
        answer = await self._caller.call("GET", url, limit=_HEALTH_MAX, seconds=_HEALTH_SECONDS)
        if answer.status >= 500:
            # For a moment after its worker has died, the server in Python does not know what to say.
            raise InstanceUnreachable(f"GET /health-check answered {answer.status}.")
        if answer.status != 200:
            raise ContractBroken(f"GET /health-check answered {answer.status}: no Cog server.")
        return decode(answer.body, HealthCheck, DIALECT)

    async def document(self, base_url: str) -> Document:
        """Its description by OpenAPI."""
        answer = await self._caller.call("GET", f"{base_url}/openapi.json", limit=_DOCUMENT_MAX)
        if answer.status == 503:
            raise ContractBroken(
                "GET /openapi.json answered that there is no schema: build the image with `cog build`, which writes it."
            )
        if answer.status != 200:
            raise ContractBroken(f"GET /openapi.json answered {answer.status}: {answer.excerpt}")
        return decode(answer.body, Document, DIALECT)

    async def create(self, base_url: str, launch: Launch) -> Prediction | None:
        """Start a run, or find it going on; None if the server takes none now.

        Raises:
            InputRefused: with JSON pointers where the server says them.
        """
        request = _Request(launch.run_id, launch.input, launch.callback_url, _EVENTS)
        body = msgspec.json.encode(request)
        answer = await self._put(base_url, launch.run_id, body, seconds=ANSWER_SECONDS + len(body) / 2**20)
        match answer.status:
            case 200 | 202:
                return _prediction(answer, launch.run_id)
            case 409 | 503:
                return None
            case 413 | 422:
                text, violations = refusal_in(answer)
                raise InputRefused(text, violations)
        raise ContractBroken(f"PUT /predictions was answered with {answer.status}: {refusal_in(answer)[0]}")

    async def find(self, base_url: str, run: Run) -> Prediction | None:
        """A run that is going on; None if the server does not know it (any more). Starts nothing; coglet only."""
        answer = await self._put(base_url, run.id, _QUESTION, seconds=ANSWER_SECONDS)
        match answer.status:
            case 202:
                return _prediction(answer, run.id)
            case 409 | 422 | 503:
                return None
        raise ContractBroken(f"PUT /predictions was answered with {answer.status}: {refusal_in(answer)[0]}")

    async def cancel(self, base_url: str, run: Run) -> None:
        """Ask to end a run; one that is unknown has ended."""
        answer = await self._caller.call("POST", f"{base_url}/predictions/{run.id}/cancel")
        if answer.status not in (200, 404):
            raise ContractBroken(f"POST /cancel was answered with {answer.status}: {refusal_in(answer)[0]}")

    async def _put(self, base_url: str, run_id: str, body: bytes, *, seconds: float) -> Answer:
        url = f"{base_url}/predictions/{run_id}"
        return await self._caller.call(
            "PUT", url, data=body, headers=_HEADERS, limit=self._max_message, seconds=seconds
        )


def _prediction(answer: Answer, run_id: str) -> Prediction:
    prediction = decode(answer.body, Prediction, DIALECT)
    if prediction.id != run_id:
        raise ContractBroken(f"The server answered with run {prediction.id[:100]!r}, not {run_id!r}.")
    return prediction
