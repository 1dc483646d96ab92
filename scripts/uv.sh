#!/usr/bin/env bash
# Runs uv: the one on PATH if it is new enough, otherwise one that is installed into .venv-tools.
set -euo pipefail
readonly ROOT=$(cd "$(dirname "$0")/.." && pwd)
readonly TOOLS=$ROOT/.venv-tools
readonly OLDEST=0.8

fail() {
    printf 'uv.sh: %s\n' "$*" >&2
    exit 1
}

new_enough() {
    local version
    version=$("$1" --version 2>/dev/null | cut -d ' ' -f 2) || return 1
    [[ -n $version && $(printf '%s\n' "$OLDEST" "$version" | sort -V | head -n 1) == "$OLDEST" ]]
}

install_uv() {
    command -v python3 >/dev/null || fail 'Python 3.11 or newer is needed, and there is no python3 on PATH.'
    # Debian keeps ensurepip, which venv needs, in a package of its own.
    if ! python3 -c 'import ensurepip' 2>/dev/null; then
        "$ROOT/scripts/apt-install.sh" python3-venv ||
            fail 'Install the package python3-venv, or uv (https://docs.astral.sh/uv), and try again.'
    fi
    rm -rf "$TOOLS"
    python3 -m venv "$TOOLS"
    "$TOOLS/bin/python" -m pip install --quiet --disable-pip-version-check "uv>=$OLDEST" ||
        fail 'uv could not be installed from the package index (see above).'
}

if uv=$(command -v uv) && new_enough "$uv"; then
    exec "$uv" "$@"
fi
new_enough "$TOOLS/bin/uv" || install_uv
exec "$TOOLS/bin/uv" "$@"
