"""Reading requests: bodies of bounded size, launch documents, preferences."""

from __future__ import annotations

import re
from http import HTTPStatus

import msgspec
from starlette.requests import Request

from oaas_sdk.contract import FieldError, LaunchRequest
from oaas_sdk.server.problems import ProblemError

MAX_WAIT = 60.0
"""Most seconds that a launch waits for the end of its run."""

_WAIT = re.compile(r"(?:^|,)\s*wait\s*=\s*\"?(\d+(?:\.\d+)?)\"?\s*(?:;|,|$)", re.IGNORECASE)
_PATH = re.compile(r" - at `\$([^`]*)`$")

_decoder = msgspec.json.Decoder(LaunchRequest)


async def read_body(request: Request, limit: int) -> bytes:
    """The body of a request.

    Raises:
        ProblemError: it is longer than ``limit`` bytes (413).
    """
    too_large = ProblemError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "bodyTooLarge",
        f"the body is larger than {limit} bytes (OAAS_MAX_BODY_BYTES)",
        headers={"Connection": "close"},
    )
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > limit:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise too_large
    return bytes(body)


def parse_launch(body: bytes) -> LaunchRequest:
    """The launch document in a body.

    Raises:
        ProblemError: it is not JSON (400), or not a launch document (422).
    """
    try:
        launch = _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "notJson", f"the body is not JSON: {error}") from None
    limit = launch.maximum_running_time_in_seconds
    if limit is not None and limit <= 0:
        raise _invalid("Expected a number > 0 - at `$.maximumRunningTimeInSeconds`")
    if launch.callback_url is not None and not launch.callback_url.startswith(("http://", "https://")):
        raise _invalid("Expected an http or https URL - at `$.callbackUrl`")
    return launch


def _invalid(text: str) -> ProblemError:
    found = _PATH.search(text)
    pointer = found.group(1).replace(".", "/") if found else ""
    error = FieldError(pointer=pointer, detail=_PATH.sub("", text))
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalidRequest", "the body is not a launch document", errors=[error]
    )


def preferred_wait(request: Request) -> float | None:
    """Seconds of a ``Prefer: wait=S`` header (RFC 7240), at most ``MAX_WAIT``; None without one."""
    found = _WAIT.search(",".join(request.headers.getlist("prefer")))
    return min(float(found.group(1)), MAX_WAIT) if found else None
