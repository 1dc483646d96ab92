#!/usr/bin/env bash
# Everything that can be checked without running the project, except types. Goes through all checks before it fails.
set -uo pipefail
cd "$(dirname "$0")/.."
failed=0

check() {
    local output
    if output=$("$@" 2>&1); then
        printf 'ok      %s\n' "$*"
    else
        printf 'FAILED  %s\n%s\n' "$*" "$output"
        failed=1
    fi
}

check .venv/bin/ruff check .
check .venv/bin/ruff format --check .
check .venv/bin/lint-imports
check .venv/bin/python scripts/check_docs.py
for script in scripts/*.sh deploy/*.sh .ci/run; do
    check bash -n "$script"
done
exit "$failed"
