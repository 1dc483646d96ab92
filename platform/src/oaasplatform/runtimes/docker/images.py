"""Images: found in the engine or pulled, and named by what identifies their content."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
from aiodocker.exceptions import DockerError
from aiodocker.utils import compose_auth_header

from oaasplatform.domain.errors import ImageUnavailable
from oaasplatform.domain.images import Image, image_name
from oaasplatform.kit.flights import Flights
from oaasplatform.runtimes.base import Credentials
from oaasplatform.runtimes.docker.engine import NOT_FOUND, Engine
from oaasplatform.runtimes.docker.pulling import PullProgress

_IDLE_SECONDS = 120.0
"""A pull that says nothing for so long is given up."""
_LONGEST_DIGEST = 200
_REFERENCE = re.compile(
    r"(?:(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|[A-Za-z0-9.-]+(?=:))(?::\d+)?/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@[a-z0-9]+:[0-9a-f]{32,})?"
)
_UNKNOWN = ("manifest unknown", "not found", "does not exist", "no such image", "name unknown")
_UNAUTHORIZED = ("unauthorized", "no basic auth credentials", "authentication required", "denied", "forbidden")


class Images:
    """The images of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pulls: Flights[Image] = Flights()

    async def prepare(
        self,
        reference: str,
        *,
        refresh: bool,
        on_progress: Callable[[str], None] | None,
        credentials: Credentials | None,
    ) -> Image:
        """See ``Runtime.prepare``."""
        check_reference(reference)

        async def fetch(say: Callable[[str], None]) -> Image:
            return await self._fetch(reference, refresh, say, credentials)

        # What was pushed after another refresh began is not in its answer: each refresh asks the registry itself.
        key = object() if refresh else (reference, credentials)
        return await self._pulls.join(key, fetch, on_progress)

    async def _fetch(
        self, reference: str, refresh: bool, say: Callable[[str], None], credentials: Credentials | None
    ) -> Image:
        local = await self.inspect(reference)
        if local is not None and not refresh:
            return image_of(reference, local)
        try:
            await self._pull(reference, say, credentials)
        except _PullFailed as failure:
            # Built here, or its registry has dropped it: what we have is all there is.
            if local is None or (local.get("RepoDigests") and not isinstance(failure, _NotFound)):
                raise ImageUnavailable(str(failure)) from failure
            return image_of(reference, local)
        pulled = await self.inspect(reference)
        if pulled is None:
            raise ImageUnavailable(f"The image {reference} was pulled, but the engine does not have it.")
        return image_of(reference, pulled)

    async def resolve(self, digest: str, credentials: Credentials | None) -> Mapping[str, Any]:
        """What the engine knows about the image of a digest; it is pulled again if it is gone.

        Raises:
            ImageUnavailable, EngineUnavailable
        """
        found = await self.inspect(digest)
        if found is None and "@" in digest:
            await self.prepare(digest, refresh=False, on_progress=None, credentials=credentials)
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

    async def _pull(self, reference: str, say: Callable[[str], None], credentials: Credentials | None) -> None:
        params = {"fromImage": reference}
        name = image_name(reference)
        if name.tag is None and name.digest is None:
            params["tag"] = "latest"  # without it the engine pulls every tag there is
        headers = None
        if credentials is not None:
            login = {"username": credentials.username, "password": credentials.password}
            headers = {"X-Registry-Auth": compose_auth_header(login)}
        try:
            async with self._engine.stream("images/create", params, method="POST", headers=headers) as lines:
                await _follow(lines, reference, say)
        except DockerError as error:
            raise _pull_failed(reference, error.message, error.status) from error
        except TimeoutError as error:
            raise _PullFailed(
                f"The registry of the image {reference} could not be reached: the engine said nothing for "
                f"{_IDLE_SECONDS:g} seconds."
            ) from error


async def _follow(lines: aiohttp.StreamReader, reference: str, say: Callable[[str], None]) -> None:
    """Read the engine's messages about a pull until it ends."""
    progress = PullProgress(reference)
    while True:
        async with asyncio.timeout(_IDLE_SECONDS):
            line = await lines.readline()
        if not line:
            return
        message = json.loads(line)
        if words := message.get("error"):
            raise _pull_failed(reference, words, None)
        say(progress.after(message))


def check_reference(reference: str) -> None:
    """Raise ``ImageUnavailable`` for what can't be the name of an image."""
    if reference.startswith(("/", "./", "../", "~", "dir:")):
        raise ImageUnavailable(
            f"{reference} is a directory, and this node runs container images. `oaas repo add DIRECTORY` builds an "
            "image from it; a node with OAAS_RUNTIME=process runs it from source."
        )
    if not _REFERENCE.fullmatch(reference):
        raise ImageUnavailable(f"{reference!r} is not the name of an image, which looks like registry/name:tag.")


def image_of(reference: str, image: Mapping[str, Any]) -> Image:
    """An image from what the engine knows about it."""
    config = image.get("Config") or {}
    ports = (port.partition("/") for port in config.get("ExposedPorts") or ())
    return Image(
        reference=reference,
        digest=digest_of(reference, image),
        labels=config.get("Labels") or {},
        ports=tuple(sorted(int(number) for number, _, kind in ports if kind in ("", "tcp"))),
    )


def digest_of(reference: str, image: Mapping[str, Any]) -> str:
    """What identifies the image: ``name@sha256:...``, by which it can be pulled again, or its id if it is local."""
    repository = image_name(reference).repository
    for digest in image.get("RepoDigests") or ():
        if image_name(digest).repository == repository and len(digest) <= _LONGEST_DIGEST:
            return str(digest)
    return str(image["Id"])


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
