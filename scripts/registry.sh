#!/usr/bin/env bash
# registry.sh: prints the path of a registry server (docker-registry) for the tests.
#
# Where there is none, it is taken out of its package, into .cache/registry: the package itself would start a service on
# port 5000. Needs no root. Exit code 1 where it is not to be had.
set -euo pipefail
readonly HERE=$(cd "$(dirname "$0")" && pwd)
readonly CACHE=$HERE/../.cache/registry

if command -v docker-registry; then exit; fi
if [[ ! -x $CACHE/docker-registry ]]; then
    command -v apt-get >/dev/null || { echo 'registry.sh: this system has no apt-get.' >&2; exit 1; }
    mkdir -p "$CACHE/lists/partial"
    apt() {
        apt-get -qq -o Dir::State::lists="$CACHE/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
            -o Debug::NoLocking=1 -o APT::Sandbox::User= "$@" >&2
    }
    echo 'Getting docker-registry' >&2
    cd "$CACHE"
    apt download docker-registry 2>/dev/null || { apt update && apt download docker-registry; }
    dpkg-deb --fsys-tarfile docker-registry_*.deb | tar --extract --to-stdout ./usr/bin/docker-registry >new
    chmod +x new
    mv new docker-registry
fi
realpath "$CACHE/docker-registry"
