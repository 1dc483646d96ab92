"""The dialect ``direct``: any HTTP server. It has no algorithms; callers reach it through the instance's proxy."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import msgspec

from oaasplatform.domain.deployments import Deployment
from oaasplatform.domain.errors import ContractBroken
from oaasplatform.domain.images import Image
from oaasplatform.domain.repositories import Descriptor
from oaasplatform.domain.targets import Target
from oaasplatform.protocols.base import Readiness, Traits, Waiting
from oaasplatform.protocols.runless import WithoutRuns

_PROBE_SECONDS = 2.0


class DirectProtocol(WithoutRuns):
    """Waits until a server takes connections, and asks nothing of it."""

    _no_runs = "The repository has no algorithms; its server is reached through its instances' proxy."

    name = "direct"
    port = 0
    traits = Traits(runs=False)

    def claims(self, image: Image) -> bool:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        return False

    def complete(self, deployment: Deployment, image: Image) -> Deployment:
        """With the port of the image, if it declares exactly one."""
        if deployment.port is not None:
            return deployment
        if len(image.ports) != 1:
            declared = ", ".join(map(str, image.ports))
            found = f"the image declares several ({declared})" if declared else "the image declares none (EXPOSE)"
            raise ContractBroken(f"Say on which `port` the server listens: {found}.")
        return msgspec.structs.replace(deployment, port=image.ports[0])

    async def probe(self, target: Target) -> Readiness | Waiting:
        """Ready when the port takes a connection.

        A request could change something in a server that nobody here knows, and a server that computes may leave one
        unanswered for long without being lost.
        """
        host, port = urlsplit(target.base_url).hostname, target.port
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                _, writer = await asyncio.open_connection(host, port)
        except OSError:
            return Waiting(f"port {port} takes no connection")
        writer.transport.abort()
        return Readiness(concurrency=1)

    async def discover(self, target: Target) -> list[Descriptor]:
        """None."""
        return []
