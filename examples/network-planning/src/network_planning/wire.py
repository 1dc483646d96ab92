"""Base of all input and output types, and the field types that they share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, Strict, WithJsonSchema
from pydantic.alias_generators import to_camel

Identifier = Annotated[
    Annotated[int, Strict()] | Annotated[str, Field(min_length=1, max_length=200)],
    # One schema with two types instead of `anyOf`, so that a generated form shows one text field.
    WithJsonSchema({"type": ["string", "integer"], "minLength": 1, "maxLength": 200}),
]
"""Name of a site, customer or node, unique among its kind. It comes back in the output as it was given."""

Amount = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
"""A finite number that is not negative. The limit keeps sums within the numerical range of a solver."""


def _title(name: str, _: Any) -> str:
    return name.replace("_", " ").capitalize()


class Wire(BaseModel):
    """snake_case in Python, camelCase on the wire; fields that nobody knows are refused."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        field_title_generator=_title,
        use_attribute_docstrings=True,
    )
