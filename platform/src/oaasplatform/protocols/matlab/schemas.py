"""JSON Schema (draft 2020-12) of MATLAB values, as the RESTful API writes them.

Each type has up to two notations: a small one (a number, a string, rows of a matrix) and a large one, an object with
``mwdata``, ``mwsize`` and ``mwtype`` that can hold every value. Schemas accept both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from oaasplatform.protocols.matlab.wire import Argument, TypeDef

Schema = dict[str, Any]

VARIABLE_INPUTS = "varargin"
"""Name that MATLAB gives to any number of further arguments."""
VARIABLE_OUTPUTS = "varargout"

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_EXACT = 2**53
"""Numbers in small notation are doubles: integers beyond it would be rounded without a word."""
_NON_FINITE: Schema = {
    "type": "object",
    "properties": {"mwdata": {"enum": ["NaN", "Inf", "-Inf"]}},
    "required": ["mwdata"],
    "additionalProperties": False,
}
_FLOATING: Schema = {"anyOf": [{"type": "number"}, _NON_FINITE]}
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_INTEGER = re.compile(r"(u?)int(8|16|32|64)")


def object_of(arguments: Mapping[str, Argument], typedefs: Mapping[str, TypeDef]) -> Schema:
    """An object with a property for each argument; all are required but ``varargin``."""
    values = _Values(typedefs)
    properties = {
        name: {"type": "array", "description": argument.help or "Further arguments."}
        if name == VARIABLE_INPUTS
        else values.schema(argument)
        for name, argument in arguments.items()
    }
    schema: Schema = {
        "$schema": _DRAFT,
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name != VARIABLE_INPUTS],
        "additionalProperties": False,
    }
    if values.definitions:
        schema["$defs"] = values.definitions
    return schema


class _Values:
    """Makes schemas of values; what is used repeatedly, or within itself, ends in ``definitions``."""

    def __init__(self, typedefs: Mapping[str, TypeDef]) -> None:
        self._typedefs = typedefs
        self.definitions: dict[str, Schema] = {}

    def schema(self, argument: Argument) -> Schema:
        """Of a value in either notation; ``{}`` for types that nothing is known about."""
        schema = self._schema(argument.mwtype, _dimensions(argument.mwsize), argument.typedef)
        return {"description": argument.help, **schema} if argument.help else schema

    def _schema(self, mwtype: str, size: Sequence[int | None], typedef: str) -> Schema:
        item = _item(mwtype)
        if item is not None:
            return {"anyOf": [*self._small(mwtype, item, size), _large(mwtype, size, {"type": "array"})]}
        match mwtype:
            case "char" | "string":
                # There is no small notation of strings; a row of characters is what MATLAB takes instead.
                return {"anyOf": [{"type": "string"}, _large(mwtype, size, {"type": "array"})]}
            case "struct":
                large = _large(mwtype, size, {"type": ["object", "array"]})
                scalar = all(dimension in (1, None) for dimension in size)
                return {"anyOf": [self._defined(typedef) or {"type": "object"}, large]} if scalar else large
            case "cell":
                return self._defined(typedef, size) or _large(mwtype, size, {"type": "array"})
        return {}

    def _small(self, mwtype: str, item: Schema, size: Sequence[int | None]) -> list[Schema]:
        """A scalar, or arrays in arrays: rows first, however MATLAB keeps them."""
        if not size:
            name = f"{mwtype}-array"  # no typedef is called like this
            nested = {"type": "array", "items": {"anyOf": [item, {"$ref": f"#/$defs/{name}"}]}}
            self.definitions.setdefault(name, nested)
            return [item, {"$ref": f"#/$defs/{name}"}]
        if all(dimension == 1 for dimension in size):
            return [item]
        nested = item
        for dimension in reversed(size):
            nested = _array(nested, dimension)
        vector = len(size) == 2 and 1 in size
        return [nested, _array(item, size[1] if size[0] == 1 else size[0])] if vector else [nested]

    def _defined(self, typedef: str, size: Sequence[int | None] = ()) -> Schema | None:
        """A reference to the definition of a typedef; None when there is none."""
        found = self._typedefs.get(typedef)
        if found is None or not _IDENTIFIER.fullmatch(typedef):
            return None
        if typedef not in self.definitions:
            self.definitions[typedef] = {}  # it may contain itself
            self.definitions[typedef] = self._struct(found) if found.mwtype == "struct" else self._cell(found, size)
        return {"$ref": f"#/$defs/{typedef}"}

    def _struct(self, typedef: TypeDef) -> Schema:
        return {
            "type": "object",
            "description": typedef.help,
            "properties": {field.name: self.schema(field) for field in typedef.fields},
            "required": sorted({field.name for field in typedef.fields}),
        }

    def _cell(self, typedef: TypeDef, size: Sequence[int | None]) -> Schema:
        """Cell arrays have no small notation."""
        data: Schema = {"type": "array"}
        if isinstance(typedef.elements, Argument):
            data["items"] = self.schema(typedef.elements)
        elif len(typedef.elements) == 1:
            data["items"] = self.schema(typedef.elements[0])
        elif typedef.elements:
            data["prefixItems"] = [self.schema(element) for element in typedef.elements]
        return {"description": typedef.help, **_large("cell", size, data)}


def _item(mwtype: str) -> Schema | None:
    """A scalar in small notation; None for types whose values are no arrays of such."""
    if mwtype in ("double", "single"):
        return _FLOATING
    if mwtype == "logical":
        return {"type": "boolean"}
    if found := _INTEGER.fullmatch(mwtype):
        bits = int(found[2]) - (not found[1])
        most = min(2**bits - 1, _EXACT)
        return {"type": "integer", "minimum": 0 if found[1] else max(-(2**bits), -_EXACT), "maximum": most}
    return None


def _large(mwtype: str, size: Sequence[int | None], data: Schema) -> Schema:
    dimension: Schema = {"type": "integer", "minimum": 0}
    if size:
        dimensions = [dimension if each is None else {"const": each} for each in size]
        sizes: Schema = {"type": "array", "prefixItems": dimensions, "minItems": len(size), "maxItems": len(size)}
    else:
        sizes = {"type": "array", "items": dimension, "minItems": 2}
    types = ["char", "string"] if mwtype in ("char", "string") else [mwtype]
    return {
        "type": "object",
        "properties": {
            "mwdata": data,
            "mwsize": sizes,
            "mwtype": {"enum": types},
            "mwcomplex": {"type": "boolean"},
        },
        "required": ["mwdata", "mwsize", "mwtype"],
    }


def _array(items: Schema, length: int | None) -> Schema:
    exact = {} if length is None else {"minItems": length, "maxItems": length}
    return {"type": "array", "items": items, **exact}


def _dimensions(mwsize: Sequence[Any]) -> list[int | None]:
    """Numbers, and None for what is free."""
    return [each if type(each) is int and each >= 0 else None for each in mwsize[:32]]
