"""Progress of a pull; the messages are those of a real engine."""

from __future__ import annotations

from typing import Any

from oaasplatform.runtimes.docker.pulling import PullProgress


def layer(id_: str, status: str, **detail: int) -> dict[str, Any]:
    return {"status": status, "id": id_, "progressDetail": detail}


def test_layers_are_added_up() -> None:
    progress = PullProgress("x:1")
    assert progress.after({"status": "Pulling from x", "id": "1"}) == "Pulling x:1: asking the registry."
    progress.after(layer("a", "Already exists"))
    assert progress.after(layer("b", "Pulling fs layer")) == "Pulling x:1: 1 of 2 layers are here."
    progress.after(layer("c", "Waiting"))
    progress.after(layer("b", "Downloading", current=500_000, total=4_000_000))
    said = progress.after(layer("c", "Downloading", current=1_000_000, total=2_000_000))
    assert said == "Pulling x:1: 1 of 3 layers are here, 1.5 of 6.0 MB are downloaded."
    progress.after(layer("b", "Verifying Checksum"))
    progress.after(layer("b", "Extracting", current=1, total=4_000_000))
    said = progress.after(layer("b", "Pull complete"))
    assert said == "Pulling x:1: 2 of 3 layers are here, 5.0 of 6.0 MB are downloaded."
    assert progress.after({"status": "Digest: sha256:0"}) == said


def test_a_broken_connection_is_told() -> None:
    progress = PullProgress("x:1")
    progress.after(layer("a", "Downloading", current=1_000_000, total=2_000_000))
    said = progress.after(layer("a", "Retrying in 5 seconds"))
    assert said.endswith("1.0 of 2.0 MB are downloaded, the connection broke off: retrying in 5 seconds.")
