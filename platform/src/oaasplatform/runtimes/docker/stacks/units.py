"""From the engine's view of a stack's containers to one unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from oaasplatform.runtimes.base import Unit, UnitState
from oaasplatform.runtimes.docker.labels import SERVICE
from oaasplatform.runtimes.docker.stacks.names import SERVICES, StackName, name_of
from oaasplatform.runtimes.docker.units import container_state, health_of, unit_of


def stack_unit(name: StackName, containers: Iterable[Mapping[str, Any]], *, shared: str) -> Unit:
    """The unit of all containers (``inspect``) that there are of a stack; none is a start that was cut short.

    It is created until all of them run, and ended as soon as one has ended. ``shared`` is the network on which the
    node reaches them.
    """
    by_service = {container["Config"]["Labels"][SERVICE]: container for container in containers}
    states = {service: container_state(container) for service, container in by_service.items()}
    units = {service: unit_of(container, shared) for service, container in by_service.items()}
    unit = Unit(
        id=name.unit_id,
        instance_id=name.instance_id,
        generation=name.generation,
        state=UnitState.CREATED,
        base_url=None,
    )
    ended, reason = _ended(by_service, states)
    if ended is not None:
        unit = replace(unit, state=UnitState.EXITED, ended_service=ended, reason=reason)
        last = units.get(ended)
        if last is None:
            return unit
        return replace(
            unit,
            exit_code=last.exit_code,
            out_of_memory=last.out_of_memory,
            started_at=last.started_at,
            finished_at=last.finished_at,
        )
    if not by_service or UnitState.CREATED in states.values():
        return replace(unit, reason=_waits_for(by_service))
    answering = units[_expected(by_service)[0]]
    return replace(
        unit,
        state=UnitState.RUNNING,
        base_url=answering.base_url,
        addresses={service: each.addresses["main"] for service, each in units.items() if each.addresses},
        started_at=answering.started_at,
    )


def _ended(
    by_service: Mapping[str, Mapping[str, Any]], states: Mapping[str, UnitState]
) -> tuple[str | None, str | None]:
    """The service that has ended the unit, and why if it has not just ended."""
    exited = [service for service, state in states.items() if state is UnitState.EXITED]
    if exited:
        return min(exited, key=lambda service: by_service[service]["State"]["FinishedAt"]), None
    begun = UnitState.RUNNING in states.values()
    missing = [service for service in _expected(by_service) if service not in by_service]
    if begun and missing:
        return missing[0], f"the container of its service {missing[0]} is gone"
    if UnitState.CREATED in states.values():
        for service, container in by_service.items():
            if health_of(container) == "unhealthy":
                return service, f"its service {service} is unhealthy"
    return None, None


def _expected(by_service: Mapping[str, Mapping[str, Any]]) -> list[str]:
    labels: Iterable[Mapping[str, str]] = (container["Config"]["Labels"] for container in by_service.values())
    return next((each[SERVICES].split() for each in labels), [])


def _waits_for(by_service: Mapping[str, Mapping[str, Any]]) -> str:
    waited = sorted(service for service, container in by_service.items() if health_of(container) == "starting")
    if not waited:
        return "its containers are being made"
    return f"{', '.join(waited)} {'is' if len(waited) == 1 else 'are'} not healthy yet"


def grouped(containers: Iterable[Mapping[str, Any]]) -> dict[StackName, list[Mapping[str, Any]]]:
    """Containers by their stacks."""
    found: dict[StackName, list[Mapping[str, Any]]] = {}
    for container in containers:
        found.setdefault(name_of(container["Config"]["Labels"]), []).append(container)
    return found
