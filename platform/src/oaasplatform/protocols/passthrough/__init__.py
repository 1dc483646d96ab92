"""HTTP and WebSocket traffic of callers, passed through to an instance."""

from oaasplatform.protocols.passthrough.passage import HttpPassage

__all__ = ["HttpPassage"]
