"""The dialect of models packed with Cog."""

from oaasplatform.protocols.cog.adapter import CogProtocol

__all__ = ["CogProtocol"]
