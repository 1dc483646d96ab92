"""Images: found here, pulled, refused, with the engine's own words. The registry is a small one of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiodocker import Docker

from oaasplatform.domain.errors import ImageUnavailable
from oaasplatform.runtimes.base import Credentials
from oaasplatform.runtimes.docker import DockerRuntime
from oaasplatform.runtimes.docker.images import check_reference, digest_of


@pytest.mark.parametrize(
    "reference",
    [
        "python", "python:3.12-slim", "library/python", "oaas-local/x:0123", "localhost/x",
        "localhost:5000/a/b_c/d:V.1",
        "registry.example.org/team/image@sha256:" + "0" * 64, "sha256:" + "a" * 64,
        "host:5000/x:tag@sha256:" + "0" * 64,
    ],
)  # fmt: skip
def test_names_of_images_are_accepted(reference: str) -> None:
    check_reference(reference)


@pytest.mark.parametrize(
    "reference",
    ["", "a b", "x?y", "../../containers", "a/../b", "a//b", "Upper", "x:", "x@sha256:1", "a#b", "-x", "a\n"],
)
def test_other_texts_are_refused(reference: str) -> None:
    with pytest.raises(ImageUnavailable):
        check_reference(reference)


@pytest.mark.parametrize("reference", ["/srv/repository", "./here", "dir:/srv/repository"])
def test_directories_are_explained(reference: str) -> None:
    with pytest.raises(ImageUnavailable, match="OAAS_RUNTIME=process"):
        check_reference(reference)


def test_the_digest_is_that_of_the_registry_that_was_asked() -> None:
    image = {"Id": "sha256:1", "RepoDigests": ["mirror:5000/x@sha256:2", "x@sha256:3"]}
    assert digest_of("docker.io/library/x:latest", image) == "x@sha256:3"
    assert digest_of("mirror:5000/x", image) == "mirror:5000/x@sha256:2"
    assert digest_of("built-here", image) == "sha256:1"
    assert digest_of("x", {"Id": "sha256:1", "RepoDigests": None}) == "sha256:1"


@pytest.fixture
async def runtime(docker_engine: None, node_id: str, tmp_path: Path) -> AsyncIterator[DockerRuntime]:
    runtime = DockerRuntime(node_id, tmp_path)
    yield runtime
    await runtime.close()


@pytest.mark.docker
async def test_an_unknown_image_is_not_found(runtime: DockerRuntime) -> None:
    async with _registry(404, "MANIFEST_UNKNOWN", "manifest unknown") as host:
        with pytest.raises(ImageUnavailable, match=f"{host}/x:1 was not found: .*manifest"):
            await runtime.prepare(f"{host}/x:1")


@pytest.mark.docker
async def test_a_private_image_is_refused(runtime: DockerRuntime) -> None:
    async with _registry(401, "UNAUTHORIZED", "authentication required") as host:
        with pytest.raises(ImageUnavailable, match=r"refuses access .*(unauthorized|no basic auth|authentication)"):
            await runtime.prepare(f"{host}/x:1")


@pytest.mark.docker
async def test_credentials_are_shown_to_the_registry(runtime: DockerRuntime) -> None:
    heard: list[str] = []
    async with _registry(401, "UNAUTHORIZED", "authentication required", heard) as host:
        with pytest.raises(ImageUnavailable):
            await runtime.prepare(f"{host}/x:1", credentials=Credentials(username="me", password="secret"))
    assert any("basic bWU6c2VjcmV0" in request or "Basic bWU6c2VjcmV0" in request for request in heard)


@pytest.mark.docker
async def test_a_registry_that_is_down_is_told_apart(runtime: DockerRuntime) -> None:
    async with _registry(200, "", "") as host:
        pass
    with pytest.raises(ImageUnavailable, match=r"could not be reached or failed: .*connection refused"):
        await runtime.prepare(f"{host}/x:1")


@pytest.mark.docker
async def test_refreshing_keeps_an_image_that_was_built_here(
    runtime: DockerRuntime, unit_image: str, docker: Docker
) -> None:
    async with _registry(404, "MANIFEST_UNKNOWN", "manifest unknown") as host:
        reference = f"{host}/mine:1"
        await docker.images.tag(unit_image, repo=f"{host}/mine", tag="1")
        try:
            said: list[str] = []
            first = await runtime.prepare(reference)
            assert await runtime.prepare(reference, refresh=True, on_progress=said.append) == first
        finally:
            await docker.images.delete(reference)


@asynccontextmanager
async def _registry(status: int, code: str, message: str, heard: list[str] | None = None) -> AsyncIterator[str]:
    """A registry that gives every request for an image the same answer. The engine takes plain HTTP from loopback."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begin = await reader.readexactly(1)
        if begin == b"\x16":  # a TLS handshake, which the engine tries first
            writer.close()
            return
        head = (begin + await reader.readuntil(b"\r\n\r\n")).decode()
        if heard is not None:
            heard.append(head)
        if head.split()[1] == "/v2/" and status != 401:
            line, body = "200 OK", "{}"
        else:
            line, body = f"{status} No", f'{{"errors": [{{"code": "{code}", "message": "{message}"}}]}}'
        challenge = 'WWW-Authenticate: Basic realm="test"\r\n' if status == 401 else ""
        writer.write(
            f"HTTP/1.1 {line}\r\nContent-Type: application/json\r\nDocker-Distribution-Api-Version: registry/2.0\r\n"
            f"{challenge}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
