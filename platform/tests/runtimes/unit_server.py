"""A unit for tests: a server that does by URL what algorithms do by accident. Standard library only."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Answer = dict[str, Any]
KEPT: list[object] = []
EAT = "import sys; block = bytearray(int(sys.argv[1]) * 2**20); print(len(block))"


def health() -> Answer:
    return {"pid": os.getpid(), "uid": os.getuid(), "environment": dict(os.environ)}


def say(text: str, to: str = "stdout") -> Answer:
    print(text, file=getattr(sys, to), flush=True)
    return {}


def say_bytes(hexadecimal: str) -> Answer:
    os.write(1, bytes.fromhex(hexadecimal))
    return {}


def eat(megabytes: str) -> Answer:
    KEPT.append(bytearray(int(megabytes) * 2**20))
    return {"eaten": megabytes}


def eat_in_child(megabytes: str) -> Answer:
    return {"code": subprocess.run([sys.executable, "-c", EAT, megabytes], check=False).returncode}


def burn(seconds: str) -> Answer:
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        pass
    return {}


def spawn(count: str) -> Answer:
    """Sleeping descendants, each in a session of its own."""
    pids = []
    try:
        for _ in range(int(count)):
            child = subprocess.Popen(["sleep", "600"], start_new_session=True)
            KEPT.append(child)
            pids.append(child.pid)
    except (OSError, RuntimeError) as error:
        return {"pids": pids, "error": str(error)}
    return {"pids": pids, "error": None}


def write(path: str, megabytes: str) -> Answer:
    try:
        with Path(path).open("wb") as file:
            for _ in range(int(megabytes)):
                file.write(bytes(2**20))
    except OSError as error:
        return {"error": error.strerror}
    return {"error": None}


def connect(host: str, port: str) -> Answer:
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
    except OSError as error:
        return {"error": str(error)}
    return {"error": None}


def ignore_term() -> Answer:
    KEPT.append("TERM")
    return {}


def leave(code: str) -> Answer:
    os._exit(int(code))


def serve_bytes(megabytes: str) -> bytes:
    return bytes(int(megabytes) * 2**20)


ACTIONS: dict[str, Callable[..., Answer | bytes]] = {
    f"/{function.__name__}": function
    for function in (
        health, say, say_bytes, eat, eat_in_child, burn, spawn, write, connect, ignore_term, leave, serve_bytes,
    )
}  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        url = urlsplit(self.path)
        answer = ACTIONS[url.path](**dict(parse_qsl(url.query)))
        self._answer(answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    def do_POST(self) -> None:
        left = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read(min(left, 65536)))
        self._answer(b"{}")

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Only what tests say is in the log."""


def on_term(*_: object) -> None:
    if "TERM" not in KEPT:
        os._exit(0)


def main() -> None:
    signal.signal(signal.SIGTERM, on_term)
    server = ThreadingHTTPServer(
        (os.environ.get("OAAS_HOST", "0.0.0.0"), int(os.environ.get("OAAS_PORT", "55955"))), Handler
    )
    if port_file := os.environ.get("OAAS_PORT_FILE"):
        draft = Path(f"{port_file}.draft")
        draft.write_text(str(server.server_address[1]))
        draft.replace(port_file)
    print("the unit is up", flush=True)
    server.serve_forever()


main()
