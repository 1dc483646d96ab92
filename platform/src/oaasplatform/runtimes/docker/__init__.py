"""Docker Engine: every unit is a container, or a stack of them."""

from oaasplatform.runtimes.docker.driver import DockerRuntime
from oaasplatform.runtimes.docker.engine import engine_answers

__all__ = ["DockerRuntime", "engine_answers"]
