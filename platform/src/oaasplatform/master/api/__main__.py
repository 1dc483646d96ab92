"""``python -m oaasplatform.master.api`` prints the OpenAPI document of the master API."""

from __future__ import annotations

import json

from oaasplatform.master.api.app import create_app

print(json.dumps(create_app(None, max_body_bytes=1).openapi(), indent=2, ensure_ascii=False))  # noqa: T201
