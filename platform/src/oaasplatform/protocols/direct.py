"""The dialect ``direct``: any HTTP server. It has no algorithms; callers reach it through the instance's proxy."""

from __future__ import annotations

import asyncio
from typing import NoReturn
from urllib.parse import urlsplit

import msgspec

from oaas_sdk.contract import StatusMessage
from oaasplatform.domain.deployments import Deployment
from oaasplatform.domain.errors import ContractBroken, NotSupported
from oaasplatform.domain.images import Image
from oaasplatform.domain.repositories import Descriptor
from oaasplatform.domain.targets import Run, Target
from oaasplatform.protocols.base import Launch, Launched, Readiness, Traits, Waiting

_PROBE_SECONDS = 2.0


class DirectProtocol:
    """Waits until a server takes connections, and asks nothing of it."""

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

    async def launch(self, target: Target, launch: Launch) -> Launched:
        """There is nothing to launch."""
        self._refuse()

    async def poll(self, target: Target, run: Run) -> StatusMessage:
        """There is nothing to launch."""
        self._refuse()

    async def interrupt(self, target: Target, run: Run) -> None:
        """There is nothing to launch."""
        self._refuse()

    async def stop(self, target: Target, run: Run, *, forget: bool) -> None:
        """There is nothing to launch."""
        self._refuse()

    async def logs(self, target: Target, run: Run, offset: int = 0) -> bytes:
        """There is nothing to launch."""
        self._refuse()

    def read(self, run: Run, body: bytes) -> StatusMessage:
        """There is nothing to launch."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise NotSupported("The repository has no algorithms; its server is reached through its instances' proxy.")
