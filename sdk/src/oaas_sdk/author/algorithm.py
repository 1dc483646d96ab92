"""One algorithm: a function, its types as JSON Schemas, and the way from JSON to JSON through it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, get_type_hints

from pydantic import PydanticSchemaGenerationError, PydanticUserError, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, to_jsonable_python

from oaas_sdk.author.errors import InvalidInput, InvalidOutput, RepositoryError
from oaas_sdk.author.pointers import field_errors, non_finite, to_pointer
from oaas_sdk.contract import AlgorithmDescriptor, FieldError

DIALECT = "https://json-schema.org/draft/2020-12/schema"

ERROR_SCHEMA: dict[str, Any] = {
    "$schema": DIALECT,
    "type": "object",
    "required": ["type"],
    "properties": {
        "type": {"type": "string", "description": "Machine-readable name of the error."},
        "message": {"type": "string", "description": "The error in words."},
        "details": {"description": "More about it, for example the traceback of an exception."},
    },
}
"""Schema of the ``error`` of a run."""


@dataclass(frozen=True, kw_only=True)
class Algorithm:
    """An algorithm of a repository. Made by :meth:`oaas_sdk.Repository.algorithm`."""

    id: int
    name: str
    version: str
    description: str
    function: Callable[..., Any]
    takes_input: bool
    input_adapter: TypeAdapter[Any] = field(repr=False)
    output_adapter: TypeAdapter[Any] = field(repr=False)
    examples: Sequence[Any] = ()

    def descriptor(self) -> AlgorithmDescriptor:
        """What ``GET /algorithms`` says about it."""
        return AlgorithmDescriptor(
            algorithm_id=self.id,
            name=self.name,
            version=self.version,
            description=self.description,
            input_schema={"$schema": DIALECT, **self.input_adapter.json_schema(by_alias=True, mode="validation")},
            output_schema={"$schema": DIALECT, **self.output_adapter.json_schema(by_alias=True, mode="serialization")},
            error_schema=ERROR_SCHEMA,
            examples=[to_jsonable_python(example, by_alias=True) for example in self.examples],
        )

    def decode_input(self, document: bytes) -> Any:
        """The argument of the function for a JSON document.

        Raises:
            InvalidInput: the document does not fit the input type.
        """
        try:
            return self.input_adapter.validator.validate_json(document)
        except ValidationError as error:
            raise InvalidInput(field_errors(error, document)) from None

    def encode_output(self, value: Any) -> bytes:
        """The JSON document for what the function returned.

        Raises:
            InvalidOutput: the value does not fit the output type, or holds something that JSON has no notion of.
        """
        try:
            valid = self.output_adapter.validator.validate_python(value)
            document: bytes = self.output_adapter.serializer.to_json(valid, by_alias=True, warnings="error")
        except ValidationError as error:
            data = value if isinstance(value, (dict, list)) else to_jsonable_python(value, by_alias=True, fallback=str)
            raise InvalidOutput("the output does not fit its type", field_errors(error, data)) from None
        except (PydanticSerializationError, RecursionError) as error:
            raise InvalidOutput(f"the output is not JSON: {error}", []) from None
        # pydantic writes NaN and infinities as null by default, hence the look at documents that have a null.
        if b"null" in document or b"NaN" in document or b"Infinity" in document:
            self._refuse_non_finite(valid)
        return document

    def run(self, argument: Any) -> Any:
        """Call the function with what :meth:`decode_input` gave."""
        return self.function(argument) if self.takes_input else self.function()

    def _refuse_non_finite(self, value: Any) -> None:
        paths = non_finite(self.output_adapter.dump_python(value, mode="json", by_alias=True))
        if paths:
            detail = "NaN and infinite numbers do not exist in JSON"
            errors = [FieldError(pointer=to_pointer(path), detail=detail) for path in paths]
            raise InvalidOutput(f"{detail}: {errors[0].pointer or 'the output'}", errors)


def make_adapters(function: Callable[..., Any]) -> tuple[bool, TypeAdapter[Any], TypeAdapter[Any]]:
    """Whether the function takes an input, and the adapters of its input and output type.

    Raises:
        RepositoryError: it takes more than one argument, or a type has no JSON Schema.
    """
    where = f"{function.__module__}.{function.__qualname__}"
    if inspect.iscoroutinefunction(function):
        raise RepositoryError(f"{where} is async: an algorithm is a plain function in a process of its own")
    parameters = [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty and parameter.kind not in (2, 4)  # *args and **kwargs
    ]
    if len(parameters) > 1:
        names = ", ".join(parameter.name for parameter in parameters)
        raise RepositoryError(f"{where} takes {len(parameters)} arguments ({names}): an algorithm has one, its input")
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError as error:
        raise RepositoryError(f"{where}: {error}; define its types at the module's top, before it") from error
    input_type = hints.get(parameters[0].name, Any) if parameters else dict[str, Any]
    return bool(parameters), _adapter(where, "input", input_type), _adapter(where, "output", hints.get("return", Any))


def _adapter(where: str, role: str, type_: Any) -> TypeAdapter[Any]:
    try:
        adapter = TypeAdapter[Any](type_)
        adapter.json_schema(mode="validation" if role == "input" else "serialization")
    except (PydanticSchemaGenerationError, PydanticUserError) as error:
        raise RepositoryError(f"{where}: the {role} type {type_!r} has no JSON Schema: {error}") from error
    return adapter
