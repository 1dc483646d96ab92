"""Documents against JSON Schema."""

from __future__ import annotations

from typing import Any

import pytest

from oaasplatform.domain.errors import InvalidDocument
from oaasplatform.services.documents import SchemaValidators, compile_schema

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "sites": {"type": "array", "items": {"type": "object", "required": ["id"]}},
        "a/b~c": {"type": "string"},
    },
    "required": ["sites"],
}


def test_violations_have_json_pointers() -> None:
    with pytest.raises(InvalidDocument) as refused:
        SchemaValidators().check(1, SCHEMA, {"sites": [{"id": 1}, {}], "a/b~c": 1})
    assert {v.pointer for v in refused.value.violations} == {"/sites/1", "/a~1b~0c"}


def test_a_fitting_document_passes_again_and_again() -> None:
    validators = SchemaValidators()
    for _ in range(3):
        validators.check(1, SCHEMA, {"sites": []})


def test_violations_are_bounded() -> None:
    with pytest.raises(InvalidDocument) as refused:
        SchemaValidators().check(1, SCHEMA, {"sites": [{}] * 10_000})
    assert len(refused.value.violations) == 50


def test_a_huge_offending_value_is_not_repeated() -> None:
    with pytest.raises(InvalidDocument) as refused:
        SchemaValidators().check(1, {"type": "object"}, ["x" * 100_000])
    assert len(refused.value.violations[0].detail) < 1000


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"$ref": "http://127.0.0.1:1/schema.json"},
        {"$ref": "file:///etc/passwd"},
        {"properties": {"x": {"pattern": "("}}},
    ],
)
def test_bad_schemas_and_remote_references_are_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        compile_schema(schema)


@pytest.mark.parametrize(
    "dialect", ["http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2020-12/schema"]
)
def test_both_dialects(dialect: str) -> None:
    validator = compile_schema({"$schema": dialect, "type": "string", "format": "date-time"})
    assert validator.is_valid("2026-01-01T00:00:00Z")
    assert not validator.is_valid("yesterday")


def test_a_catastrophic_pattern_ends() -> None:
    validator = compile_schema({"type": "string", "pattern": "^(a+)+(?!x)$"})
    assert not validator.is_valid("a" * 60 + "!")
