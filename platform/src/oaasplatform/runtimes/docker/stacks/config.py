"""From a stack to the configurations of its containers. Pure translation, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import TopologicalSorter
from typing import Any

from oaas_sdk.contract import ENV_PORT
from oaasplatform.domain.deployments import HealthCheck, Service, Stack
from oaasplatform.domain.quotas import Quota
from oaasplatform.runtimes.base import UnitSpec
from oaasplatform.runtimes.docker.containers import confined, inside, limits, root
from oaasplatform.runtimes.docker.host import Host
from oaasplatform.runtimes.docker.labels import PORT, SERVICE
from oaasplatform.runtimes.docker.stacks.names import DEPTH, SERVICES, StackName

_NANOSECONDS = 10**9


def service_names(stack: Stack) -> str:
    """For the label: all of them, the one that answers first."""
    return " ".join(sorted(stack.services, key=lambda name: (name != stack.answers, name)))


def depths(stack: Stack) -> dict[str, int]:
    """How many other services each of them waits for, one after the other."""
    found: dict[str, int] = {}
    needed = {name: list(service.depends_on) for name, service in stack.services.items()}
    for name in TopologicalSorter(needed).static_order():
        found[name] = 1 + max((found[other] for other in needed[name]), default=-1)
    return found


def service_config(
    spec: UnitSpec,
    stack: Stack,
    service_name: str,
    quota: Quota,
    image: Mapping[str, Any],
    host: Host,
    *,
    name: StackName,
) -> dict[str, Any]:
    """Body of ``POST /containers/create`` for one service, on the stack's own network."""
    service = stack.services[service_name]
    own = image.get("Config") or {}
    answers = service_name == stack.answers
    # Only the service that answers can be made for the platform; the others know nothing of it.
    writable = spec.writable or not answers
    environment = {ENV_PORT: str(spec.port), **spec.environment} if answers else {}
    config = {
        "Image": service.digest,
        **inside(own, {**environment, **service.environment}, writable=writable, user=service.user),
        "Labels": _labels(spec, stack, service_name, name),
        "HostConfig": {
            **limits(quota, host),
            **root(own, quota, writable=writable, mounted=[mount.path for mount in service.volumes]),
            **confined(name.network),
            "Mounts": _mounts(service, name),
        },
        "NetworkingConfig": {"EndpointsConfig": {name.network: _endpoint(stack, service_name, name)}},
    }
    if service.command is not None:
        config["Cmd"] = list(service.command)
    if service.healthcheck is not None:
        config["Healthcheck"] = _healthcheck(service.healthcheck)
    return config


def _labels(spec: UnitSpec, stack: Stack, service_name: str, name: StackName) -> dict[str, str]:
    return {
        **name.labels,
        PORT: str(spec.port),
        SERVICE: service_name,
        SERVICES: service_names(stack),
        DEPTH: str(depths(stack)[service_name]),
    }


def _endpoint(stack: Stack, service_name: str, name: StackName) -> dict[str, list[str]]:
    """The service's place in the network of the stack.

    The engine looks names up in all networks of a container, and finds aliases in the one it pleases. Links go first: a
    service of the stack is meant even if somebody on the network with the node has the same name.
    """
    others = sorted(stack.services.keys() - {service_name})
    return {"Aliases": [service_name], "Links": [f"{name.part(other)}:{other}" for other in others]}


def _mounts(service: Service, name: StackName) -> list[dict[str, Any]]:
    return [
        {"Type": "volume", "Source": name.part(mount.volume), "Target": mount.path, "ReadOnly": False}
        for mount in service.volumes
    ]


def _healthcheck(check: HealthCheck) -> dict[str, Any]:
    return {
        "Test": ["CMD", *check.test],
        "Interval": round(check.interval * _NANOSECONDS),
        "Timeout": round(check.timeout * _NANOSECONDS),
        "Retries": check.retries,
        "StartPeriod": round(check.start_period * _NANOSECONDS),
    }
