"""Reading requests: bodies of bounded size, launch documents, preferences."""

from __future__ import annotations

import re
from collections.abc import Coroutine, Iterator
from http import HTTPStatus

import msgspec
from starlette.requests import Request

from oaas_sdk.contract import NDJSON, BatchLaunch, FieldError, LaunchRequest
from oaas_sdk.server.problems import ProblemError

MAX_WAIT = 60.0
"""Most seconds that a launch waits for the end of its run."""

LARGE_BODY = 2**20
"""Bytes of a body that is not read unless something can be done with it."""

_WAIT = re.compile(r"(?:^|,)\s*wait\s*=\s*\"?(\d+(?:\.\d+)?)\"?\s*(?:;|,|$)", re.IGNORECASE)
_PATH = re.compile(r" - at `\$([^`]*)`$")


class _Identified(msgspec.Struct, rename="camel"):
    """What can be told about a line that is no launch document."""

    execution_id: str


_decoder = msgspec.json.Decoder(LaunchRequest)
_line_decoder = msgspec.json.Decoder(BatchLaunch)
_id_decoder = msgspec.json.Decoder(_Identified)


def is_large(request: Request) -> bool:
    """Whether a request says that its body is large."""
    announced = request.headers.get("content-length", "")
    return announced.isdecimal() and int(announced) > LARGE_BODY


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
    _check(launch)
    return launch


def parse_batch(body: bytes, most: int) -> Iterator[tuple[str, BatchLaunch | ProblemError]]:
    """The launches in the lines of a body, each with its execution id; problems for those that are not valid.

    Raises:
        ProblemError: there are more than ``most`` lines (413), or a line is not JSON (400) or has no id (422).
    """
    lines = body.split(b"\n", most)
    if len(lines) > most and lines.pop():
        detail = f"there are more than {most} lines"
        raise ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "batchTooLarge", detail)
    for number, line in enumerate(lines, start=1):
        if not line or line.isspace():
            continue
        try:
            launch = _line_decoder.decode(line)
            _check(launch)
            yield launch.execution_id, launch
        except msgspec.ValidationError as error:
            yield _id_of(line, number), _invalid(str(error))
        except ProblemError as problem:
            yield launch.execution_id, problem
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ProblemError(HTTPStatus.BAD_REQUEST, "notJson", f"line {number} is not JSON: {error}") from None


def _id_of(line: bytes, number: int) -> str:
    try:
        return _id_decoder.decode(line).execution_id
    except msgspec.ValidationError:
        detail = f"line {number} does not say its executionId"
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "invalidRequest", detail) from None


def require_ndjson(request: Request) -> None:
    """Refuse any other media type: a form on a web page cannot send this one.

    Raises:
        ProblemError: it is another one (415).
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != NDJSON:
        raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "notNdjson", f"the body of a batch is {NDJSON}")


def _check(launch: LaunchRequest) -> None:
    """What the types do not say."""
    limit = launch.maximum_running_time_in_seconds
    if limit is not None and limit <= 0:
        raise _invalid("Expected a number > 0 - at `$.maximumRunningTimeInSeconds`")
    if launch.callback_url is not None and not launch.callback_url.startswith(("http://", "https://")):
        raise _invalid("Expected an http or https URL - at `$.callbackUrl`")


def _invalid(text: str) -> ProblemError:
    found = _PATH.search(text)
    pointer = found.group(1).replace(".", "/") if found else ""
    error = FieldError(pointer=pointer, detail=_PATH.sub("", text))
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalidRequest", "the body is not a launch document", errors=[error]
    )


def is_disconnected(request: Request) -> bool:
    """Whether the caller, whose body has been read, is gone.

    As Starlette's method of this name, but that arranges a cancellation, which costs more than all else in a short run.
    """
    asking = request.receive()
    assert isinstance(asking, Coroutine)
    try:
        asking.send(None)
    except StopIteration as answer:
        return bool(answer.value["type"] == "http.disconnect")
    asking.close()  # it began to wait
    return False


def preferred_wait(request: Request) -> float | None:
    """Seconds of a ``Prefer: wait=S`` header (RFC 7240), at most ``MAX_WAIT``; None without one."""
    found = _WAIT.search(",".join(request.headers.getlist("prefer")))
    return min(float(found.group(1)), MAX_WAIT) if found else None


def preference_applied(wait: float | None) -> dict[str, str]:
    """The header that answers ``Prefer: wait=S``."""
    return {} if wait is None else {"Preference-Applied": f"wait={wait:g}"}
