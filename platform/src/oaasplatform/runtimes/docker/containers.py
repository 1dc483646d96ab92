"""From a unit to the configuration of its container: limits and hardening. Pure translation, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from oaas_sdk.contract import ENV_PORT
from oaasplatform.domain.jobs import JobSpec
from oaasplatform.domain.quotas import Quota
from oaasplatform.runtimes.base import UnitSpec
from oaasplatform.runtimes.docker.host import SHM_BYTES, Host

DEFAULT_PIDS = 512
"""Processes and threads, where the quota says nothing: a fork bomb must not take the host."""
DEFAULT_TMP = 256 * 2**20
"""Bytes of /tmp, where neither disk space nor memory is limited."""
NOBODY = "65534:65534"
_OPEN_FILES = 16384
_LOG_SIZE, _LOG_FILES = "10m", "2"
_LOG_FACTOR, _LOG_SLACK = 3, 2**20
"""The engine writes its logs as JSON: quotes are escaped, and each 16 KiB has a header."""
_ROOT_NAMES = ("", "0", "root")


def container_config(
    spec: UnitSpec, image: Mapping[str, Any], host: Host, *, network: str, labels: Mapping[str, str]
) -> dict[str, Any]:
    """Body of ``POST /containers/create``. ``image`` is what the engine knows about the image."""
    own = image.get("Config") or {}
    environment = {ENV_PORT: str(spec.port), **spec.environment}
    return {
        "Image": spec.digest,
        **inside(own, environment, writable=spec.writable),
        "Labels": dict(labels),
        "HostConfig": {
            **limits(spec.quota, host),
            **root(own, spec.quota, writable=spec.writable),
            **confined(network),
        },
    }


def inside(
    own: Mapping[str, Any], environment: Mapping[str, str], *, writable: bool, user: str | None = None
) -> dict[str, Any]:
    """User and environment. ``own``: the image's ``Config``; ``user``: instead of its own."""
    environment = dict(environment)
    user = own.get("User") or "" if user is None else user
    if not writable:
        user = safe_user(user)
        if not any(text.startswith("HOME=") for text in own.get("Env") or ()):
            environment.setdefault("HOME", "/tmp")  # noqa: S108 - the one directory that can be written
    return {"User": user, "Env": [f"{name}={value}" for name, value in environment.items()]}


def root(own: Mapping[str, Any], quota: Quota, *, writable: bool, mounted: Iterable[str] = ()) -> dict[str, Any]:
    """The part of ``HostConfig`` about the file system; ``mounted``: where volumes are."""
    config: dict[str, Any] = {"ReadonlyRootfs": not writable, "ShmSize": SHM_BYTES}
    if not writable:
        places = tmpfs(quota, list(own.get("Volumes") or ()))
        config["Tmpfs"] = {place: options for place, options in places.items() if place not in set(mounted)}
    return config


def job_config(
    spec: JobSpec, image: Mapping[str, Any], host: Host, *, network: str, labels: Mapping[str, str]
) -> dict[str, Any]:
    """The same for a run's container, which is thrown away: it may write its root, as the image's own user."""
    own = image.get("Config") or {}
    by_stdin = spec.input_path is None
    config = {
        "Image": spec.digest,
        "User": own.get("User") or "",
        "Env": [f"{name}={value}" for name, value in spec.environment.items()],
        "Labels": dict(labels),
        "OpenStdin": by_stdin,
        "StdinOnce": by_stdin,
        "AttachStdin": by_stdin,
        "HostConfig": {
            **limits(spec.quota, host),
            **confined(network, log_bytes=spec.kept_output),
            "ShmSize": SHM_BYTES,
        },
    }
    if spec.command is not None:
        # All of it: what the image starts would take it for arguments.
        config |= {"Entrypoint": list(spec.command), "Cmd": []}
    return config


def confined(network: str, *, log_bytes: int | None = None) -> dict[str, Any]:
    """The part of ``HostConfig`` that holds for every container."""
    log = {"max-size": _LOG_SIZE, "max-file": _LOG_FILES}
    if log_bytes is not None:
        log = {"max-size": str(_LOG_FACTOR * log_bytes + _LOG_SLACK), "max-file": "1"}
    return {
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges"],
        "Privileged": False,
        "Ulimits": [
            {"Name": "nofile", "Soft": _OPEN_FILES, "Hard": _OPEN_FILES},
            {"Name": "core", "Soft": 0, "Hard": 0},
        ],
        "Init": True,
        "NetworkMode": network,
        "PublishAllPorts": False,
        "RestartPolicy": {"Name": "no"},
        "LogConfig": {"Type": "json-file", "Config": log},
    }


def limits(quota: Quota, host: Host) -> dict[str, Any]:
    """The part of ``HostConfig`` that limits; what the engine can't limit is left out."""
    config: dict[str, Any] = {}
    if quota.cpu is not None and host.cpu_limit:
        # The engine refuses more cores than there are; fewer than that is all such a quota can mean.
        config["NanoCpus"] = round(min(quota.cpu, host.cpus) * 10**9)
    if quota.ram is not None and host.memory_limit:
        config["Memory"] = quota.ram
        if host.swap_limit:
            config["MemorySwap"] = quota.ram  # memory and swap together: no swap
    if host.pids_limit:
        config["PidsLimit"] = DEFAULT_PIDS if quota.pids is None else quota.pids
    if quota.gpus and host.nvidia:
        config["DeviceRequests"] = [{"Driver": "nvidia", "Count": quota.gpus, "Capabilities": [["gpu"]]}]
    return config


def tmpfs(quota: Quota, volumes: list[str]) -> dict[str, str]:
    """What can be written: /tmp, and the volumes that the image declares; they share the disk space equally.

    Without that, the engine would make a volume on the host's disk for each of them, without a limit.
    """
    total = quota.disk_space or (quota.ram // 2 if quota.ram else DEFAULT_TMP)
    places = dict.fromkeys(["/tmp", *volumes])  # noqa: S108
    # Executable, because solvers and just-in-time compilers unpack libraries there.
    options = f"rw,exec,nosuid,nodev,mode=1777,size={total // len(places)}"
    return dict.fromkeys(places, options)


def safe_user(user: str) -> str:
    """The image's own user unless that is root."""
    return NOBODY if user.partition(":")[0] in _ROOT_NAMES else user
