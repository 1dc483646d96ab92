"""The committed contract is the one that the node serves."""

from __future__ import annotations

import json
from pathlib import Path

from oaasplatform.api.app import create_app

CONTRACT = Path(__file__).parents[3] / "openapi" / "node.json"


def test_no_drift() -> None:
    served = create_app(None, max_body_bytes=1).openapi()
    assert json.loads(CONTRACT.read_text()) == served, "run: python -m oaasplatform.api > openapi/node.json"


def test_every_reference_resolves() -> None:
    text = CONTRACT.read_text()
    document = json.loads(text)
    references = {part.split('"')[0] for part in text.split('"$ref": "')[1:]}
    assert references
    for reference in references:
        node = document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]
