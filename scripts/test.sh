#!/usr/bin/env bash
# test.sh [ARGUMENTS OF PYTEST]: all tests, in two halves side by side, as most of them wait for containers most of the
# time; with arguments, what pytest makes of them.
set -uo pipefail
cd "$(dirname "$0")/.."
readonly PYTEST=.venv/bin/pytest
readonly SECOND=(platform/tests/dialects platform/tests/runtimes)

if (($#)); then exec "$PYTEST" "$@"; fi
log=$(mktemp "${TMPDIR:-/tmp}/oaas-test-XXXXXX")
trap 'rm -f "$log"' EXIT
printf '== Half of the tests runs in the background: %s\n' "${SECOND[*]}"
# A shell makes its background jobs ignore Ctrl-C; this one has to end in order too.
env --default-signal=INT "$PYTEST" "${SECOND[@]}" >"$log" 2>&1 </dev/null &
second=$!
trap 'kill -INT "$second" 2>/dev/null' INT TERM HUP
status=0
"$PYTEST" "${SECOND[@]/#/--ignore=}" || status=$?
wait "$second" || status=$?
printf '\n== The other half\n'
cat "$log"
exit "$status"
