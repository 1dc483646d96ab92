"""Running the examples of a repository as a node would: in worker processes, and against the published schemas."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
import msgspec

from oaas_sdk.author.errors import RepositoryError
from oaas_sdk.author.pointers import to_pointer
from oaas_sdk.contract import AlgorithmDescriptor, ErrorType, LaunchRequest, Status, StatusMessage
from oaas_sdk.server.callbacks import Callbacks
from oaas_sdk.server.pool import Pool, PoolBroken
from oaas_sdk.server.run import Run
from oaas_sdk.server.runs import Runs
from oaas_sdk.server.settings import Settings

MAX_ERRORS = 3
"""Places that are told of one document; the rest is more of the same."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of one example, or of an algorithm that has none."""

    algorithm: str
    example: int | None
    """Counted from 1; None when the algorithm has no examples, or its schemas are none."""
    seconds: float = 0.0
    problems: tuple[str, ...] = ()
    log: str = ""

    @property
    def passed(self) -> bool:
        """Whether all is as it should be."""
        return not self.problems


async def run_examples(target: str, *, only: str | None, time_limit: float, stray: Any) -> AsyncGenerator[Result, None]:
    """Run the examples of all algorithms of a module, or of the one called ``only``.

    Args:
        target: what workers import.
        only: name of an algorithm.
        time_limit: seconds that one example may run.
        stray: gets what workers write outside of runs, for example why the import failed.

    Raises:
        RepositoryError: the module cannot be served, or it has no such algorithm.
    """
    settings = Settings()
    pool = Pool(target, 1, stray)
    callbacks = Callbacks()
    runs = Runs(pool, callbacks, settings)
    await pool.spawn()
    try:
        await pool.warm_up()
        chosen = [each for each in pool.algorithms.values() if only in (None, each.name)]
        if not chosen:
            names = ", ".join(each.name for each in pool.algorithms.values())
            raise RepositoryError(f"there is no algorithm {only!r} in {target}: it has {names}")
        for descriptor in chosen:
            async with aclosing(_run_examples_of(descriptor, runs, time_limit)) as results:
                async for result in results:
                    yield result
    except PoolBroken as error:
        raise RepositoryError(str(error)) from None
    finally:
        await runs.close()
        await pool.close()


async def _run_examples_of(
    descriptor: AlgorithmDescriptor, runs: Runs, time_limit: float
) -> AsyncGenerator[Result, None]:
    try:
        validate_input = _validator(descriptor.input_schema)
        validate_output = _validator(descriptor.output_schema)
    except ValueError as error:
        yield Result(algorithm=descriptor.name, example=None, problems=(f"a schema is no JSON Schema: {error}",))
        return
    if not descriptor.examples:
        yield Result(algorithm=descriptor.name, example=None)
    for number, example in enumerate(descriptor.examples, start=1):
        problems = _differences("input", validate_input, example)
        begin = asyncio.get_running_loop().time()
        request = LaunchRequest(
            execution_id=f"example-{descriptor.algorithm_id}-{number}",
            input=msgspec.Raw(msgspec.json.encode(example)),
            maximum_running_time_in_seconds=time_limit,
        )
        log = ""
        run = runs.launch(descriptor.algorithm_id, request)
        await run.accepted.wait()
        if run.rejection is not None:
            problems += [f"input {error.pointer or '(document)'}: {error.detail}" for error in run.rejection.errors]
        else:
            await run.finished.wait()
            problems += _problems_of(run.message(), validate_output, time_limit)
            log = _tail(run)
        seconds = asyncio.get_running_loop().time() - begin
        yield Result(algorithm=descriptor.name, example=number, seconds=seconds, problems=tuple(problems), log=log)


def _problems_of(message: StatusMessage, validate: jsonschema_rs.Validator, time_limit: float) -> list[str]:
    if message.status == Status.FINISHED and isinstance(message.output, msgspec.Raw):
        return _differences("output", validate, msgspec.json.decode(message.output))
    assert message.error is not None
    if message.error.type == ErrorType.TIME_LIMIT:
        return [f"it runs for longer than {time_limit:g} s: examples end in reasonable time, or raise --time-limit"]
    return [f"{message.error.type}: {message.error.message}"]


def _tail(run: Run) -> str:
    return run.logs.read().decode(errors="replace")[-2000:]


def _validator(schema: dict[str, Any]) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(schema, validate_formats=True, retriever=_refuse)


def _refuse(uri: str) -> Any:
    raise ValueError(f"it refers to {uri}, and a node fetches nothing")


def _differences(role: str, validator: jsonschema_rs.Validator, document: Any) -> list[str]:
    found: list[str] = []
    for error in validator.iter_errors(document):
        if len(found) == MAX_ERRORS:
            break
        found.append(f"{role} {to_pointer(error.instance_path) or '(document)'}: {error.message}")
    return found
