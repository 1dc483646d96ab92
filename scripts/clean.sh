#!/usr/bin/env bash
# Removes what git ignores and this project made. Images and data directories of nodes stay.
set -euo pipefail
cd "$(dirname "$0")/.."
rm -rf .venv .venv-tools .cache/benchmarks uv.lock dist build .hypothesis .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
find platform sdk examples benchmarks scripts -type d -name __pycache__ -prune -exec rm -rf {} +
