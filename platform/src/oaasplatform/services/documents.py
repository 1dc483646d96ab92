"""JSON documents against JSON Schema."""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import Any

import jsonschema_rs
import msgspec

from oaasplatform.domain.errors import InvalidDocument, Violation

_MOST_VIOLATIONS = 50
_CACHE_SIZE = 512
_DETAIL_LENGTH = 500
_BACKTRACK_LIMIT = 100_000


class SchemaValidators:
    """Compiled validators by key, the most recently used ones. Remote references are never fetched."""

    def __init__(self) -> None:
        self._validators: OrderedDict[object, jsonschema_rs.Validator] = OrderedDict()

    def check(self, key: object, schema: dict[str, Any], document: Any) -> None:
        """Raise ``InvalidDocument`` with JSON pointers unless the document fits the schema.

        ``key`` identifies the schema for the cache: the same key is always the same schema.
        """
        validator = self._validators.get(key)
        if validator is None:
            validator = self._validators[key] = compile_schema(schema)
            if len(self._validators) > _CACHE_SIZE:
                self._validators.popitem(last=False)
        else:
            self._validators.move_to_end(key)
        if validator.is_valid(document):
            return
        violations: list[Violation] = []
        for error in validator.iter_errors(document):
            violations.append(Violation(pointer(error.instance_path), _detail(error.message)))
            if len(violations) == _MOST_VIOLATIONS:
                break
        places = ", ".join(v.pointer or "the document" for v in violations[:3])
        raise InvalidDocument(f"The input does not fit the algorithm's schema at {places}.", tuple(violations))

    def check_input(self, key: object, schema: dict[str, Any], input: bytes | msgspec.Raw) -> None:
        """The same for the input of a request, as it came: pointers are into the request."""
        try:
            parsed = msgspec.json.decode(input)
        except msgspec.DecodeError as error:
            raise InvalidDocument(f"The input is not JSON: {error}", (Violation("/input", str(error)),)) from error
        try:
            self.check(key, schema, parsed)
        except InvalidDocument as error:
            moved = tuple(Violation(f"/input{v.pointer}", v.detail) for v in error.violations)
            raise InvalidDocument(error.detail, moved) from error


def compile_schema(schema: dict[str, Any]) -> jsonschema_rs.Validator:
    """A validator for draft-07 or 2020-12. Raises ``ValueError`` for a bad schema or a remote reference."""
    return jsonschema_rs.validator_for(
        schema,
        validate_formats=True,
        offline=True,
        # Patterns come from untrusted images: bound what they may cost.
        pattern_options=jsonschema_rs.FancyRegexOptions(backtrack_limit=_BACKTRACK_LIMIT),
    )


def pointer(path: list[str | int]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _detail(message: str) -> str:
    # Messages quote the offending value, which may be a whole document.
    message = re.sub(r"\s+", " ", message)
    return message if len(message) <= _DETAIL_LENGTH else f"{message[: _DETAIL_LENGTH // 2]} … {message[-200:]}"
