"""Images from a registry that asks for a login: what is pulled, with what, and what is said meanwhile."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import socket
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from nodes import Node
from registries import PASSWORD, USER, Gate, RegistryServer

pytestmark = pytest.mark.docker
ROOT = Path(__file__).parents[3]
PULLING = re.compile(r"\d+ of \d+ layers are here, \d+\.\d of \d+\.\d MB are downloaded")


@pytest.fixture(scope="session")
def registry_program(docker_engine: None) -> str:
    """A registry server; without one the tests are skipped, or fail where Docker is required."""
    done = subprocess.run([ROOT / "scripts" / "registry.sh"], check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        reason = "there is no docker-registry, and scripts/registry.sh could not get it"
        if os.environ.get("OAAS_REQUIRE_DOCKER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return done.stdout.strip()


@pytest.fixture(scope="session")
async def server(registry_program: str, shared_dir: Path) -> AsyncIterator[RegistryServer]:
    """A registry that all tests share."""
    home = shared_dir / "registry"
    home.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with RegistryServer(registry_program, home, port) as server:
        yield server


@pytest.fixture
async def gate(server: RegistryServer) -> AsyncIterator[Gate]:
    """The registry under a host that no node has seen yet; images of that host are removed afterwards."""
    async with Gate(server.host) as gate:
        yield gate
    command = ["docker", "image", "ls", "--quiet", "--filter", f"reference={gate.host}/*/*"]
    for image in set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()):
        subprocess.run(["docker", "image", "rm", "--force", image], check=True, capture_output=True)


@pytest.fixture
async def own_docker_node(docker_engine: None, shared_dir: Path, gate: Gate) -> AsyncIterator[Node]:
    """A node of the test's own; its units go before the images do."""
    node = Node(shared_dir / f"registry-{gate.host.rpartition(':')[2]}", "docker", OAAS_PURGE_ON_EXIT="true")
    yield node
    await node.end()


@pytest.fixture
async def private_node(own_docker_node: Node) -> Node:
    """One that runs."""
    await own_docker_node.start()
    return own_docker_node


async def add(node: Node, gate: Gate, **fields: Any) -> dict[str, Any]:
    """Register the registry."""
    body = {"url": f"http://{gate.host}", "username": USER, "password": PASSWORD, **fields}
    registry: dict[str, Any] = await node.post("/registries", body, status=201)
    return registry


async def register(node: Node, image: str, name: str = "sample", **options: Any) -> dict[str, Any]:
    """Register an image."""
    document: dict[str, Any] = await node.post("/algorithmRepositories", {"name": name, "image": image}, **options)
    return document


async def says(node: Node, repository: dict[str, Any], pattern: str | re.Pattern[str]) -> dict[str, Any]:
    """The repository as soon as its reason fits."""
    async with asyncio.timeout(90):
        while True:
            now: dict[str, Any] = await node.get(f"/algorithmRepositories/{repository['id']}")
            if re.search(pattern, now["reason"] or ""):
                return now
            assert now["discovering"], now["reason"]
            await asyncio.sleep(0.05)


async def refreshed(node: Node, repository: dict[str, Any]) -> dict[str, Any]:
    """The repository after a refresh."""
    document: dict[str, Any] = await node.post(f"/algorithmRepositories/{repository['id']}/refresh", wait=90)
    return document


async def test_only_the_right_password_opens(
    private_node: Node, gate: Gate, server: RegistryServer, docker_image: str
) -> None:
    node = private_node
    server.push("team/right:1", docker_image)
    image = f"{gate.host}/team/right:1"
    repository = await register(node, image, wait=60)
    assert repository["status"] == "failed"
    assert re.search(r"refuses access .*no basic auth credentials", repository["reason"])

    registry = await add(node, gate, password="wrong horse")
    assert "password" not in registry
    repository = await refreshed(node, repository)
    assert repository["status"] == "failed"
    assert re.search("refuses access .*unauthorized", repository["reason"])

    path = f"/registries/{registry['id']}"
    await node.put(path, {"password": PASSWORD})
    repository = await refreshed(node, repository)
    assert repository["status"] == "ready", repository["reason"]
    assert repository["digest"].startswith(f"{gate.host}/team/right@sha256:")
    await node.deploy(repository["id"])
    assert (await node.run("noop", {"numbers": [1, 2]}))["output"] == {"sum": 3}
    assert (await node.delete(path, status=409))["code"] == "inUse"

    unknown = await register(node, f"{gate.host}/team/unknown:1", "unknown", wait=60)
    assert unknown["status"] == "failed"
    assert re.search("was not found: .*manifest unknown", unknown["reason"])

    answers = [await node.get(each) for each in (path, "/registries", "/algorithmRepositories", "/info")]
    written = repr(answers) + node.log.read_text()
    for secret in (PASSWORD, "wrong horse"):
        assert secret not in written
        assert base64.b64encode(f"{USER}:{secret}".encode()).decode() not in written
    assert (node.data_dir / "secret.key").stat().st_mode & 0o777 == 0o600


async def test_what_was_discovered_runs_until_a_refresh(
    private_node: Node, gate: Gate, server: RegistryServer, docker_image: str
) -> None:
    node = private_node
    server.push("team/moving:1", docker_image)
    server.push("team/moving:next", docker_image)
    await add(node, gate)
    repository = await register(node, f"{gate.host}/team/moving:1", wait=90)
    assert repository["status"] == "ready", repository["reason"]
    first = await node.deploy(repository["id"], name="first")

    digest = await server.move_tag("team/moving", "next", "1")
    second = await node.deploy(repository["id"], name="second")
    assert first["digest"] == second["digest"] == repository["digest"]
    assert digest not in repository["digest"]
    assert image_of(first) == image_of(second)

    # An engine that has lost the image gets the same one again, by its digest.
    old = image_id(repository["digest"])
    for each in (first, second):
        await node.post(f"/algorithmRepositoriesInstances/{each['id']}/stop", wait=30)
        subprocess.run(["docker", "rm", "--force", each["unitId"]], check=True, capture_output=True)
    subprocess.run(["docker", "image", "rm", "--force", old], check=True, capture_output=True)
    for each in (first, second):
        again = await node.post(f"/algorithmRepositoriesInstances/{each['id']}/start", wait=60)
        assert again["status"] == "ready", again["reason"]
        assert image_of(again) == old

    moved = await refreshed(node, repository)
    assert moved["digest"] == f"{gate.host}/team/moving@{digest}"
    for each in (first, second):
        now = await node.get(f"/algorithmRepositoriesInstances/{each['id']}", wait=60)
        assert (now["status"], now["digest"]) == ("ready", moved["digest"]), now["reason"]
        assert image_of(now) == image_id(moved["digest"])
    assert image_id(moved["digest"]) != old


def image_id(reference: str) -> str:
    """Id of an image in the engine."""
    command = ["docker", "image", "inspect", "--format", "{{.Id}}", reference]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def image_of(instance: dict[str, Any]) -> str:
    """Id of the image that an instance's container runs."""
    command = ["docker", "container", "inspect", "--format", "{{.Image}}", instance["unitId"]]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


async def test_two_registrations_are_one_pull(
    private_node: Node, gate: Gate, server: RegistryServer, docker_image: str
) -> None:
    node = private_node
    server.push("team/shared:1", docker_image, megabytes=8)
    await add(node, gate)
    gate.hold(3)
    began = time.time()
    image = f"{gate.host}/team/shared:1"
    waiting = [await register(node, image, name) for name in ("one", "two")]
    for repository in waiting:
        assert repository["status"] == "registering"
        assert (await says(node, repository, PULLING))["status"] == "registering"
    gate.release()
    for repository in waiting:
        ready = await node.get(f"/algorithmRepositories/{repository['id']}", wait=90)
        assert ready["status"] == "ready", ready["reason"]
    assert pulls_since(began, image) == 1


def pulls_since(began: float, image: str) -> int:
    """How often the engine has pulled an image."""
    span = ["--since", f"{began:.3f}", "--until", f"{time.time():.3f}"]
    command = ["docker", "events", *span, "--filter", "type=image", "--filter", "event=pull"]
    events = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return sum(image in line for line in events.splitlines())


@pytest.mark.timeout(300)  # the engine tries five times, with growing rests
async def test_the_registry_goes_down_in_the_middle_of_a_pull(
    private_node: Node, gate: Gate, server: RegistryServer, docker_image: str
) -> None:
    node = private_node
    server.push("team/broken:1", docker_image, megabytes=8)
    await add(node, gate)
    gate.hold(3)
    repository = await register(node, f"{gate.host}/team/broken:1")
    await says(node, repository, PULLING)
    await gate.shut()
    await says(node, repository, "the connection broke off: retrying in")
    began = time.monotonic()
    while (failed := await node.get(f"/algorithmRepositories/{repository['id']}", wait=30))["discovering"]:
        assert time.monotonic() - began < 150, failed["reason"]
    assert failed["status"] == "failed"
    assert re.search("could not be reached or failed: .*connection refused", failed["reason"])
    await gate.open()
    assert (await refreshed(node, repository))["status"] == "ready"


async def test_settings_give_credentials_and_limits(
    own_docker_node: Node, gate: Gate, server: RegistryServer, docker_image: str
) -> None:
    node = own_docker_node
    server.push("team/allowed:1", docker_image)
    node.settings |= {
        "REGISTRY_URL": f"http://{gate.host}/",
        "REGISTRY_USER": USER,
        "REGISTRY_PASSWORD": PASSWORD,
        "OAAS_ALLOWED_IMAGES": f"{gate.host}/team/*, registry.example.org/*",
        "OAAS_SECRET_KEY": base64.b64encode(os.urandom(32)).decode(),
    }
    await node.start()
    problem = await register(node, docker_image, status=422)
    assert problem["code"] == "imageNotAllowed"
    assert f"{gate.host}/team/*" in problem["detail"]
    repository = await register(node, f"{gate.host}/team/allowed:1", wait=90)
    assert repository["status"] == "ready", repository["reason"]
    path = f"/algorithmRepositories/{repository['id']}"
    assert (await node.put(path, {"image": docker_image}, status=422))["code"] == "imageNotAllowed"

    # Credentials that were registered win, and the setting's key leaves no file.
    await add(node, gate, password="wrong horse")
    assert "unauthorized" in (await refreshed(node, repository))["reason"]
    assert not (node.data_dir / "secret.key").exists()
    assert PASSWORD not in node.log.read_text()
