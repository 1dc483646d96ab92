#!/usr/bin/env bash
# Makes .venv hold what pyproject.toml says; fast when it does already.
set -euo pipefail
cd "$(dirname "$0")/.."

# Behind a proxy that opens TLS, only the system knows its certificate.
export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-1}
# The Python that is there, if it is new enough; otherwise uv fetches one.
export UV_PYTHON_PREFERENCE=${UV_PYTHON_PREFERENCE:-system}

scripts/uv.sh sync --quiet --all-packages
