"""Images: found in the engine or pulled, and named by what identifies their content."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiodocker.exceptions import DockerError
from aiodocker.utils import compose_auth_header

from oaasplatform.domain.errors import ImageUnavailable
from oaasplatform.runtimes.base import Image
from oaasplatform.runtimes.docker.engine import NOT_FOUND, Engine

DOCKER_HUB = "docker.io"
_IDLE_SECONDS = 120.0
"""A pull that says nothing for so long is given up."""
_LONGEST_DIGEST = 200
_REFERENCE = re.compile(
    r"(?:(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|[A-Za-z0-9.-]+(?=:))(?::\d+)?/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@[a-z0-9]+:[0-9a-f]{32,})?"
)
_UNKNOWN = ("manifest unknown", "not found", "does not exist", "no such image", "name unknown")
_UNAUTHORIZED = ("unauthorized", "no basic auth credentials", "authentication required", "denied", "forbidden")


@dataclass(frozen=True)
class RegistryAuth:
    """Credentials for one registry."""

    username: str
    password: str

    def __repr__(self) -> str:
        return f"RegistryAuth({self.username!r}, ...)"


class Images:
    """The images of one engine."""

    def __init__(self, engine: Engine, auth: Mapping[str, RegistryAuth]) -> None:
        self._engine = engine
        self._auth = auth

    async def prepare(self, reference: str, *, refresh: bool, on_progress: Callable[[str], None] | None) -> Image:
        """See ``Runtime.prepare``."""
        check_reference(reference)
        local = await self.inspect(reference)
        if local is not None and not refresh:
            return Image(reference=reference, digest=digest_of(reference, local))
        try:
            await self._pull(reference, on_progress)
        except _PullFailed as failure:
            # Built here, or its registry has dropped it: what we have is all there is.
            if local is None or (local.get("RepoDigests") and not isinstance(failure, _NotFound)):
                raise ImageUnavailable(str(failure)) from failure
            return Image(reference=reference, digest=digest_of(reference, local))
        pulled = await self.inspect(reference)
        if pulled is None:
            raise ImageUnavailable(f"The image {reference} was pulled, but the engine does not have it.")
        return Image(reference=reference, digest=digest_of(reference, pulled))

    async def resolve(self, digest: str) -> Mapping[str, Any]:
        """What the engine knows about the image of a digest; it is pulled again if it is gone.

        Raises:
            ImageUnavailable, EngineUnavailable
        """
        found = await self.inspect(digest)
        if found is None and "@" in digest:
            try:
                await self._pull(digest, None)
            except _PullFailed as failure:
                raise ImageUnavailable(str(failure)) from failure
            found = await self.inspect(digest)
        if found is None:
            raise ImageUnavailable(
                f"The image {digest} is no longer in the engine, and it came from no registry. "
                "Build it again and refresh the repository."
            )
        return found

    async def inspect(self, reference: str) -> Mapping[str, Any] | None:
        """What the engine knows about a local image; None if it has none of that name."""
        async with self._engine.ask() as docker:
            try:
                return await docker.images.inspect(reference)
            except DockerError as error:
                if error.status != NOT_FOUND:
                    raise
                return None

    async def _pull(self, reference: str, on_progress: Callable[[str], None] | None) -> None:
        params = {"fromImage": reference}
        if "@" not in reference and ":" not in reference.rpartition("/")[2]:
            params["tag"] = "latest"  # without it the engine pulls every tag there is
        auth = self._auth.get(registry_of(reference))
        headers = (
            {"X-Registry-Auth": compose_auth_header({"username": auth.username, "password": auth.password})}
            if auth
            else None
        )
        try:
            async with self._engine.stream("images/create", params, method="POST", headers=headers) as lines:
                await _follow(lines, reference, on_progress)
        except DockerError as error:
            raise _pull_failed(reference, error.message, error.status) from error
        except TimeoutError as error:
            raise _PullFailed(
                f"The registry of the image {reference} could not be reached: the engine said nothing for "
                f"{_IDLE_SECONDS:g} seconds."
            ) from error


async def _follow(lines: aiohttp.StreamReader, reference: str, on_progress: Callable[[str], None] | None) -> None:
    """Read the engine's messages about a pull until it ends."""
    while True:
        async with asyncio.timeout(_IDLE_SECONDS):
            line = await lines.readline()
        if not line:
            return
        message = json.loads(line)
        if words := message.get("error"):
            raise _pull_failed(reference, words, None)
        if on_progress is not None and (status := message.get("status")):
            parts = (f"layer {message['id']}:" if message.get("id") else "", status, message.get("progress", ""))
            on_progress(f"Pulling {reference}: {' '.join(part for part in parts if part)}")


def check_reference(reference: str) -> None:
    """Raise ``ImageUnavailable`` for what can't be the name of an image."""
    if reference.startswith(("/", "./", "../", "~", "dir:")):
        raise ImageUnavailable(
            f"{reference} is a directory, and this node runs container images. `oaas repo add DIRECTORY` builds an "
            "image from it; a node with OAAS_RUNTIME=process runs it from source."
        )
    if not _REFERENCE.fullmatch(reference):
        raise ImageUnavailable(f"{reference!r} is not the name of an image, which looks like registry/name:tag.")


def registry_of(reference: str) -> str:
    """Host (and port) of the registry that a reference names."""
    first, slash, _ = reference.partition("/")
    named = slash and ("." in first or ":" in first or first == "localhost")
    return first if named else DOCKER_HUB


def digest_of(reference: str, image: Mapping[str, Any]) -> str:
    """What identifies the image: ``name@sha256:...``, by which it can be pulled again, or its id if it is local."""
    repository = _repository_of(reference)
    for digest in image.get("RepoDigests") or ():
        if _repository_of(digest) == repository and len(digest) <= _LONGEST_DIGEST:
            return str(digest)
    return str(image["Id"])


def _repository_of(reference: str) -> str:
    """The reference without tag and digest, and without what is implied on Docker Hub."""
    name = reference.partition("@")[0]
    head, slash, last = name.rpartition("/")
    name = f"{head}{slash}{last.partition(':')[0]}"
    return name.removeprefix(f"{DOCKER_HUB}/").removeprefix("library/")


class _PullFailed(Exception):
    """``str()`` is a sentence with the engine's words."""


class _NotFound(_PullFailed):
    """The registry does not know the image, or does not admit it."""


def _pull_failed(reference: str, words: str, status: int | None) -> _PullFailed:
    said = words.lower()
    if "pull access denied" in said:
        return _NotFound(f"The image {reference} does not exist, or its registry refuses access to it: {words}")
    if status in (401, 403) or any(sign in said for sign in _UNAUTHORIZED):
        return _PullFailed(f"The registry refuses access to the image {reference}: {words}")
    if status == NOT_FOUND or any(sign in said for sign in _UNKNOWN):
        return _NotFound(f"The image {reference} was not found: {words}")
    return _PullFailed(f"The registry of the image {reference} could not be reached or failed: {words}")
