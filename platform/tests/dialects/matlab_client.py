"""Drives a server with MathWorks' own Python client, and prints as JSON what came back.

A process of its own: the client changes ``sys.path`` and brings libraries in native code.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import matlab  # before its sub-packages: it makes them importable
from matlab.production_server.async_client import MWHttpAsyncClient
from matlab.production_server.mpsexceptions import MATLABException
from production_server.client import MWHttpClient


def main(url: str) -> dict[str, Any]:
    """Call functions in both modes."""
    said: dict[str, Any] = {}
    with MWHttpClient(url) as client:
        said["add"] = client.conformance.add(2.0, 3.0)
        said["transpose"] = client.values.transpose(matlab.double([[1, 2, 3], [4, 5, 6]])).tomemoryview().tolist()
        said["next64"] = client.values.next64(2**60)
        said["big"] = len(client.conformance.big(100_000.0))
        try:
            client.conformance.fail("no way", nargout=0)
        except MATLABException as error:
            said["fail"] = [error.ml_error_identifier, error.ml_error_message, error.ml_error_stack[0].name]
    asynchronous = MWHttpAsyncClient(url)
    request = asynchronous.conformance.sleep(0.5)
    running = request.wait("processing", interval=0.01).name
    said["sleep"] = request.fetch_outputs()
    said["states"] = [running, request.state.name]
    failing = asynchronous.conformance.fail("no way", nargout=0)
    said["async fail"] = failing.wait(state="error", interval=0.05).name
    return said


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
