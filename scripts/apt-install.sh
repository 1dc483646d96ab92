#!/usr/bin/env bash
# Installs packages of Debian and its relatives, where that needs no questions: as root, or by sudo without a password.
# apt-install.sh PACKAGE...; exit code 1 where it may not or cannot.
set -euo pipefail

fail() {
    printf 'apt-install.sh: %s\n' "$*" >&2
    exit 1
}

command -v apt-get >/dev/null || fail 'this system has no apt-get.'
as_root=()
if [[ $(id -u) != 0 ]]; then
    sudo -n true 2>/dev/null || fail "installing $* needs root, or sudo without a password."
    as_root=(sudo -n)
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
printf 'Installing %s\n' "$*" >&2
export DEBIAN_FRONTEND=noninteractive
apt() {
    ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 "$@" >>"$log" 2>&1
}
if ! { apt update -qq && apt install -qq -y --no-install-recommends "$@"; }; then
    tail -n 20 "$log" >&2
    fail "apt-get could not install $*."
fi
