"""The set of algorithms that one project serves."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar, overload

from oaas_sdk.author.algorithm import Algorithm, make_adapters
from oaas_sdk.author.errors import RepositoryError

Function = TypeVar("Function", bound=Callable[..., Any])

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,199}")


class Repository:
    """Algorithms that are served together.

    Most projects need none of their own: :func:`oaas_sdk.algorithm` puts algorithms into a default one.

    Args:
        name: name of the repository; empty means the name of the served module.
        version: version of the repository.
    """

    def __init__(self, name: str = "", version: str = "") -> None:
        self.name = name
        self.version = version
        self._algorithms: dict[int, Algorithm] = {}

    def __iter__(self) -> Iterator[Algorithm]:
        return iter(self._algorithms.values())

    def __len__(self) -> int:
        return len(self._algorithms)

    def get(self, algorithm_id: int) -> Algorithm | None:
        """The algorithm with this id, if there is one."""
        return self._algorithms.get(algorithm_id)

    @overload
    def algorithm(self, function: Function, /) -> Function: ...

    @overload
    def algorithm(
        self,
        function: None = None,
        /,
        *,
        name: str | None = None,
        version: str = "1.0.0",
        description: str | None = None,
        examples: Sequence[Any] = (),
        id: int | None = None,
    ) -> Callable[[Function], Function]: ...

    def algorithm(
        self,
        function: Function | None = None,
        /,
        *,
        name: str | None = None,
        version: str = "1.0.0",
        description: str | None = None,
        examples: Sequence[Any] = (),
        id: int | None = None,
    ) -> Function | Callable[[Function], Function]:
        """Decorator: add a function to the repository. The function itself stays as it is.

        The function has one argument, its input, and returns its output. Both may be pydantic models, dataclasses,
        TypedDicts, dicts or plain types; their JSON Schemas are published, and what does not fit is refused.

        Args:
            name: unique in the repository; by default the function's name with ``-`` for ``_``.
            version: version of the algorithm.
            description: Markdown; by default the function's docstring.
            examples: inputs (instances of the input type, or plain data) that run in reasonable time.
            id: unique in the repository, at least 1; by default the next free one.

        Raises:
            RepositoryError: the id or name is taken or unusable, or a type has no JSON Schema.
        """

        def add(function: Function) -> Function:
            takes_input, input_adapter, output_adapter = make_adapters(function)
            text = inspect.getdoc(function) if description is None else inspect.cleandoc(description)
            self._add(
                Algorithm(
                    id=self._next_id() if id is None else id,
                    name=function.__name__.replace("_", "-") if name is None else name,
                    version=version,
                    description=text or "",
                    function=function,
                    takes_input=takes_input,
                    input_adapter=input_adapter,
                    output_adapter=output_adapter,
                    examples=tuple(examples),
                )
            )
            return function

        return add if function is None else add(function)

    def _next_id(self) -> int:
        return next(number for number in range(1, len(self) + 2) if number not in self._algorithms)

    def _add(self, algorithm: Algorithm) -> None:
        if algorithm.id < 1:
            raise RepositoryError(f"{algorithm.name}: an algorithm id is at least 1, not {algorithm.id}")
        if not _NAME.fullmatch(algorithm.name):
            raise RepositoryError(f"{algorithm.name!r} is no algorithm name: use letters, digits and . _ -")
        for other in self:
            if other.id == algorithm.id:
                raise RepositoryError(f"id {other.id} is used by both {other.name!r} and {algorithm.name!r}")
            if other.name == algorithm.name:
                raise RepositoryError(f"two algorithms are called {other.name!r}")
        self._algorithms[algorithm.id] = algorithm


default_repository = Repository()
"""Where :func:`oaas_sdk.algorithm` puts algorithms."""

algorithm = default_repository.algorithm
