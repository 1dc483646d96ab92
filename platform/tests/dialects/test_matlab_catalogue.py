"""What MATLAB servers say about themselves: functions as algorithms, types as JSON Schema, paths of requests."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from oaasplatform.domain.deployments import MatlabFunction
from oaasplatform.domain.errors import ContractBroken
from oaasplatform.domain.repositories import Descriptor
from oaasplatform.protocols.calls import decode
from oaasplatform.protocols.matlab.catalogue import algorithms
from oaasplatform.protocols.matlab.wire import DIALECT, Discovery, Request
from oaasplatform.services.documents import compile_schema

_NAN = {"mwdata": "NaN"}
_SITE = {
    "mwtype": "struct",
    "fields": [
        {"name": "name", "mwtype": "char"},
        {"name": "near", "mwtype": "cell", "typedef": "Sites"},
    ],
}
_SITES = {"mwtype": "cell", "elements": {"mwtype": "struct", "mwsize": [1, 1], "typedef": "Site"}}
_PAIR = {"mwtype": "cell", "elements": [{"mwtype": "char"}, {"mwtype": "logical", "mwsize": [1, 1]}]}
_TYPEDEFS = {"Site": _SITE, "Sites": _SITES, "Pair": _PAIR}


def large(mwtype: str, size: list[int], data: Any) -> dict[str, Any]:
    """A value in large notation."""
    return {"mwdata": data, "mwsize": size, "mwtype": mwtype}


def discovered(functions: dict[str, Any], registered: list[MatlabFunction] | None = None) -> dict[str, Descriptor]:
    """Algorithms by name; functions are given as ``archive.function`` with their one signature."""
    archives: dict[str, Any] = {}
    for name, signature in functions.items():
        archive, function = name.split(".")
        described = archives.setdefault(archive, {"functions": {}, "typedefs": _TYPEDEFS})
        described["functions"][function] = {"signatures": [] if signature is None else [signature]}
    body = msgspec.json.encode({"discoverySchemaVersion": "1.0.0", "archives": archives})
    found = algorithms(decode(body, Discovery, DIALECT), registered or [])
    return {each.name: each for each in found}


@pytest.mark.parametrize(
    ("argument", "good", "bad"),
    [
        (
            {"mwtype": "double", "mwsize": [1, 1]},
            [1, -2.5, _NAN, large("double", [1, 1], [1])],
            ["NaN", True, [1], {"mwdata": "nan"}, large("double", [1, 2], [1, 2]), large("int8", [1, 1], [1]), None],
        ),
        ({"mwtype": "double", "mwsize": [2, 3]}, [[[1, 2, 3], [4, _NAN, 6]]], [[[1, 2], [3, 4]], [1, 2, 3], 1]),
        ({"mwtype": "double", "mwsize": [1, 3]}, [[[1, 2, 3]], [1, 2, 3]], [[[1], [2], [3]], [1, 2]]),
        ({"mwtype": "double", "mwsize": [3, 1]}, [[[1], [2], [3]], [1, 2, 3]], [[[1, 2, 3]]]),
        ({"mwtype": "double", "mwsize": [1, ":"]}, [[[1, 2]], [[]], [1, 2, 3, 4]], [[[1], [2]], 1]),
        (
            {"mwtype": "double", "mwsize": []},
            [1, [1, 2], [[1], [2]], [[[1]]], [], large("double", [0, 0], [])],
            ["1", [["1"]], large("double", [0], [])],
        ),
        ({"mwtype": "logical", "mwsize": [1, 1]}, [True], [1, "true"]),
        ({"mwtype": "uint8", "mwsize": [1, 1]}, [0, 255, large("uint8", [1, 1], [7])], [-1, 256, 1.5, _NAN]),
        ({"mwtype": "int8", "mwsize": [1, 1]}, [-128, 127], [-129, 128]),
        ({"mwtype": "int64", "mwsize": [1, 1]}, [2**53, large("int64", [1, 1], [2**60])], [2**53 + 1, -(2**53) - 1]),
        ({"mwtype": "char", "mwsize": [1, 4]}, ["Oslo", large("char", [1, 4], ["Oslo"])], [4, ["a"]]),
        ({"mwtype": "string"}, ["Oslo", large("string", [1, 2], ["a", "b"])], [1]),
        (
            {"mwtype": "struct", "mwsize": [1, 1], "typedef": "Site"},
            [{"name": "Oslo", "near": large("cell", [1, 1], [{"name": "Moss", "near": large("cell", [0, 0], [])}])}],
            [{"name": "Oslo"}, {"name": 1, "near": large("cell", [0, 0], [])}, "Oslo"],
        ),
        ({"mwtype": "struct", "mwsize": [1, 2], "typedef": "Site"}, [large("struct", [1, 2], {})], [{"name": "Oslo"}]),
        ({"mwtype": "struct", "mwsize": [1, 1]}, [{"anything": 1}], [1]),
        (
            {"mwtype": "cell", "mwsize": [1, 2], "typedef": "Pair"},
            [large("cell", [1, 2], ["a", True])],
            [["a", True], large("cell", [1, 2], ["a", "b"]), large("cell", [2, 1], ["a", True])],
        ),
        ({"mwtype": "cell"}, [large("cell", [1, 1], [1])], [[1]]),
        ({"mwtype": "datetime"}, [large("datetime", [1, 1], {"TimeStamp": [0]}), 1], []),
        ({}, [1, "x", None], []),
        ({"mwtype": "struct", "typedef": "no/such~typedef"}, [{"a": 1}], [1]),
    ],
    ids=lambda value: f"{value.get('mwtype')}{value.get('mwsize', '')}" if isinstance(value, dict) else "",
)
def test_schema(argument: dict[str, Any], good: list[Any], bad: list[Any]) -> None:
    named = {"name": "x", "help": "What it is.", **argument}
    function = discovered({"a.f": {"inputs": [named], "outputs": [named]}})["f"]
    assert function.input_schema == function.output_schema
    assert function.input_schema["properties"]["x"]["description"] == "What it is."
    validator = compile_schema(function.input_schema)
    for value in good:
        errors = [error.message for error in validator.iter_errors({"x": value})]
        assert not errors, (value, errors)
    for value in bad:
        assert not validator.is_valid({"x": value}), value
        assert all(error.instance_path[:1] == ["x"] for error in validator.iter_errors({"x": value}))


def test_names() -> None:
    one = {"inputs": [], "outputs": []}
    names = discovered({"a.f": one, "b.f": one, "b.g": one})
    assert set(names) == {"a.f", "b.f", "g"}
    assert json.loads(names["b.f"].reference)["archive"] == "b"


def test_order_of_arguments_is_kept() -> None:
    arguments = [{"name": name, "mwtype": "double"} for name in ("z", "a", "m")]
    reference = json.loads(discovered({"a.f": {"inputs": arguments, "outputs": arguments[::-1]}})["f"].reference)
    assert (reference["inputs"], reference["outputs"]) == (["z", "a", "m"], ["m", "a", "z"])


def test_arguments_without_a_name_of_their_own() -> None:
    inputs = [{"name": "~"}, {"name": "x"}, {}, {"name": "x"}, {"name": "varargin"}]
    outputs = [{"name": "y"}, {"name": "varargout"}]
    function = discovered({"a.f": {"inputs": inputs, "outputs": outputs}})["f"]
    assert list(function.input_schema["properties"]) == ["in1", "x", "in3", "in4", "varargin"]
    assert function.input_schema["required"] == ["in1", "x", "in3", "in4"]
    assert list(function.output_schema["properties"]) == ["y"]


def test_function_without_a_signature() -> None:
    guessed = discovered({"a.f": None})["f"]
    assert compile_schema(guessed.input_schema).is_valid({"varargin": [1, "two"]})
    assert json.loads(guessed.reference)["outputs"] == ["result"]
    registered = [MatlabFunction(archive="a", function="f", inputs=("p", "q"), outputs=())]
    known = discovered({"a.f": None}, registered)["f"]
    assert (known.input_schema["required"], known.output_schema["required"]) == (["p", "q"], [])


@pytest.mark.parametrize("archive", ["../api", "a/b", "..", "a?b", "a b", "", "a\n", "x" * 300])
def test_names_that_are_none(archive: str) -> None:
    body = {"archives": {archive: {"functions": {"f": {"signatures": []}}}}}
    with pytest.raises(ContractBroken):
        decode(msgspec.json.encode(body), Discovery, DIALECT)


@pytest.mark.parametrize(
    "path",
    [
        "http://192.0.2.1/~1/requests/2",
        "//192.0.2.1/requests/2",
        "@192.0.2.1/requests",
        ":80@192.0.2.1/",
        "/~1/../../api/health",
        "/~1/./2",
        "/..",
        "/~1/requests/2?x=",
        "/~1/requests/2#",
        "/~1/%2e%2e/2",
        "/~1/requests/2\n",
        "/~1\\requests",
        "relative",
        "/",
        "",
        "/a" * 1000,
    ],
)
@pytest.mark.parametrize("field", ["self", "up"])
def test_paths_that_lead_away(path: str, field: str) -> None:
    honest = {"id": "2", "self": "/~1-a.b_c/requests/..2", "up": "/~1-a.b_c/requests", "state": "READING"}
    assert decode(msgspec.json.encode(honest), Request, DIALECT).self == honest["self"]
    with pytest.raises(ContractBroken):
        decode(msgspec.json.encode(honest | {field: path}), Request, DIALECT)
