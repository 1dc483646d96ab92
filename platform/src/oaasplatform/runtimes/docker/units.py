"""From the engine's view of a container to a unit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from oaasplatform.runtimes.base import Unit, UnitState
from oaasplatform.runtimes.docker.labels import GENERATION, INSTANCE, PORT, RUN

_STATES = {
    "created": UnitState.CREATED,
    "running": UnitState.RUNNING,
    "paused": UnitState.RUNNING,
    "restarting": UnitState.RUNNING,
}
"""Anything else (``exited``, ``dead``, ``removing``, ``stopped`` in Podman) has ended."""
_KILLED = 137
"""128 + SIGKILL"""


def state_of(state: str) -> UnitState:
    """The engine's state in our words."""
    return _STATES.get(state, UnitState.EXITED)


def container_state(container: Mapping[str, Any]) -> UnitState:
    """The state of a container in the engine's full description (``inspect``)."""
    return state_of(container["State"]["Status"])


def health_of(container: Mapping[str, Any]) -> str | None:
    """``starting``, ``healthy`` or ``unhealthy``; None for a container that nobody checks."""
    health = container["State"].get("Health")
    return None if health is None or health["Status"] == "none" else str(health["Status"])


def unit_of(container: Mapping[str, Any], network: str | None = None) -> Unit:
    """A unit from the engine's full description (``inspect``) of its container.

    ``network``: where the node reaches it, if it is connected to several.
    """
    labels = container["Config"]["Labels"]
    state = container["State"]
    ended = container_state(container) is UnitState.EXITED
    address = address_of(container, network)
    running = container_state(container) is UnitState.RUNNING
    return Unit(
        id=container["Id"],
        instance_id=int(labels[INSTANCE]),
        generation=int(labels[GENERATION]),
        state=container_state(container),
        base_url=f"http://{address}:{labels[PORT]}" if running and address and PORT in labels else None,
        addresses={"main": address} if address else {},
        run_id=labels.get(RUN),
        exit_code=state["ExitCode"] if ended else None,
        # The flag is also set when one process of many was killed for memory, and the unit went on.
        out_of_memory=ended and bool(state.get("OOMKilled")) and state["ExitCode"] == _KILLED,
        started_at=_time(state.get("StartedAt")),
        finished_at=_time(state.get("FinishedAt")) if ended else None,
    )


def address_of(container: Mapping[str, Any], network: str | None = None) -> str | None:
    """Address of a running container on a network, or on its only one."""
    addresses = addresses_of(container)
    return next(iter(addresses.values()), None) if network is None else addresses.get(network)


def addresses_of(container: Mapping[str, Any]) -> dict[str, str]:
    """Addresses of a running container by the names of its networks."""
    networks = (container.get("NetworkSettings") or {}).get("Networks") or {}
    return {name: network["IPAddress"] for name, network in networks.items() if network.get("IPAddress")}


def _time(text: str | None) -> datetime | None:
    """The engine's time stamps have nanoseconds; year 1 is none."""
    if not text or text.startswith("0001-"):
        return None
    return datetime.fromisoformat(text)
