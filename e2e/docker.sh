#!/usr/bin/env bash
# Brings a Docker daemon for the end-to-end tests, and takes it away again.
#
#   e2e/docker.sh up     starts dockerd if no daemon answers; installs it first
#                        where it is missing and this is root on Debian, Ubuntu
#   e2e/docker.sh can    is there one, or a dockerd that `up` can start?
#   e2e/docker.sh down   stops the daemon that `up` started; leaves any other
#   e2e/docker.sh with COMMAND...
#                        runs the command with a daemon up; one that it had to
#                        start is stopped afterwards, however the command ends
#
# A daemon that answers already is used as it is, wherever DOCKER_HOST says.
set -euo pipefail

# Root's own directory, so that nobody else can name a process for us to end.
state=/run/ct-action-docker
pidfile=$state/dockerd.pid
log=$state/dockerd.log

fail() { printf '%s\n' "e2e/docker.sh: $1" "${@:2}" >&2; exit 1; }

answers() { timeout 20 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# ours prints the process id of the daemon that we started, while it lives. A
# number alone is not enough: it may have been given to another process since.
ours() {
  local pid
  pid=$(cat "$pidfile" 2>/dev/null) && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ] && echo "$pid"
}

install_missing() {
  local missing=()
  command -v dockerd >/dev/null || missing+=(docker.io)
  command -v iptables >/dev/null || missing+=(iptables)
  [ "${#missing[@]}" -eq 0 ] && return
  command -v apt-get >/dev/null ||
    fail "${missing[*]} missing" 'install Docker: https://docs.docker.com/engine/install/'
  echo "installing ${missing[*]}"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null ||
    fail "apt-get could not install ${missing[*]}; its words are above"
}

# start leaves a daemon behind that answers, or returns false with the log
# still there. The daemon gets a session of its own: an interrupted `make`
# must not take it along while containers run.
start() {
  local driver=$1 pid
  setsid dockerd --storage-driver="$driver" --pidfile="$pidfile" >"$log" 2>&1 </dev/null &
  pid=$!
  for _ in $(seq 120); do
    answers && { echo "Docker is up: storage driver $driver, log $log"; return 0; }
    kill -0 "$pid" 2>/dev/null || return 1
    sleep 0.5
  done
  kill "$pid" 2>/dev/null || true
  return 1
}

up() {
  answers && return
  [ -z "${DOCKER_HOST:-}" ] ||
    fail "no Docker daemon answers at DOCKER_HOST=$DOCKER_HOST" 'start it there, or unset DOCKER_HOST to have one started here'
  [ "$(uname -s)" = Linux ] || fail 'no Docker daemon answers' 'start Docker Desktop (or colima, or podman machine), then try again'
  [ "$(id -u)" = 0 ] ||
    fail 'no Docker daemon answers, and only root can start one' \
      'start it (systemctl start docker) and join the group docker, or run this as root'
  install_missing
  # A daemon that was killed has left its process id here, which may be another
  # process's by now: dockerd would not start beside that one.
  mkdir -p "$state" && chmod 700 "$state"
  rm -f "$pidfile"
  # overlay2 needs a file system that can carry it: not an overlay, as where
  # this machine is a container itself.
  start overlay2 || start vfs || {
    tail -n 20 "$log" >&2
    fail 'dockerd does not start; its last lines are above' \
      'in a container it needs --privileged; in a virtual machine, a kernel with bridge and iptables'
  }
}

down() {
  local pid
  pid=$(ours) || { echo 'no Docker daemon of ours is up'; return; }
  kill "$pid"
  for _ in $(seq 60); do
    ours >/dev/null || { rm -f "$pidfile"; echo 'Docker is down'; return; }
    sleep 0.5
  done
  fail "dockerd (process $pid) does not stop within 30 s" "see $log; kill -9 $pid ends it, and leaves its containers' processes"
}

with() {
  local before status=0
  before=$(ours || true)
  up
  if [ "$(ours || true)" != "$before" ]; then
    trap down EXIT
    # So that EXIT comes, after the command, which gets the terminal's signal
    # itself.
    trap 'exit 130' INT
    trap 'exit 143' TERM
  fi
  "$@" || status=$?
  exit "$status"
}

# can says whether a daemon answers, or can be started without installing
# anything.
can() {
  answers && return
  [ -z "${DOCKER_HOST:-}" ] && [ "$(uname -s)" = Linux ] && [ "$(id -u)" = 0 ] && command -v dockerd >/dev/null
}

case ${1:-} in
  can) can ;;
  up) up ;;
  down) down ;;
  with) shift; with "$@" ;;
  *) fail 'expected can, up, down or with COMMAND...' ;;
esac
