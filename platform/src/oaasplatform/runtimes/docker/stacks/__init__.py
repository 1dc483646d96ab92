"""Units of several containers."""

from oaasplatform.runtimes.docker.stacks.driver import Stacks

__all__ = ["Stacks"]
