"""The worker's life: import the module, then execute runs until the server closes the pipe."""

from __future__ import annotations

import mmap
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

from pydantic_core import to_jsonable_python

from oaas_sdk.author import context
from oaas_sdk.author.algorithm import Algorithm
from oaas_sdk.author.errors import AlgorithmError, InvalidInput, InvalidOutput, RepositoryError
from oaas_sdk.author.project import load
from oaas_sdk.author.repository import Repository
from oaas_sdk.contract import ErrorType, RunError
from oaas_sdk.worker import host
from oaas_sdk.worker.channel import Channel
from oaas_sdk.worker.messages import Launch, Ready, Rejected, Started
from oaas_sdk.worker.run import WorkerRun

MAX_TEXT = 50_000
"""Characters of an exception's message and of its traceback that are kept."""


def main() -> None:
    """Entry point; the arguments are what :class:`oaas_sdk.server.worker.WorkerProcess` passes."""
    target, parent, commands, events, flag = sys.argv[1], *map(int, sys.argv[2:])
    host.die_with_parent(parent)
    host.prefer_for_oom_kill()
    flush = host.line_buffer_output()
    channel = Channel(commands, events)
    shared_flag = mmap.mmap(flag, mmap.PAGESIZE, prot=mmap.PROT_READ)
    os.close(flag)
    repository = _load_or_exit(target)
    flush()
    channel.send(Ready(repository.name, repository.version, [algorithm.descriptor() for algorithm in repository]))
    while (launch := channel.receive()) is not None:
        _execute(repository, launch, channel, shared_flag, flush)
    os._exit(0)  # the server is gone: threads that the module started must not keep the process


def _load_or_exit(target: str) -> Repository:
    try:
        return load(target)
    except RepositoryError as error:
        sys.exit(f"oaas-sdk: {error}")
    except BaseException:  # noqa: BLE001 - whatever it is, the log shall say why there is no repository
        traceback.print_exc()
        sys.exit(f"oaas-sdk: cannot import {target}")


def _execute(
    repository: Repository, launch: Launch, channel: Channel, flag: mmap.mmap, flush: Callable[[], None]
) -> None:
    algorithm = repository.get(launch.algorithm_id)
    assert algorithm is not None, "the server launches what Ready told it"
    run = WorkerRun(channel, flag, launch.run)
    output, error = None, None
    try:
        argument = algorithm.decode_input(launch.input)
    except InvalidInput as invalid:
        flush()
        channel.send(Rejected(invalid.errors))
        return
    except BaseException as failure:  # noqa: BLE001 - a validator of the author's failed
        error = _describe(failure)
    channel.send(Started(run.cpu_before))
    if error is None:
        context.enter(run)
        output, error = _call(algorithm, argument)
        context.leave()
    flush()
    run.finish(output=output, error=error)


def _call(algorithm: Algorithm, argument: Any) -> tuple[bytes | None, RunError | None]:
    try:
        return algorithm.encode_output(algorithm.run(argument)), None
    except BaseException as failure:  # noqa: BLE001 - also SystemExit: sys.exit() in an algorithm ends its run only
        return None, _describe(failure)


def _describe(failure: BaseException) -> RunError:
    match failure:
        case AlgorithmError():
            details = to_jsonable_python(failure.details, by_alias=True, fallback=str, inf_nan_mode="strings")
            return RunError(type=failure.type, message=failure.message, details=details)
        case InvalidOutput():
            errors = [{"pointer": error.pointer, "detail": error.detail} for error in failure.errors]
            return RunError(type=ErrorType.INVALID_OUTPUT, message=str(failure), details={"errors": errors})
        case _:
            text = "".join(traceback.format_exception(failure))
            return RunError(
                type=type(failure).__name__,
                message=str(failure)[:MAX_TEXT],
                details={"traceback": text[-MAX_TEXT:]},
            )
