"""A real instance in a process of its own, and a real receiver of its callbacks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

SAMPLE = Path(__file__).with_name("sdk_sample_algorithms.py")


Document = dict[str, Any]


def eventually(condition: Callable[[], Any], seconds: float = 20.0) -> Any:
    """The first truthy value of the condition."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.005)
    return value


@pytest.fixture(name="eventually", scope="session")
def eventually_fixture() -> Callable[..., Any]:
    """Waits until a condition holds; fails when that takes longer than 20 seconds, or the number given."""
    return eventually


def document_of(answer: httpx.Response) -> Document:
    """The JSON object of an answer."""
    document = answer.json()
    assert isinstance(document, dict)
    return document


class Instance:
    """A served module."""

    def __init__(
        self, directory: Path, target: str = str(SAMPLE), arguments: Sequence[str] = (), **environment: str
    ) -> None:
        port_file = directory / "port"
        self._log_path = directory / "log"
        with self._log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "oaas_sdk", "serve", target, *arguments],
                stdout=log,
                stderr=log,
                cwd=directory,
                env={
                    **os.environ,
                    "OAAS_HOST": "127.0.0.1",
                    "OAAS_PORT": "0",
                    "OAAS_PORT_FILE": str(port_file),
                    **environment,
                },
            )
        eventually(lambda: port_file.exists() or self.process.poll() is not None)
        port = port_file.read_text().strip()
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False)
        self._ids: dict[str, int] = {}
        self._launched = 0

    @property
    def log(self) -> str:
        return self._log_path.read_text()

    def wait_until_ready(self) -> Instance:
        eventually(lambda: self.http.get("/health").status_code == 200)
        self._ids = {item["name"]: item["algorithmId"] for item in self.http.get("/algorithms").json()}
        return self

    def launch(self, algorithm: str, input: Any, *, wait: float | None = None, **body: Any) -> httpx.Response:
        self._launched += 1
        body = {"executionId": f"run-{self._launched}", "input": input, **body}
        headers = {} if wait is None else {"Prefer": f"wait={wait:g}"}
        return self.http.post(f"/executions/{self._ids[algorithm]}", json=body, headers=headers)

    def run(self, algorithm: str, input: Any, **body: Any) -> Document:
        """The final message of a new run."""
        answer = self.launch(algorithm, input, wait=50, **body)
        assert answer.status_code == 200, answer.text
        return document_of(answer)

    def start(self, algorithm: str, input: Any, **body: Any) -> str:
        """The id of a new run."""
        answer = self.launch(algorithm, input, **body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["executionId"])

    def get(self, execution_id: str) -> Document:
        return document_of(self.http.get(f"/executions/{execution_id}"))

    def final(self, execution_id: str) -> Document:
        def finished() -> Document | None:
            message = self.get(execution_id)
            return message if message["status"] in (0, -1) else None

        found: Document = eventually(finished)
        return found

    def logs(self, execution_id: str, offset: int = 0) -> httpx.Response:
        return self.http.get(f"/executions/{execution_id}/logs", params={"offset": offset})

    def stop(self, execution_id: str) -> Document:
        answer = self.http.delete(f"/executions/{execution_id}")
        assert answer.status_code == 200
        return document_of(answer)

    def close(self) -> None:
        self.http.close()
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(10)


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """An instance with one slot that serves the sample algorithms."""
    served = Instance(tmp_path_factory.mktemp("instance"))
    try:
        yield served.wait_until_ready()
    finally:
        served.close()


@pytest.fixture
def start_instance(tmp_path: Path) -> Iterator[Callable[..., Instance]]:
    """Starts instances of one's own: arguments as for ``Instance``, without the directory."""
    started: list[Instance] = []

    def start(target: str = str(SAMPLE), arguments: Sequence[str] = (), **environment: str) -> Instance:
        directory = tmp_path / f"instance-{len(started)}"
        directory.mkdir()
        started.append(Instance(directory, target, arguments, **environment))
        return started[-1]

    yield start
    for served in started:
        served.close()


class Receiver:
    """Takes callbacks, and answers them as it is told."""

    def __init__(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.seen.append((time.monotonic(), self.path, json.loads(body)))
                self.send_response(receiver.answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.answer = 204
        self.seen: list[tuple[float, str, Document]] = []
        self._handler = Handler
        self.port = 0
        self.up()

    def up(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def down(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/callback/secret"

    @property
    def messages(self) -> list[Document]:
        return [message for _, _, message in self.seen]

    def final(self) -> Document:
        found: Document = eventually(lambda: next((item for item in self.messages if item["status"] in (0, -1)), None))
        return found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of callbacks."""
    made = Receiver()
    yield made
    made.down()
