"""The repository as a node sees it, and every input that comes with it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from network_planning.repository import repository
from oaas_sdk.author.algorithm import Algorithm
from oaas_sdk.author.errors import InvalidInput

INPUTS = Path(__file__).parents[1] / "inputs"
ALGORITHMS = {algorithm.name: algorithm for algorithm in repository}
SHORTER = {"edge-placement-demo": {"timeLimitSeconds": 2}}
"""Changes for inputs that are meant to take long."""


def algorithm_of(path: Path) -> Algorithm:
    return next(algorithm for name, algorithm in ALGORITHMS.items() if path.stem.startswith(name))


def test_there_are_four_algorithms() -> None:
    assert list(ALGORITHMS) == ["edge-placement", "capacity-planning", "k-shortest-paths", "noop"]
    assert [algorithm.id for algorithm in repository] == [1, 2, 3, 4]


@pytest.mark.parametrize("path", sorted(INPUTS.glob("*.json")), ids=lambda path: path.stem)
def test_inputs_run(path: Path) -> None:
    algorithm = algorithm_of(path)
    descriptor = algorithm.descriptor()
    document = json.loads(path.read_text(encoding="utf-8"))
    jsonschema_rs.validator_for(descriptor.input_schema).validate(document)
    argument = algorithm.decode_input(json.dumps(document | SHORTER.get(path.stem, {})).encode())
    output = json.loads(algorithm.encode_output(algorithm.run(argument)))
    jsonschema_rs.validator_for(descriptor.output_schema).validate(output)


@pytest.mark.parametrize("algorithm", ALGORITHMS.values(), ids=lambda algorithm: algorithm.name)
def test_examples_run(algorithm: Algorithm) -> None:
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in INPUTS.glob(f"{algorithm.name}*.json")]
    assert algorithm.examples[0] in documents, "the first example is one of the inputs, which run above"
    for example in algorithm.examples[1:]:
        output = algorithm.run(algorithm.decode_input(json.dumps(example).encode()))
        assert algorithm.encode_output(output)


def fields(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """All properties in a schema, wherever they are."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {}).items()
        for part in schema.values():
            yield from fields(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from fields(part)


@pytest.mark.parametrize("algorithm", ALGORITHMS.values(), ids=lambda algorithm: algorithm.name)
def test_every_field_of_an_input_is_described(algorithm: Algorithm) -> None:
    descriptor = algorithm.descriptor()
    assert len(descriptor.description) > 100
    described = list(fields(descriptor.input_schema))
    assert described
    for name, schema in described:
        assert schema.get("description") or "$ref" in schema, name
        assert schema.get("title") or "$ref" in schema, name


def test_places_of_bad_input_are_named() -> None:
    with pytest.raises(InvalidInput) as error:
        ALGORITHMS["edge-placement"].decode_input(b'{"sites": [{"id": "a", "capacity": "much"}], "p": 0}')
    assert {field.pointer for field in error.value.errors} == {"/sites/0/capacity", "/p"}


def test_the_demo_instance_can_be_made_again() -> None:
    script = INPUTS / "make_demo_instance.py"
    made = subprocess.run([sys.executable, str(script)], capture_output=True, check=True).stdout
    assert made == (INPUTS / "edge-placement-demo.json").read_bytes()
    assert len(made) < 300_000
