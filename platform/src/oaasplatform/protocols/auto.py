"""A stand-in for instances whose dialect is not known yet: asks them in all dialects side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from oaasplatform.domain.deployments import Deployment
from oaasplatform.domain.errors import ContractBroken, InstanceBroken
from oaasplatform.domain.images import Image
from oaasplatform.domain.repositories import Descriptor
from oaasplatform.domain.targets import Target
from oaasplatform.protocols.base import Readiness, RepositoryProtocol, Traits, Waiting
from oaasplatform.protocols.runless import WithoutRuns

_REASON_LENGTH = 160


class AutoProtocol(WithoutRuns):
    """Finds out which of some dialects a container speaks; the first that fits wins."""

    _no_runs = "It is not known yet which dialect the instance speaks."

    def __init__(self, dialects: Sequence[RepositoryProtocol], *, name: str, writable: bool) -> None:
        """``writable``: see ``Traits.writable``."""
        self._dialects = [dialect for dialect in dialects if dialect.traits.standing and dialect.traits.runs]
        self._name = name
        self._traits = Traits(writable=writable, runs=False)

    @property
    def name(self) -> str:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        return self._name

    @property
    def port(self) -> int:
        """That of the first dialect: a runtime that maps ports maps this one."""
        return self._dialects[0].port

    @property
    def traits(self) -> Traits:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        return self._traits

    def claims(self, image: Image) -> bool:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        return False

    def complete(self, deployment: Deployment, image: Image) -> Deployment:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        return deployment

    async def probe(self, target: Target) -> Readiness | Waiting:
        """Ready as soon as one dialect is."""
        answers = await self._ask(target)
        ready = next((answer for _, _, answer in answers if isinstance(answer, Readiness)), None)
        return ready or Waiting(_reasons(answers))

    async def identify(self, target: Target) -> tuple[RepositoryProtocol, Target]:
        """See :class:`~oaasplatform.protocols.base.ProbingProtocol`."""
        answers = await self._ask(target)
        for dialect, at, answer in answers:
            if isinstance(answer, Readiness):
                return dialect, at
        raise ContractBroken(f"The instance speaks no known dialect: {_reasons(answers)}.")

    async def discover(self, target: Target) -> list[Descriptor]:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        dialect, at = await self.identify(target)
        return await dialect.discover(at)

    async def _ask(self, target: Target) -> list[tuple[RepositoryProtocol, Target, Readiness | Waiting]]:
        places = [(dialect, self._at(target, dialect)) for dialect in self._dialects]
        answers = await asyncio.gather(*(_probe(dialect, at) for dialect, at in places))
        return [(dialect, at, answer) for (dialect, at), answer in zip(places, answers, strict=True)]

    def _at(self, target: Target, dialect: RepositoryProtocol) -> Target:
        if target.deployment.port is not None or dialect.port == self.port:
            return target
        return replace(target, base_url=target.url(dialect.port))


async def _probe(dialect: RepositoryProtocol, target: Target) -> Readiness | Waiting:
    try:
        return await dialect.probe(target)
    except (ContractBroken, InstanceBroken) as error:
        return Waiting(error.detail)


def _reasons(answers: list[tuple[RepositoryProtocol, Target, Readiness | Waiting]]) -> str:
    said = ((dialect.name, answer.reason.rstrip(".")) for dialect, _, answer in answers if isinstance(answer, Waiting))
    return "; ".join(f"{name}: {reason[:_REASON_LENGTH]}" for name, reason in said)
