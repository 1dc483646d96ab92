#!/usr/bin/env bash
# A small Debian + Python root file system from the packages of this system's own archive, for machines that reach no
# container registry. Works on Debian and its relatives; the same packages give the same bytes.
set -euo pipefail

usage() {
    cat <<'TEXT'
Usage: base-image.sh OUT.tar          write the root file system to OUT.tar
       base-image.sh --import NAME    make it an image of the local Docker engine, unless there is one of that name

Environment:
  CACHE     directory that keeps downloaded packages (default: $XDG_CACHE_HOME/oaas/base-image, or ~/.cache/...)
  DOCKER    Docker client (default: docker)
  PACKAGES  further packages that go in, with what they depend on, for example redis-server (default: none)
TEXT
}

fail() {
    printf 'base-image.sh: %s\n' "$*" >&2
    exit 1
}

# What an algorithm repository needs: a shell, Python, and the C++ library of native solvers.
read -ra further <<<"${PACKAGES-}"
readonly WANTED=(base-files base-passwd coreutils dash libc-bin libstdc++6 netbase python3 "${further[@]}")
# What their dependencies bring, and a container never uses: package management and its tools.
readonly LEFT_OUT=(debianutils dpkg 'gcc-*-base' libdebconfclient0 libmd0 mawk readline-common tar)

archive='' image=''
case "${1-}" in
    -h | --help)
        usage
        exit 0
        ;;
    --import) image=${2-} ;;
    -*) ;;
    *) archive=${1-} ;;
esac
if [[ -z $archive && -z $image ]]; then
    usage >&2
    exit 2
fi

PATH=$PATH:/usr/sbin:/sbin
readonly docker=${DOCKER:-docker}
if [[ -n $image ]]; then
    reason=$("$docker" version 2>&1) || fail "no Docker engine answers: $(tail -n 1 <<<"$reason")"
    if "$docker" image inspect "$image" >/dev/null 2>&1; then
        echo "$image is there already"
        exit 0
    fi
fi
for tool in apt-get dpkg-deb tar; do
    command -v "$tool" >/dev/null ||
        fail "$tool is missing: this works on Debian and its relatives. Elsewhere take an image of a registry."
done

cache=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/oaas/base-image}
mkdir -p "$cache/partial"
cache=$(cd "$cache" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
readonly cache work root=$work/root

# A system that has never asked what packages there are is left as it is: the lists go into the cache.
lists=/var/lib/apt/lists
if ! compgen -G "$lists/*_Packages*" >/dev/null; then
    lists=$cache/lists
    mkdir -p "$lists/partial"
    apt-get -qq -o Dir::State::lists="$lists" -o Debug::NoLocking=1 -o APT::Sandbox::User= update >"$work/apt.log" 2>&1 ||
        fail "apt can't get the lists of packages. It said: $(tail -n 3 "$work/apt.log")"
fi
readonly lists

# apt is asked as if nothing were installed, so that its answer holds everything.
apt() {
    apt-get -qq -o Dir::State::status=/dev/null -o Dir::State::lists="$lists" -o Dir::Cache::archives="$cache" -o Dir::Cache::pkgcache= \
        -o Dir::Cache::srcpkgcache= -o Debug::NoLocking=1 -o APT::Install-Recommends=false \
        -o APT::Sandbox::User= -o APT::Keep-Downloaded-Packages=true "$@" "${WANTED[@]}" 2>"$work/apt.log" ||
        fail "apt can't get the packages; try \`apt-get update\` first. It said: $(tail -n 3 "$work/apt.log")"
}

is_left_out() {
    local pattern
    for pattern in "${LEFT_OUT[@]}"; do
        # shellcheck disable=SC2053 # it is a pattern
        [[ ${1%%_*} == $pattern ]] && return 0
    done
    return 1
}

# Lines of: 'URI' FILE SIZE CHECKSUM. Without a cache there is one for each package.
apt -o Dir::Cache::archives="$work" --print-uris install >"$work/uris"
[[ -s $work/uris ]] || fail "apt knows no packages. Run \`apt-get update\`."
apt --yes --download-only install >/dev/null

# Programs and libraries are in /usr only, as in Debian itself.
mkdir -p "$root"/usr/{bin,sbin,lib,lib64} "$root/tmp"
for directory in bin sbin lib lib64; do
    ln -s "usr/$directory" "$root/$directory"
done
while read -r _ file _; do
    is_left_out "$file" && continue
    dpkg-deb --fsys-tarfile "$cache/$file" | tar -x -C "$root" --keep-directory-symlink --no-same-owner \
        --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' --exclude='*/gconv/*'
done <"$work/uris"

# What the packages' own scripts would do.
ln -sf dash "$root/usr/bin/sh"
ln -sf python3 "$root/usr/bin/python"
cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
# pip may install: no package manager of the image can come into conflict with it.
rm -f "$root"/usr/lib/python3*/EXTERNALLY-MANAGED
chmod 1777 "$root/tmp"
if [[ $EUID -eq 0 ]]; then
    # Others can't; the libraries are found without the list too, only a little slower.
    ldconfig -r "$root"
    rm -rf "$root/var/cache/ldconfig"
fi

pack() {
    tar -C "$root" --sort=name --numeric-owner --owner=0 --group=0 --mtime=@0 -c .
}

if [[ -n $archive ]]; then
    pack >"$archive"
else
    pack | "$docker" import --change 'CMD ["python3"]' - "$image" >/dev/null || fail "the engine refused the image"
    echo "$image is made"
fi
