"""The dialect ``command``: programs that read an input, write an output and end. Each run is a container of its own."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec

from oaas_sdk.contract import ErrorType, RunError, Status, StatusMessage
from oaasplatform.domain.deployments import COMMAND, Command, Deployment
from oaasplatform.domain.errors import ContractBroken, NotFound, NotSupported, RunUnknown
from oaasplatform.domain.images import Image
from oaasplatform.domain.jobs import Job, Jobs, JobSpec
from oaasplatform.domain.repositories import Descriptor
from oaasplatform.domain.targets import Run, Target
from oaasplatform.protocols.base import Launch, Launched, Readiness, Traits, Waiting
from oaasplatform.protocols.progress_lines import compiled, progress_in

LABEL = "io.oaas.command"
"""Of an image: JSON, one description of a program or a list of them."""
_STDIN, _STDOUT = "stdin", "stdout"
_KILLED = 137
"""128 + SIGKILL"""
_TAIL_LINES, _TAIL_BYTES = 20, 4000
_LOOK_LINES, _LOOK_BYTES = 200, 64 * 1024


class _Description(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """A ``Command`` as the label has it; see there."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    version: Annotated[str, msgspec.Meta(max_length=100)] = "1.0.0"
    description: str = ""
    command: tuple[str, ...] | None = None
    environment: dict[str, str] = {}
    input: Annotated[str, msgspec.Meta(pattern=r"^(stdin|/[^\x00]+)$")] = _STDIN
    output: Annotated[str, msgspec.Meta(pattern=r"^(stdout|/[^\x00]+)$")] = _STDOUT
    input_schema: dict[str, Any] = {}
    output_schema: dict[str, Any] = {}
    examples: tuple[Any, ...] = ()
    progress: str | None = None
    grace: Annotated[float, msgspec.Meta(ge=0, le=60)] = 5.0


class CommandProtocol:
    """Runs programs in containers."""

    name = COMMAND
    port = 0
    traits = Traits(standing=False)

    def __init__(self, jobs: Jobs, *, max_output_bytes: int, max_log_bytes: int) -> None:
        self._jobs = jobs
        self._max_output = max_output_bytes
        self._max_log = max_log_bytes
        self._launching: set[str] = set()

    def claims(self, image: Image) -> bool:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        return LABEL in image.labels

    def complete(self, deployment: Deployment, image: Image) -> Deployment:
        """With the commands of the image's label, if the registration has none."""
        commands = deployment.commands or _commands_of(image)
        for command in commands:
            if command.progress is not None:
                compiled(command.progress)
        return msgspec.structs.replace(deployment, commands=commands)

    async def probe(self, target: Target) -> Readiness | Waiting:
        """Always ready: there is nothing that stands."""
        return Readiness(concurrency=target.deployment.concurrency or 1)

    async def discover(self, target: Target) -> list[Descriptor]:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        return [
            Descriptor(
                reference=command.name,
                name=command.name,
                version=command.version,
                description=command.description,
                input_schema=command.input_schema,
                output_schema=command.output_schema,
                error_schema={},
                examples=list(command.examples),
            )
            for command in target.deployment.commands
        ]

    async def launch(self, target: Target, launch: Launch) -> Launched:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        command = _command(target, launch.reference)
        to_file = command.output != _STDOUT
        spec = JobSpec(
            instance_id=target.instance_id,
            generation=target.generation,
            run_id=launch.run_id,
            digest=target.digest,
            quota=target.quota,
            command=command.command,
            environment=command.environment,
            input=bytes(launch.input),
            input_path=None if command.input == _STDIN else command.input,
            kept_output=self._max_log if to_file else self._max_output + self._max_log,
        )
        self._launching.add(launch.run_id)
        try:
            job = await self._jobs.start_job(spec)
        finally:
            self._launching.discard(launch.run_id)
        message = None
        if await self._jobs.wait_job(job.id, launch.wait):
            message = await self.poll(target, Run(launch.run_id, command.name))
        return Launched(message=message, handle=command.name)

    async def poll(self, target: Target, run: Run) -> StatusMessage:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        if run.id in self._launching:
            return StatusMessage(execution_id=run.id, status=Status.NOT_STARTED, sequence=-1)
        job = await self._jobs.find_job(target.instance_id, run.id)
        if job is None:
            raise RunUnknown(f"There is no container of run {run.id}.")
        if run.handle is None:
            # The node was killed while it handed the input over: nobody knows how much of it arrived.
            await self._jobs.remove_job(job.id)
            raise RunUnknown(f"The launch of run {run.id} was cut off.")
        command = _command(target, run.handle)
        if job.running:
            return await self._going_on(run, job, command)
        return await self._ended(run, job, command)

    async def interrupt(self, target: Target, run: Run) -> None:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        raise NotSupported("A program can't be asked for the best solution so far; it can only be stopped.")

    async def stop(self, target: Target, run: Run, *, forget: bool) -> None:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        job = await self._jobs.find_job(target.instance_id, run.id)
        if job is None:
            return
        if job.running:
            grace = Command(name="").grace if run.handle is None else _command(target, run.handle).grace
            await self._jobs.stop_job(job.id, grace=grace)
        if forget:
            await self._jobs.remove_job(job.id)

    async def logs(self, target: Target, run: Run, offset: int = 0) -> bytes:
        """Standard error, and standard output unless that is the output of the run."""
        job = await self._jobs.find_job(target.instance_id, run.id)
        if job is None:
            raise RunUnknown(f"There is no container of run {run.id}.")
        to_stdout = run.handle is not None and _command(target, run.handle).output == _STDOUT
        log = await _read(self._jobs.job_log(job.id, stdout=not to_stdout), self._max_log)
        return log[: self._max_log][offset:]

    def read(self, run: Run, body: bytes) -> StatusMessage:
        """See :class:`~oaasplatform.protocols.base.RepositoryProtocol`."""
        raise ContractBroken("Programs don't call back.")

    async def _going_on(self, run: Run, job: Job, command: Command) -> StatusMessage:
        message = StatusMessage(execution_id=run.id, status=Status.RUNNING, sequence=_now())
        if command.progress is not None:
            to_file = command.output != _STDOUT
            log = await _newest(self._jobs.job_log(job.id, stdout=to_file, tail=_LOOK_LINES), _LOOK_BYTES)
            progress = progress_in(log, command.progress)
            message.progress_fraction = progress.fraction
            message.progress_message = progress.message
            message.incumbent = progress.incumbent
        return message

    async def _ended(self, run: Run, job: Job, command: Command) -> StatusMessage:
        if job.out_of_memory:
            return _failed(run, ErrorType.OUT_OF_MEMORY, "The container of the run reached its memory limit.")
        if job.exit_code in (None, _KILLED):
            # Nobody here kills a run whose end is still awaited: the engine lost it.
            await self._jobs.remove_job(job.id)
            raise RunUnknown(f"The container of run {run.id} was killed from outside.")
        if job.exit_code != 0:
            return await self._exited(run, job, command)
        try:
            path = None if command.output == _STDOUT else command.output
            output = await _read(self._jobs.read_job(job.id, path), self._max_output)
        except NotFound:
            return _failed(run, ErrorType.INVALID_OUTPUT, f"It ended without having written {command.output}.")
        if len(output) > self._max_output:
            return _failed(run, ErrorType.INVALID_OUTPUT, f"The output has more than {self._max_output} bytes.")
        try:
            msgspec.json.decode(output)
        except msgspec.DecodeError as error:
            excerpt = output[:300].decode(errors="replace")
            return _failed(run, ErrorType.INVALID_OUTPUT, f"The output is not JSON: {error}. It begins with: {excerpt}")
        return StatusMessage(execution_id=run.id, status=Status.FINISHED, sequence=_now(), output=msgspec.Raw(output))

    async def _exited(self, run: Run, job: Job, command: Command) -> StatusMessage:
        tail = await _newest(self._jobs.job_log(job.id, stdout=True, tail=_TAIL_LINES), _TAIL_BYTES)
        lines = tail.decode(errors="replace").strip()
        text = f"It ended with exit code {job.exit_code}."
        if lines:
            text += f" Last log lines:\n{lines}"
        return _failed(run, "exitCode", text, {"exitCode": job.exit_code, "log": lines})


def _commands_of(image: Image) -> tuple[Command, ...]:
    label = image.labels.get(LABEL)
    if label is None:
        raise ContractBroken(
            f"Nothing says what the image runs: register it with `commands`, or give it the label {LABEL}."
        )
    try:
        found = msgspec.json.decode(label, type=_Description | list[_Description])
    except msgspec.MsgspecError as error:
        raise ContractBroken(f"The label {LABEL} of the image can't be read: {error}.") from error
    descriptions = found if isinstance(found, list) else [found]
    return tuple(Command(**msgspec.structs.asdict(each)) for each in descriptions)


def _command(target: Target, name: str) -> Command:
    for command in target.deployment.commands:
        if command.name == name:
            return command
    raise ContractBroken(f"The repository has no command {name!r} any more.")


def _failed(run: Run, type_: str, text: str, details: Any = None) -> StatusMessage:
    error = RunError(type=type_, message=text, details=details)
    return StatusMessage(execution_id=run.id, status=Status.FAILED, sequence=_now(), error=error)


def _now() -> int:
    """Milliseconds: rising numbers for messages, also over a restart of the node."""
    return time.time_ns() // 10**6


async def _read(chunks: AsyncIterator[bytes], most: int) -> bytes:
    """The beginning, one byte beyond ``most`` if there is more."""
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > most:
            del body[most + 1 :]
            break
    return bytes(body)


async def _newest(chunks: AsyncIterator[bytes], most: int) -> bytes:
    """The end."""
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > 2 * most:
            del body[:-most]
    return bytes(body[-most:])
