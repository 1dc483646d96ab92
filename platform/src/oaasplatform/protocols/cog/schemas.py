"""JSON Schema (draft 2020-12) of inputs and outputs, out of the OpenAPI 3.0 document of a Cog server."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from oaasplatform.domain.errors import ContractBroken

Schema = dict[str, Any]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_PREFIX = "#/components/schemas/"
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_DEEPEST = 100
_ANNOTATIONS = frozenset({"title", "description", "default"})
_ONE = frozenset({"items", "additionalProperties", "not"})
"""Keywords whose value is a schema,"""
_SEVERAL = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
"""a list of schemas,"""
_NAMED = frozenset({"properties", "patternProperties"})
"""or schemas by name. All others are data, in which ``nullable`` is a word like any other."""


def schema_of(name: str, components: Mapping[str, Any]) -> Schema:
    """One of the document's schemas, with all that it refers to in ``$defs``; ``{}`` if there is none of this name.

    Raises:
        ContractBroken: it refers to something outside the document's schemas, or is nested too deeply.
    """
    if name not in components:
        return {}
    translation = _Translation()
    translated = translation.schema(components[name])
    if not isinstance(translated, dict):
        raise ContractBroken(f"The OpenAPI schema {name} is no object.")
    definitions: dict[str, Any] = {}
    while missing := translation.wanted - definitions.keys():
        for each in sorted(missing):
            if each not in components:
                raise ContractBroken(f"The OpenAPI document refers to a schema {each!r} that it does not have.")
            definitions[each] = translation.schema(components[each])
    return {"$schema": _DRAFT, **translated, **({"$defs": definitions} if definitions else {})}


class _Translation:
    """From the dialect of OpenAPI 3.0 to JSON Schema."""

    def __init__(self) -> None:
        self.wanted: set[str] = set()
        """Names that were referred to."""

    def schema(self, schema: Any, depth: int = 0) -> Any:
        """The same in JSON Schema; true and false are schemas as well."""
        if depth > _DEEPEST:
            raise ContractBroken(f"A schema of the OpenAPI document is nested more than {_DEEPEST} levels deep.")
        if not isinstance(schema, dict):
            return schema
        translated = {
            keyword: self._value(keyword, value, depth + 1)
            for keyword, value in schema.items()
            if keyword != "nullable"
        }
        return _or_null(translated) if schema.get("nullable") is True else translated

    def _value(self, keyword: str, value: Any, depth: int) -> Any:
        if keyword == "$ref":
            return self._reference(value)
        if keyword in _ONE:
            return self.schema(value, depth)
        if keyword in _SEVERAL and isinstance(value, list):
            return [self.schema(each, depth) for each in value]
        if keyword in _NAMED and isinstance(value, dict):
            return {name: self.schema(each, depth) for name, each in value.items()}
        return value

    def _reference(self, reference: Any) -> str:
        name = reference.removeprefix(_PREFIX) if isinstance(reference, str) else ""
        if name == reference or not _NAME.fullmatch(name):
            raise ContractBroken(f"The OpenAPI document refers to {str(reference)[:100]!r}, which is not in {_PREFIX}.")
        self.wanted.add(name)
        return f"#/$defs/{name}"


def _or_null(schema: Schema) -> Schema:
    described = {keyword: value for keyword, value in schema.items() if keyword in _ANNOTATIONS}
    constraints = {keyword: value for keyword, value in schema.items() if keyword not in _ANNOTATIONS}
    return {**described, "anyOf": [constraints, {"type": "null"}]}
