"""Names of container images, and which of them an operator allows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

DOCKER_HUB = "docker.io"
_OFFICIAL = "library/"
"""Where Docker Hub keeps images whose names have one part."""
_DIRECTORY = re.compile(r"[/.~]|dir:")
"""How what a process runtime runs begins."""
_ID = re.compile(r"(?:sha256:)?[0-9a-f]+")


@dataclass(frozen=True, kw_only=True)
class ImageName:
    """The parts of a reference like ``registry.example.org:5000/team/planner:2@sha256:...``."""

    host: str
    """Of the registry, in lower case, with its port if the reference has one."""
    path: str
    tag: str | None
    digest: str | None

    @property
    def repository(self) -> str:
        """Everything but tag and digest: equal for all ways to write the same name."""
        return f"{self.host}/{self.path}"


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image that is ready to run on this host."""

    reference: str
    digest: str
    """Identifies the content for good."""
    labels: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[int, ...] = ()
    """TCP ports that the image declares, in rising order."""


def image_name(reference: str) -> ImageName:
    """Take a reference apart; whether it is a possible one is not checked. A directory is in no registry."""
    if _DIRECTORY.match(reference):
        return ImageName(host="", path=reference, tag=None, digest=None)
    name, _, digest = reference.partition("@")
    host, name = _host_and_rest(name)
    head, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    path = f"{head}{slash}{last}"
    if host == DOCKER_HUB and not head:
        path = f"{_OFFICIAL}{path}"
    return ImageName(host=host, path=path, tag=tag or None, digest=digest or None)


def is_allowed(reference: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns fits the reference.

    A pattern is written like a reference, and ``*``, ``?`` and ``[abc]`` stand for any characters. Those in its host
    stay within the host. A pattern without a tag fits all tags; ``*`` fits everything.
    """
    return any(pattern == "*" or _fits(reference, pattern) for pattern in patterns)


def _fits(reference: str, pattern: str) -> bool:
    if _DIRECTORY.match(reference):
        return ".." not in reference.split("/") and fnmatchcase(reference, pattern)
    if _ID.fullmatch(reference):
        return False  # an engine takes it for the id of an image, which may have any name
    image = image_name(reference)
    host, rest = _host_and_rest(pattern)
    if not fnmatchcase(image.host, host):
        return False
    paths = {image.path, image.path.removeprefix(_OFFICIAL)} if image.host == DOCKER_HUB else {image.path}
    # Of a reference with both, only the digest counts: the engine never looks at the tag.
    version = f"@{image.digest}" if image.digest else f":{image.tag or 'latest'}"
    return any(fnmatchcase(f"{path}{suffix}", rest) for path in paths for suffix in ("", version))


def _host_and_rest(name: str) -> tuple[str, str]:
    first, slash, rest = name.partition("/")
    if slash and ("." in first or ":" in first or first in ("localhost", "*")):
        return first.lower(), rest
    return DOCKER_HUB, name
