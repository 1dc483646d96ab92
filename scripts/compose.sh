#!/usr/bin/env bash
# compose.sh: prints the command that calls Compose 2.24 or newer (`docker compose`, or a file).
#
# Where the docker client has none, it is taken from a newer release of Debian: the one binary, without installing
# anything, into .cache/compose. Exit code 1 where it is not to be had.
set -euo pipefail
readonly HERE=$(cd "$(dirname "$0")" && pwd)
readonly RELEASE=trixie CACHE=$HERE/../.cache/compose

new_enough() {
    local version
    version=$("$@" version --short 2>/dev/null) && [[ $(printf '%s\n' 2.24 "${version#v}" | sort -V | head -1) == 2.24 ]]
}

if new_enough docker compose; then
    echo 'docker compose'
    exit
fi
if ! new_enough "$CACHE/docker-compose"; then
    mkdir -p "$CACHE/lists/partial"
    mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | head -1)
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $RELEASE main" >"$CACHE/sources.list"
    apt() {
        apt-get -qq -o Dir::Etc::sourcelist="$CACHE/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$CACHE/lists" \
            -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Debug::NoLocking=1 -o APT::Sandbox::User= "$@" >&2
    }
    echo 'Getting Compose' >&2
    apt update
    (cd "$CACHE" && apt download docker-compose && dpkg-deb --fsys-tarfile docker-compose_*.deb |
        tar --extract --to-stdout ./usr/libexec/docker/cli-plugins/docker-compose >docker-compose.new)
    chmod +x "$CACHE/docker-compose.new"
    mv "$CACHE/docker-compose.new" "$CACHE/docker-compose"
    new_enough "$CACHE/docker-compose"
fi
realpath "$CACHE/docker-compose"
