"""Whether the platform in this container answers; for HEALTHCHECK."""

from __future__ import annotations

import os
import urllib.request

EVERYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104 - compared, not bound

host = os.environ.get("OAAS_HOST", "127.0.0.1")
port = os.environ.get("OAAS_PORT", "5000")
url = f"http://{'127.0.0.1' if host in EVERYWHERE else host}:{port}/health/live"
with urllib.request.urlopen(url, timeout=4) as answer:
    answer.read()
