"""Processes of this machine, for machines without a container engine. Isolates nothing."""

from oaasplatform.runtimes.process.driver import ProcessRuntime

__all__ = ["ProcessRuntime"]
