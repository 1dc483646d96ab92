#!/usr/bin/env bash
# with-docker.sh COMMAND...: runs it with a Docker engine if one can be had.
#
# An engine that answers is used as it is. Otherwise one is installed from the system's packages and started where that
# needs no questions (as root, or by sudo without a password), and stopped afterwards. Where that is not possible the
# command runs without.
#
#   OAAS_NO_DOCKER=1        run the command as if there were no engine
#   OAAS_INSTALL_DOCKER=0   install and start nothing
#   OAAS_REQUIRE_DOCKER=1   fail when there is no engine
set -euo pipefail
readonly HERE=$(cd "$(dirname "$0")" && pwd)
readonly READY_SECONDS=60
readonly STOP_SECONDS=30
# Where dockerd and iptables are, even if they are not for everyone.
PATH=$PATH:/usr/sbin:/sbin
reason=''
home=''
as_root=()

say() {
    printf 'with-docker.sh: %s\n' "$*" >&2
}

answers() {
    [[ $("$@" docker version --format '{{.Server.Os}}' 2>/dev/null) == linux ]]
}

privileged() {
    ${as_root[@]+"${as_root[@]}"} "$@"
}

may_be_root() {
    if [[ $(id -u) != 0 ]]; then
        sudo -n true 2>/dev/null || return 1
        as_root=(sudo -n)
    fi
}

install_engine() {
    local packages=(docker.io iptables)
    # Newer releases keep the client apart.
    if apt-cache show docker-cli >/dev/null 2>&1; then packages+=(docker-cli); fi
    "$HERE/apt-install.sh" "${packages[@]}"
}

start_engine() {
    home=$(mktemp -d "${TMPDIR:-/tmp}/oaas-dockerd-XXXXXX")
    trap stop_engine EXIT
    # A signal ends the command first, then the engine.
    trap : INT TERM HUP
    # In a session of its own, so that Ctrl-C does not end it while the command still cleans up.
    privileged setsid dockerd --pidfile "$home/pid" --group "$(id -g)" >"$home/log" 2>&1 </dev/null &
    local starter=$! deadline=$((SECONDS + READY_SECONDS))
    until answers; do
        if ! kill -0 "$starter" 2>/dev/null || ((SECONDS >= deadline)); then
            tail -n 20 "$home/log" >&2
            return 1
        fi
        sleep 0.2
    done
}

stop_engine() {
    local status=$? pid deadline=$((SECONDS + STOP_SECONDS))
    trap '' INT TERM HUP
    pid=$(cat "$home/pid" 2>/dev/null || true)
    if [[ -n $pid ]]; then
        privileged kill "$pid" 2>/dev/null || true
        while privileged kill -0 "$pid" 2>/dev/null; do
            if ((SECONDS >= deadline)); then
                say "dockerd (process $pid) does not end; its log is $home/log."
                exit "$status"
            fi
            sleep 0.1
        done
    fi
    rm -rf "$home"
    exit "$status"
}

# Succeeds when there is an engine; otherwise `reason` says why not.
provide() {
    answers && return
    if [[ -n ${DOCKER_HOST:-} ]]; then
        reason="nothing answers at DOCKER_HOST=$DOCKER_HOST"
    elif [[ ${OAAS_INSTALL_DOCKER:-1} == 0 ]]; then
        reason='none answers, and OAAS_INSTALL_DOCKER=0 forbids to start one'
    elif [[ $(uname -s) != Linux ]]; then
        reason='none answers; start Docker Desktop'
    elif ! may_be_root; then
        reason='none answers, and starting one needs root or sudo without a password'
    elif answers privileged; then
        reason='you may not use the one that runs; add yourself to the group docker'
    elif ! command -v dockerd >/dev/null && ! install_engine; then
        reason='none could be installed'
    elif answers; then
        return # its package has started it
    elif ! start_engine; then
        reason='dockerd did not start'
    else
        return
    fi
    return 1
}

(($#)) || { say 'name a command'; exit 2; }
if [[ ${OAAS_NO_DOCKER:-0} == 1 ]]; then
    export DOCKER_HOST=unix:///nonexistent/docker.sock
    reason='OAAS_NO_DOCKER=1'
elif provide; then
    if [[ -z $home ]]; then exec "$@"; fi
fi
if [[ -n $reason ]]; then
    say "No Docker engine: $reason."
    if [[ ${OAAS_REQUIRE_DOCKER:-0} == 1 ]]; then exit 1; fi
fi
status=0
"$@" || status=$?
exit "$status"
