"""A driver under test, with short words for what tests do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

import httpx
import msgspec

from oaasplatform.domain.deployments import Service, Stack
from oaasplatform.domain.quotas import Enforcement, Quota
from oaasplatform.kit.backoff import delays
from oaasplatform.runtimes.base import Runtime, Unit, UnitSpec, UnitState

SECONDS = 20.0
"""Longer than anything takes that a test waits for."""


class Harness:
    """One node's driver, and its later lives."""

    def __init__(
        self, make: Callable[[], Runtime], reference: str, services: Mapping[str, Service] | None = None
    ) -> None:
        """``services``: a stack of them, of which ``api`` answers; those without an image have the one of the tests."""
        self._make = make
        self.reference = reference
        self.services = services
        self.prefix = "" if services is None else f"{'api':{max(map(len, services))}} | "
        """Of each line of the log."""
        self.runtime = make()
        self._lives = [self.runtime]
        self._client = httpx.AsyncClient(trust_env=False, timeout=SECONDS)

    async def __aenter__(self) -> Harness:
        await self.runtime.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()
        await self.runtime.purge()
        for life in self._lives:
            await life.close()

    async def restart(self) -> None:
        """A new driver, as after a restart of the node."""
        await self.runtime.close()
        self.runtime = self._make()
        self._lives.append(self.runtime)
        await self.runtime.open()

    async def spec(self, instance: int = 1, generation: int = 1, **quota: Any) -> UnitSpec:
        """Of a unit of the prepared image."""
        image = await self.runtime.prepare(self.reference)
        return UnitSpec(
            instance_id=instance,
            generation=generation,
            reference=image.reference,
            digest=image.digest,
            port=55955,
            quota=Quota(**quota),
            environment={"GREETING": "good morning"},
            writable=self.services is not None,
            stack=None if self.services is None else _stack(self.services, image.digest),
        )

    async def up(self, instance: int = 1, generation: int = 1, **quota: Any) -> Unit:
        """A unit that answers."""
        unit, _ = await self.up_with_quota(instance, generation, **quota)
        return unit

    async def started(self, spec: UnitSpec) -> Unit:
        """A unit that was started as far as it goes."""
        async with asyncio.timeout(SECONDS):
            for rest in delays(first=0.02, most=0.5):
                unit, _ = await self.runtime.start(spec)
                if unit.state is not UnitState.CREATED:
                    return unit
                await asyncio.sleep(rest)
        raise AssertionError("unreachable")

    async def up_with_quota(
        self, instance: int = 1, generation: int = 1, **quota: Any
    ) -> tuple[Unit, Mapping[str, Enforcement]]:
        """A unit that answers, and what holds of its quota."""
        unit, enforced = await self.runtime.start(await self.spec(instance, generation, **quota))
        async with asyncio.timeout(SECONDS):
            for rest in delays(first=0.02, most=0.5):
                now = await self.look(unit)
                assert now is not None and now.state is UnitState.RUNNING, now
                if now.base_url is not None:
                    try:
                        await self._client.get(f"{now.base_url}/health")
                    except httpx.TransportError:
                        pass
                    else:
                        return now, enforced
                await asyncio.sleep(rest)
        raise AssertionError("unreachable")

    async def ask(self, unit: Unit, action: str, **arguments: Any) -> Any:
        """Have the unit do something."""
        response = await self._client.get(f"{unit.base_url}/{action}", params=arguments)
        response.raise_for_status()
        return response.json() if action != "serve_bytes" else response.content

    async def get(self, unit: Unit, path: str) -> httpx.Response:
        """Whatever it answers."""
        return await self._client.get(f"{unit.base_url}/{path}")

    async def send(self, unit: Unit, body: bytes) -> None:
        """Send the unit a lot."""
        (await self._client.post(f"{unit.base_url}/", content=body)).raise_for_status()

    async def do(self, unit: Unit, action: str, **arguments: Any) -> None:
        """Have the unit do something that it may not live to answer."""
        try:
            await self._client.get(f"{unit.base_url}/{action}", params=arguments)
        except httpx.TransportError:
            return

    async def look(self, unit: Unit) -> Unit | None:
        """The unit as the driver lists it now."""
        return next((each for each in await self.runtime.units() if each.id == unit.id), None)

    async def ended(self, unit: Unit) -> Unit:
        """The unit once it has ended by itself."""
        async with asyncio.timeout(SECONDS):
            for rest in delays(first=0.02, most=0.5):
                now = await self.look(unit)
                assert now is not None
                if now.state is UnitState.EXITED:
                    return now
                await asyncio.sleep(rest)
        raise AssertionError("unreachable")

    async def log(self, unit: Unit, **options: Any) -> str:
        """What the unit wrote."""
        written = b"".join([chunk async for chunk in self.runtime.logs(unit.id, **options)])
        return written.decode(errors="replace")

    async def logged(self, unit: Unit, text: str) -> None:
        """Wait until it is in the log. Lines of different streams stand in the order in which the engine reads them."""
        async with asyncio.timeout(30):
            while text not in await self.log(unit):
                await asyncio.sleep(0.02)


def _stack(services: Mapping[str, Service], digest: str) -> Stack:
    resolved = {
        name: msgspec.structs.replace(service, digest=service.digest or digest) for name, service in services.items()
    }
    return Stack(services=resolved, answers="api")
