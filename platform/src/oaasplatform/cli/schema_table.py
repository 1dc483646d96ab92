"""A JSON Schema as rows that people can read: one for each field, nested ones with their path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

HEADERS = ["field", "type", "default", "meaning"]
REQUIRED = "required"
MAX_DEPTH = 6
"""Schemas may contain themselves."""

_BOUNDS = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "pattern": "matches {}",
}

Schema = dict[str, Any]


def schema_rows(schema: Schema) -> list[list[str]]:
    """Rows under :data:`HEADERS`; a schema without fields gives one row for the whole document."""
    rows = list(_fields(schema, schema, "", 0))
    if rows:
        return rows
    whole = _resolved(schema, schema)
    return [["(whole document)", _type(whole, schema), "", _meaning(whole)]]


def _fields(schema: Schema, root: Schema, prefix: str, depth: int) -> Iterator[list[str]]:
    if depth > MAX_DEPTH:
        return
    resolved = _resolved(schema, root)
    required = resolved.get("required", [])
    for name, described in resolved.get("properties", {}).items():
        field = _resolved(described, root)
        path = f"{prefix}{name}"
        default = REQUIRED if name in required else _default(field)
        yield [path, _type(field, root), default, _meaning(field)]
        yield from _nested(field, root, path, depth)


def _nested(field: Schema, root: Schema, path: str, depth: int) -> Iterator[list[str]]:
    for variant in _variants(field, root):
        yield from _fields(variant, root, f"{path}.", depth + 1)
        items = variant.get("items")
        if isinstance(items, dict):
            yield from _nested({"anyOf": [items]}, root, f"{path}[]", depth + 1)


def _resolved(described: Any, root: Schema) -> Schema:
    """The schema behind local references; what stands next to a reference wins."""
    schema: Schema = described if isinstance(described, dict) else {}
    for _ in range(MAX_DEPTH):
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            break
        schema = {**_pointed_at(reference, root), **{key: value for key, value in schema.items() if key != "$ref"}}
    parts = [_resolved(part, root) for part in schema.get("allOf", [])]
    if len(parts) == 1:
        schema = {**parts[0], **{key: value for key, value in schema.items() if key != "allOf"}}
    return schema


def _pointed_at(reference: str, root: Schema) -> Schema:
    target: Any = root
    for key in reference.removeprefix("#").split("/")[1:]:
        target = target.get(key.replace("~1", "/").replace("~0", "~"), {}) if isinstance(target, dict) else {}
    return target if isinstance(target, dict) else {}


def _variants(schema: Schema, root: Schema) -> list[Schema]:
    """The schemas a value may fit, without null."""
    choices = [_resolved(each, root) for each in schema.get("anyOf") or schema.get("oneOf") or []]
    return [each for each in choices if each.get("type") != "null"] or [schema]


def _type(schema: Schema, root: Schema) -> str:
    names = [_simple_type(each, root) for each in _variants(schema, root)]
    return " or ".join(dict.fromkeys(names))


def _simple_type(schema: Schema, root: Schema) -> str:
    if "const" in schema:
        return _json(schema["const"])
    if "enum" in schema:
        return " | ".join(map(_json, schema["enum"]))
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return " or ".join(each for each in kind if each != "null")
    if kind == "array" and "items" in schema:
        return f"list of {_type(_resolved(schema['items'], root), root)}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"map to {_type(_resolved(schema['additionalProperties'], root), root)}"
    return {"array": "list", "integer": "whole number"}.get(kind, str(kind))


def _default(schema: Schema) -> str:
    if schema.get("default") is None:
        return ""
    return _json(schema["default"])


def _meaning(schema: Schema) -> str:
    bounds = [text.format(schema[key]) for key, text in _BOUNDS.items() if key in schema]
    described = " ".join(str(schema.get("description", "")).split())
    return f"{described} ({', '.join(bounds)})".strip() if bounds else described


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
