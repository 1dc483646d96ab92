"""Names of images, and patterns of them."""

from __future__ import annotations

import pytest

from oaasplatform.domain.images import ImageName, image_name, is_allowed


@pytest.mark.parametrize(
    ("reference", "host", "path", "tag", "digest"),
    [
        ("python", "docker.io", "library/python", None, None),
        ("python:3.12-slim", "docker.io", "library/python", "3.12-slim", None),
        ("docker.io/library/python", "docker.io", "library/python", None, None),
        ("team/image", "docker.io", "team/image", None, None),
        ("localhost/x", "localhost", "x", None, None),
        ("localhost:5000/x:1", "localhost:5000", "x", "1", None),
        ("Registry.Example.org/a/b@sha256:0", "registry.example.org", "a/b", None, "sha256:0"),
        ("host:5000/x:1@sha256:0", "host:5000", "x", "1", "sha256:0"),
        ("/srv/x", "", "/srv/x", None, None),
        ("dir:/srv/x", "", "dir:/srv/x", None, None),
    ],
)
def test_parts(reference: str, host: str, path: str, tag: str | None, digest: str | None) -> None:
    assert image_name(reference) == ImageName(host=host, path=path, tag=tag, digest=digest)


@pytest.mark.parametrize(
    ("pattern", "reference"),
    [
        ("*", "anything/at:all"),
        ("*", "0123abcd"),
        ("registry.example.org/*", "registry.example.org/a/b:1"),
        ("registry.example.org/*", "REGISTRY.example.org/a"),
        ("*.example.org/planner", "eu.example.org/planner:7"),
        ("*/team/x", "anywhere.example.org/team/x"),
        ("registry.example.org:*/x", "registry.example.org:5000/x"),
        ("team/x", "docker.io/team/x:3"),
        ("docker.io/*", "team/x"),
        ("python", "docker.io/library/python:3.12"),
        ("python:3.*", "python:3.12"),
        ("python:latest", "python"),
        ("host:1/x@sha256:0*", "host:1/x:any@sha256:012"),
        ("/srv/algorithms/*", "/srv/algorithms/planner"),
        ("python:planners.*", "python:planners.edge"),
    ],
)
def test_allowed(pattern: str, reference: str) -> None:
    assert is_allowed(reference, ["nothing.example.org/x", pattern])


@pytest.mark.parametrize(
    ("pattern", "reference"),
    [
        ("registry.example.org/*", "evil.example.com/registry.example.org/x"),
        ("*.example.org/x", "evil.example.com/a.example.org/x"),
        ("*.example.org/x", "evil.example.com:80/.example.org/x"),
        ("registry.example.org/*", "registry.example.org:5000/x"),
        ("registry.example.org/x", "registry.example.org/xy"),
        ("registry.example.org/x:1.*", "registry.example.org/x:2"),
        ("registry.example.org/x:1.*", "registry.example.org/x"),
        # The engine pulls the digest and never looks at the tag.
        ("registry.example.org/x:1.*", "registry.example.org/x:1.0@sha256:0123"),
        ("python:3.*", "evil.example.com/python:3.1"),
        # Ids name any image that is in the engine.
        ("docker.io/*", "0123abcd"),
        ("docker.io/*", "sha256:0123abcd"),
        ("docker.io/*", "/srv/algorithms/planner"),
        ("/srv/algorithms/*", "/srv/algorithms/../private"),
    ],
)
def test_not_allowed(pattern: str, reference: str) -> None:
    assert not is_allowed(reference, [pattern])


def test_nothing_is_allowed_without_patterns() -> None:
    assert not is_allowed("python", [])
