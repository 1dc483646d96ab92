"""What MATLAB servers write, as far as it is read: their RESTful API for function execution, discovery and health."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import msgspec

from oaasplatform.domain.errors import ContractBroken
from oaasplatform.protocols.calls import decode

DIALECT = "the RESTful API of MATLAB Production Server"

NAME = r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}\Z"
"""Archives and functions: they become a part of a path, and of the name of an algorithm."""

Name = Annotated[str, msgspec.Meta(pattern=NAME)]
PlainPath = Annotated[str, msgspec.Meta(pattern=r"^(/(?!\.{1,2}(/|\Z))[A-Za-z0-9~._-]+)+\Z", max_length=1000)]
"""A path from the root of the same server: no host, no query, no fragment, nothing encoded, no step up."""


class _Answer(msgspec.Struct, rename="camel", kw_only=True):
    """Common settings. Fields that are not listed are ignored: servers of newer releases have more."""


class Health(_Answer):
    """``GET /api/health``"""

    status: str


class Argument(_Answer):
    """An argument, a result, a field of a struct or an element of a cell array."""

    name: str = ""
    mwtype: str = ""
    mwsize: list[Any] = []
    """Numbers; a dimension that is anything else is free, and an empty list says nothing."""
    help: str = ""
    typedef: str = ""


class TypeDef(_Answer):
    """What is in a struct or a cell array."""

    mwtype: str = ""
    help: str = ""
    fields: list[Argument] = []
    elements: list[Argument] | Argument = []
    """One for all elements, or one for each."""


class Signature(_Answer):
    """A way to call a function."""

    help: str = ""
    inputs: list[Argument] = []
    outputs: list[Argument] = []


class Function(_Answer):
    """A function of an archive."""

    signatures: list[Signature] = []


class Archive(_Answer):
    """A deployable archive (CTF file)."""

    functions: dict[Name, Function] = {}
    typedefs: dict[str, TypeDef] = {}


class Discovery(_Answer):
    """``GET /api/discovery``"""

    archives: dict[Name, Archive] = {}


class State(StrEnum):
    """Of an asynchronous request."""

    READING = "READING"
    IN_QUEUE = "IN_QUEUE"
    PROCESSING = "PROCESSING"
    READY = "READY"
    ERROR = "ERROR"
    CANCELLED = "CANCELLED"
    # Not in the documentation, but in the protocol buffers of MathWorks' clients:
    DELETED = "DELETED"
    UNKNOWN = "UNKNOWN"

    @property
    def ended(self) -> bool:
        """Whether no worker has anything to do with the request any more."""
        return self not in (State.READING, State.IN_QUEUE, State.PROCESSING)


class Request(_Answer):
    """An asynchronous request: answer of ``POST /{archive}/{function}?mode=async``, and element of a collection."""

    self: PlainPath
    up: PlainPath
    """Where all requests of the server are found."""


class Requests(_Answer):
    """``GET {up}?since=...&clients=...``"""

    data: list[Request] = []


class Info(_Answer):
    """``GET {self}/info``"""

    state: State


class Frame(_Answer):
    """Where in MATLAB code an error was raised, innermost first."""

    file: str = ""
    name: str = ""
    line: int = 0


class Failure(_Answer):
    """Of a function (``type`` is ``matlaberror``, identified by ``id``) or a call (``httperror``, ``messageId``)."""

    message: str = ""
    id: str = ""
    message_id: str = ""
    stack: list[Frame] = []


class Result(_Answer):
    """``GET {self}/result``, and what answers with an error status have: one of both."""

    lhs: list[msgspec.Raw] | None = None
    error: Failure | None = None


def failure_in(body: bytes) -> Failure | None:
    """The error document in an answer that may be anything."""
    try:
        return decode(body, Result, DIALECT).error
    except ContractBroken:
        return None
