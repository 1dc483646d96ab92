"""How far a pull is, from the engine's messages about single layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_HERE = frozenset({"Already exists", "Pull complete"})
_DOWNLOADED = frozenset({"Verifying Checksum", "Download complete"})
_MEGABYTE = 10**6


@dataclass
class _Layer:
    here: bool = False
    received: int = 0
    """Bytes, compressed."""
    size: int = 0
    """Bytes; 0 until its download begins."""


class PullProgress:
    """Adds the layers up."""

    def __init__(self, reference: str) -> None:
        self._reference = reference
        self._layers: dict[str, _Layer] = {}

    def after(self, message: Mapping[str, Any]) -> str:
        """A sentence about everything that is known after one more message."""
        status = str(message.get("status", ""))
        # With an id but without details a message is about the tag, or sums up.
        if message.get("id") and "progressDetail" in message:
            self._note(str(message["id"]), status, message["progressDetail"])
        if not self._layers:
            return f"Pulling {self._reference}: asking the registry."
        here = sum(layer.here for layer in self._layers.values())
        parts = [f"{here} of {len(self._layers)} layers are here"]
        if size := sum(layer.size for layer in self._layers.values()):
            received = sum(layer.received for layer in self._layers.values())
            parts.append(f"{received / _MEGABYTE:.1f} of {size / _MEGABYTE:.1f} MB are downloaded")
        if status.startswith("Retrying"):
            parts.append(f"the connection broke off: {status.lower()}")
        return f"Pulling {self._reference}: {', '.join(parts)}."

    def _note(self, id_: str, status: str, detail: Mapping[str, Any]) -> None:
        layer = self._layers.setdefault(id_, _Layer())
        if status == "Downloading":
            layer.received = int(detail.get("current", 0))
            layer.size = max(layer.size, int(detail.get("total", 0)), layer.received)
        elif status in _DOWNLOADED:
            layer.received = layer.size
        elif status in _HERE:
            layer.here, layer.received = True, layer.size
