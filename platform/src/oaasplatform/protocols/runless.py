"""What adapters have in common whose instances take no runs."""

from __future__ import annotations

from typing import ClassVar, NoReturn

from oaas_sdk.contract import StatusMessage
from oaasplatform.domain.errors import NotSupported
from oaasplatform.domain.targets import Run, Target
from oaasplatform.protocols.base import Launch, Launched


class WithoutRuns:
    """The part of an adapter that is about runs: all of it raises ``NotSupported``."""

    _no_runs: ClassVar[str]
    """Why there are none, as a sentence."""

    async def launch(self, target: Target, launch: Launch) -> Launched:
        """Refused."""
        self._refuse()

    async def poll(self, target: Target, run: Run) -> StatusMessage:
        """Refused."""
        self._refuse()

    async def interrupt(self, target: Target, run: Run) -> None:
        """Refused."""
        self._refuse()

    async def stop(self, target: Target, run: Run, *, forget: bool) -> None:
        """Refused."""
        self._refuse()

    async def logs(self, target: Target, run: Run, offset: int = 0) -> bytes:
        """Refused."""
        self._refuse()

    def read(self, run: Run, body: bytes) -> StatusMessage:
        """Refused."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise NotSupported(self._no_runs)
