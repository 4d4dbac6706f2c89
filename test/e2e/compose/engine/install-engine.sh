#!/bin/sh
# Makes `docker` and `docker compose` work on a machine that has no Docker engine: installs one from Debian and starts it.
# Does nothing where an engine already answers. Needs root and Debian (or a relative of it) otherwise.
# Usage: install-engine.sh <folder for logs>
set -eu

state=${1:?usage: install-engine.sh <state folder>}
mkdir -p "$state"

say() { printf '[engine] %s\n' "$*"; }

answers() { docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1 && docker buildx version >/dev/null 2>&1; }

# Debian 12 has an engine without the compose plugin; Debian 13 has all three parts. Its packages are pinned low, so that
# nothing else on the machine is taken from there, now or later.
install_from_debian() {
  [ "$(id -u)" = 0 ] || { say 'no Docker engine answers, and installing one needs root: https://docs.docker.com/engine/install/'; exit 1; }
  command -v apt-get >/dev/null || { say 'no Docker engine answers: https://docs.docker.com/engine/install/'; exit 1; }
  suite=trixie
  sources=/etc/apt/sources.list.d
  if [ "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" != "$suite" ]; then
    [ -f "$sources/debian.sources" ] || { say "cannot install a Docker engine here: $sources/debian.sources is missing"; exit 1; }
    sed -E "s/^(Suites:).*/\1 $suite/" "$sources/debian.sources" |
      awk -v RS= -v ORS='\n\n' '!/security/' >"$sources/prodwork-docker.sources"
    printf 'Package: *\nPin: release n=%s\nPin-Priority: 100\n' "$suite" >/etc/apt/preferences.d/prodwork-docker
  fi
  say "installing docker.io, docker-compose and docker-buildx from Debian $suite (log: $state/apt.log)"
  {
    apt-get update
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      "docker.io/$suite" "docker-cli/$suite" "docker-compose/$suite" "docker-buildx/$suite" iptables
  } >"$state/apt.log" 2>&1 || { tail -n 20 "$state/apt.log"; say 'apt-get failed'; exit 1; }
}

start_daemon() {
  say "starting dockerd (log: $state/dockerd.log)"
  # A session of its own: the engine outlives the script, as a system service would.
  setsid dockerd >"$state/dockerd.log" 2>&1 </dev/null &
}

answers && { say "engine $(docker version --format '{{.Server.Version}}') answers"; exit 0; }

command -v dockerd >/dev/null && docker compose version >/dev/null 2>&1 && docker buildx version >/dev/null 2>&1 || install_from_debian
docker info >/dev/null 2>&1 || start_daemon

tries=0
until answers; do
  tries=$((tries + 1))
  [ "$tries" -lt 120 ] || { tail -n 20 "$state/dockerd.log"; say 'dockerd did not answer within 60 s'; exit 1; }
  sleep 0.5
done
say "engine $(docker version --format '{{.Server.Version}}') answers"
