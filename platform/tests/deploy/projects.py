"""A project of Compose, driven as an operator does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx

DEPLOY = Path(__file__).parents[3] / "deploy"
NAME = "oaas-test"
CONTAINER = "oaas-platform_backend"
READY_SECONDS = 60.0
STEP_SECONDS = 0.1
_OURS = ("OAAS_", "POSTGRES_", "NETWORK_MODE_HOST", "REGISTRY_", "LOG_LEVEL", "DATABASE_URL")


class Project:
    """The compose files of one mode, with variables as ``.env`` would have them."""

    def __init__(self, compose: list[str], mode: str, variables: dict[str, str]) -> None:
        self.mode = mode
        self.variables = variables
        self._nodes: set[str] = set()
        files = ["compose.yaml", *(["compose.bridge.yaml"] if mode == "bridge" else [])]
        self._command = [*compose, "--project-name", NAME]
        for file in files:
            self._command += ["--file", str(DEPLOY / file)]

    @property
    def url(self) -> str:
        """Where the operator finds the API."""
        return f"http://127.0.0.1:{self.variables['OAAS_PORT']}"

    def compose(self, *arguments: str, check: bool = True, **variables: str) -> str:
        """Output of a command of Compose."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(_OURS)}
        done = subprocess.run(
            [*self._command, *arguments],
            check=False,
            env={**environment, **self.variables, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        assert not check or done.returncode == 0, done.stdout
        return done.stdout

    def up(self, *arguments: str, **variables: str) -> None:
        """Start in the background and wait until the platform is ready."""
        self.compose("up", "--detach", *arguments, **variables)
        self.await_ready()

    def await_ready(self) -> None:
        """Ask until it is ready."""
        deadline = time.monotonic() + READY_SECONDS
        while not self.ready():
            assert time.monotonic() < deadline, self.logs()
            time.sleep(STEP_SECONDS)
        self.logs()

    def ready(self) -> bool:
        """Whether the platform says so."""
        try:
            return httpx.get(f"{self.url}/health/ready", timeout=5).json()["status"] == "ok"
        except httpx.TransportError:
            return False

    def logs(self) -> str:
        """What the platform wrote."""
        text = self.compose("logs", "--no-log-prefix", "--no-color", "oaas-platform", check=False)
        self._nodes |= set(re.findall(r'"node": "(\w+)"', text))
        return text

    def aerich(self, *arguments: str) -> str:
        """Output of aerich in the running container, as documented."""
        return docker("exec", CONTAINER, "aerich", *arguments)

    def post(self, path: str, body: Any, status: int) -> dict[str, Any]:
        """POST a document and wait for what it starts."""
        answer = httpx.post(f"{self.url}{path}", json=body, headers={"Prefer": "wait=60"}, timeout=90)
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    def get(self, path: str, **parameters: Any) -> Any:
        """GET a document."""
        answer = httpx.get(f"{self.url}{path}", params=parameters, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def deploy(self, image: str) -> dict[str, Any]:
        """Register an image and make an instance of it."""
        repository = self.post("/algorithmRepositories", {"name": "sample", "image": image}, 202)
        assert repository["status"] == "ready", repository["reason"]
        body = {"algorithmRepositoryId": repository["id"], "quotaInformation": {"cpu": 0.5, "ram": "256MB"}}
        instance = self.post("/algorithmRepositoriesInstances", body, 202)
        assert instance["status"] == "ready", instance["reason"]
        return instance

    def run_noop(self) -> None:
        """One execution on the instance."""
        (algorithm,) = self.get("/algorithms", name="noop")["items"]
        body = {"algorithmId": algorithm["id"], "input": {"numbers": [1, 2]}}
        execution = self.post("/algorithmExecutions", body, 200)
        assert execution["output"] == {"sum": 3}

    def remove(self) -> None:
        """Everything, whatever state it is in."""
        self.compose("down", "--volumes", "--timeout", "10", check=False)
        for what, remove in (("container", ["rm", "--force"]), ("network", ["network", "rm"])):
            if found := self._of_nodes(what):
                docker(*remove, *found)
        # A network that instances were in could not be removed before.
        self.compose("down", "--volumes", check=False)

    def left_over(self) -> list[str]:
        """Ids of containers, networks and volumes of the project or of its platform."""
        found: list[str] = []
        for what in ("container", "network", "volume"):
            found += _labelled(what, f"com.docker.compose.project={NAME}") + self._of_nodes(what)
        return found

    def _of_nodes(self, what: str) -> list[str]:
        return [id_ for node in self._nodes for id_ in _labelled(what, f"io.oaas.node={node}")]


def _labelled(what: str, label: str) -> list[str]:
    every = ["--all"] if what == "container" else []
    return docker(what, "ls", *every, "--quiet", "--filter", f"label={label}").split()


def docker(*arguments: str) -> str:
    """Output of a docker command."""
    done = subprocess.run(["docker", *arguments], check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def inspect(container: str) -> dict[str, Any]:
    """What the engine knows about a container."""
    (facts,) = json.loads(docker("inspect", container))
    return dict(facts)


def first(pattern: str, text: str) -> str:
    """The first match."""
    found = re.search(pattern, text)
    assert found, text
    return found[0]


def build_image(context: Path, tag: str, base_image: str) -> None:
    """Build an image on the base image, by the classic builder: it needs no plug-in."""
    command = ["docker", "build", "--quiet", "--tag", tag, "--build-arg", f"BASE_IMAGE={base_image}", str(context)]
    subprocess.run(command, check=True, capture_output=True, env={"PATH": "/usr/bin:/bin", "DOCKER_BUILDKIT": "0"})
