"""Launches that a backend does not take."""

from __future__ import annotations

from typing import NoReturn

import msgspec

from oaasplatform.domain.errors import ContractBroken, InputRefused, InstanceBroken, Violation
from oaasplatform.domain.targets import Target
from oaasplatform.protocols.base import Launch
from oaasplatform.protocols.calls import Answer
from oaasplatform.protocols.optimaix.memory import Memory

_MOST_VIOLATIONS = 50


class _Complaint(msgspec.Struct, frozen=True):
    """One place in a request, as FastAPI says it."""

    loc: list[str | int]
    msg: str


class _Complaints(msgspec.Struct, frozen=True):
    detail: list[_Complaint]


def explain(target: Target, launch: Launch, answer: Answer, memory: Memory) -> NoReturn:
    """Whether it is the input or the instance.

    A backend whose file is no JSON any more answers 422, and so does one that does not like the input.

    Raises:
        InputRefused: it names places in the input, or a new instance doesn't take the input either.
        InstanceBroken: most likely the file.
        ContractBroken: neither.
    """
    said = f"POST /executions answered {answer.status}: {answer.excerpt}"
    violations = _violations(answer)
    if violations:
        memory.clear(launch)
        raise InputRefused("The repository does not take the input.", violations)
    if answer.status in (400, 413):
        raise InputRefused(said)
    if answer.status != 422 and answer.status < 500:
        raise ContractBroken(said)
    if not memory.suspect(target, launch):
        raise InstanceBroken(said)
    memory.clear(launch)
    if answer.status == 422:
        raise InputRefused(f"{said}, and so did a new instance.")
    raise ContractBroken(f"{said}, and so did a new instance.")


def _violations(answer: Answer) -> tuple[Violation, ...]:
    try:
        complaints = msgspec.json.decode(answer.body, type=_Complaints).detail
    except msgspec.MsgspecError:
        return ()
    return tuple(Violation(_pointer(each.loc), each.msg) for each in complaints[:_MOST_VIOLATIONS])


def _pointer(location: list[str | int]) -> str:
    """Its first part says that it is in the body."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location[1:])
