"""Docker Engine: every unit is a container."""

from oaasplatform.runtimes.docker.driver import DockerRuntime
from oaasplatform.runtimes.docker.engine import engine_answers
from oaasplatform.runtimes.docker.images import RegistryAuth

__all__ = ["DockerRuntime", "RegistryAuth", "engine_answers"]
