#!/usr/bin/env bash
# test.sh [ARGUMENTS OF PYTEST]: all tests, in lanes side by side, as most of them wait for containers most of the time;
# with arguments, what pytest makes of them.
set -uo pipefail
cd "$(dirname "$0")/.."
readonly PYTEST=.venv/bin/pytest
readonly ASIDE=(
    "platform/tests/dialects platform/tests/database"
    "platform/tests/runtimes platform/tests/webhooks platform/tests/federation platform/tests/deploy platform/tests/benchmarks"
)
# What is left, a new folder included, is the lane that is seen while it runs.

if (($#)); then exec "$PYTEST" "$@"; fi
logs=$(mktemp -d "${TMPDIR:-/tmp}/oaas-test-XXXXXX")
trap 'rm -rf "$logs"' EXIT
pids=()
rest=()
for lane in "${!ASIDE[@]}"; do
    read -ra folders <<<"${ASIDE[lane]}"
    printf '== In the background: %s\n' "${folders[*]}"
    rest+=("${folders[@]/#/--ignore=}")
    # A shell makes its background jobs ignore Ctrl-C; these have to end in order too.
    env --default-signal=INT "$PYTEST" "${folders[@]}" >"$logs/$lane" 2>&1 </dev/null &
    pids+=($!)
done
trap 'kill -INT "${pids[@]}" 2>/dev/null' INT TERM HUP
status=0
"$PYTEST" "${rest[@]}" || status=$?
for lane in "${!ASIDE[@]}"; do
    wait "${pids[lane]}" || status=$?
    printf '\n== %s\n' "${ASIDE[lane]}"
    cat "$logs/$lane"
done
exit "$status"
