"""The committed contracts are those that node and master serve."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi import FastAPI

from oaasplatform.api import app as node
from oaasplatform.master.api import app as master

CONTRACTS = Path(__file__).parents[3] / "openapi"
NAMES = ["node", "master"]


@pytest.mark.parametrize(
    ("name", "app"),
    [("node", node.create_app(None, max_body_bytes=1)), ("master", master.create_app(None, max_body_bytes=1))],
    ids=NAMES,
)
def test_no_drift(name: str, app: FastAPI) -> None:
    served = json.loads(json.dumps(app.openapi()))
    assert json.loads((CONTRACTS / f"{name}.json").read_text()) == served, "run: make openapi"


@pytest.mark.parametrize("name", NAMES)
def test_every_reference_resolves(name: str) -> None:
    text = (CONTRACTS / f"{name}.json").read_text()
    document = json.loads(text)
    references = {part.split('"')[0] for part in text.split('"$ref": "')[1:]}
    assert references
    for reference in references:
        place = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
