"""What the platform asks of an algorithm repository, whatever dialect it speaks.

Adapters hold nothing that matters: a target says where the instance is, a run what the dialect calls it. Errors:
``InstanceUnreachable`` (no or broken answer), ``InstanceBusy`` (no free slot), ``InstanceBroken`` (nothing but a new
instance helps), ``InputRefused``, ``RunUnknown``, ``ContractBroken``, ``NotSupported``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import msgspec

from oaas_sdk.contract import StatusMessage
from oaasplatform.domain.deployments import Deployment
from oaasplatform.domain.documents import DocumentStream, LargeDocument
from oaasplatform.domain.errors import OaasError
from oaasplatform.domain.images import Image
from oaasplatform.domain.repositories import Descriptor
from oaasplatform.domain.targets import Run, Target


@dataclass(frozen=True, kw_only=True)
class Traits:
    """What sets a dialect apart from others, as far as anybody above has to know."""

    calls_back: bool = False
    """Whether the instance reports by itself; if not, runs are asked for in short intervals."""
    callback_port: int | None = None
    """The port of the node that instances post to whatever they are told, if the dialect has such a thing."""
    keeps_time: bool = False
    """Whether the instance itself ends a run at its time limit; if not, the platform stops it."""
    standing: bool = True
    """Whether an instance is a running container; if not, each run has a container of its own."""
    writable: bool = True
    """Whether containers get a writable root file system and their image's own user (without any capabilities).

    Images that were not made for the platform expect both.
    """
    runs: bool = True
    """Whether there are algorithms to be run at all."""


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """What an instance said when it was ready."""

    concurrency: int
    """Runs at the same time."""
    launch_batch: int = 1
    """Launches that it takes in one request (``BatchProtocol``)."""


@dataclass(frozen=True)
class Waiting:
    """An instance is not ready yet."""

    reason: str
    """What is being waited for, as a clause: ``GET /health has no answer``."""


@dataclass(frozen=True, kw_only=True)
class Launch:
    """One run to be started."""

    run_id: str
    """Opaque name of the attempt, unique for ever."""
    reference: str
    """``Descriptor.reference`` of the algorithm."""
    input: msgspec.Raw
    """``null`` if it is handed over in parts (``StreamingProtocol``)."""
    callback_url: str
    """``http://node/callback/{executionId}?secret=...``; what is posted there is read by ``read``."""
    secret: str
    """32 hexadecimal digits (a number of 128 bits) that only the node and this attempt know."""
    time_limit: float | None
    """Seconds."""
    wait: float
    """Seconds in which a short run may answer with its final message at once."""


@dataclass(frozen=True, kw_only=True)
class Launched:
    """A run was started, or found started already."""

    message: StatusMessage | None = None
    """The final message when it ended at once."""
    handle: str | None = None
    """What the dialect needs to find the run again (``Run.handle``); any text."""


class RepositoryProtocol(Protocol):
    """An adapter."""

    @property
    def name(self) -> str:
        """As in ``protocol`` of a registration."""
        ...

    @property
    def port(self) -> int:
        """Port that images of this dialect listen on unless their registration names another one."""
        ...

    @property
    def traits(self) -> Traits:
        """What sets it apart."""
        ...

    def claims(self, image: Image) -> bool:
        """Whether the image itself says that it speaks this dialect, so that nobody has to try."""
        ...

    def complete(self, deployment: Deployment, image: Image) -> Deployment:
        """What the registration leaves open, as far as the image or the dialect knows it.

        Raises:
            ContractBroken: something is missing, or what the image says makes no sense.
        """
        ...

    async def probe(self, target: Target) -> Readiness | Waiting:
        """Whether the instance takes runs.

        Raises:
            ContractBroken: something answers that does not speak this dialect, or will never be ready.
            InstanceBroken: it speaks the dialect, and says that it can't go on.
        """
        ...

    async def discover(self, target: Target) -> list[Descriptor]:
        """All algorithms of the repository."""
        ...

    async def launch(self, target: Target, launch: Launch) -> Launched:
        """Start a run, or find it started already."""
        ...

    async def poll(self, target: Target, run: Run) -> StatusMessage:
        """The newest message of a run. The log need not be in it: ``logs`` is asked at the end."""
        ...

    async def interrupt(self, target: Target, run: Run) -> None:
        """Ask for the best solution found so far. Raises ``NotSupported`` where the dialect has no such thing."""
        ...

    async def stop(self, target: Target, run: Run, *, forget: bool) -> None:
        """End a run now, and have the instance forget it and its log if asked to. Unknown runs are fine.

        When it returns, the slot of the run is free.
        """
        ...

    async def logs(self, target: Target, run: Run, offset: int = 0) -> bytes:
        """What the run has written, from byte ``offset`` on; nothing where the dialect has no logs of runs."""
        ...

    def read(self, run: Run, body: bytes) -> StatusMessage:
        """A message that the instance posted about a run. Raises ``ContractBroken``."""
        ...


@runtime_checkable
class BatchProtocol(Protocol):
    """An adapter of a dialect that can launch many runs in one request."""

    def launch_all(
        self, target: Target, launches: Sequence[Launch]
    ) -> AbstractAsyncContextManager[AsyncIterator[tuple[str, Launched | OaasError]]]:
        """Start runs. What became of each, by its ``run_id``, in the order in which that is known.

        The instance may keep them waiting for a slot within ``Launch.wait``; ``InstanceBusy`` is the answer for those
        that have not found one. All launches have the same ``wait``.
        """
        ...


class LargeReport(StatusMessage, kw_only=True):
    """A final message whose output was stored on its way: ``output`` is not set, and whoever takes it keeps
    ``document`` or discards it.

    It is made here, and never read from the wire.
    """

    document: LargeDocument


@runtime_checkable
class StreamingProtocol(Protocol):
    """An adapter of a dialect in which documents of any size pass in parts. Its instances check inputs themselves.

    ``poll`` and both launches may find a :class:`LargeReport`.
    """

    async def launch_large(self, target: Target, launch: Launch, input: DocumentStream) -> Launched:
        """As ``launch``, with a large input in the place of ``Launch.input``."""
        ...

    async def read_large(self, run: Run, body: AsyncIterator[bytes]) -> StatusMessage:
        """As ``read``, for a message that may be too large to be in memory. Raises ``ContractBroken``."""
        ...


class ProbingProtocol(RepositoryProtocol, Protocol):
    """A stand-in for an instance whose dialect is not known yet; it takes no runs."""

    async def identify(self, target: Target) -> tuple[RepositoryProtocol, Target]:
        """The dialect that the instance is ready in, and where it answers.

        Raises:
            ContractBroken: none; the message says what each of them found.
        """
        ...
