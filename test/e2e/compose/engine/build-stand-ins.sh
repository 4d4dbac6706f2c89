#!/bin/bash
# Builds stand-ins for base images that can be neither found nor pulled, under the very names that the compose files and
# the Dockerfile use, from Debian's and npm's packages. For closed networks only: an image that can be pulled is pulled.
# Usage: build-stand-ins.sh <folder for logs and caches> <image>...
set -euo pipefail

state=${1:?usage: build-stand-ins.sh <state folder> <image>...}
shift
here=$(cd "$(dirname "$0")" && pwd)
base=prodwork-stand-in-base:forky
mkdir -p "$state"

say() { printf '[images] %s\n' "$*"; }
mirror() { sed -nE 's/^URIs: *([^ ]+).*/\1/p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -n 1; }

# One minimal Debian for all of them. Forky, because nginx there resolves upstream names while it runs.
make_base() {
  docker image inspect "$base" >/dev/null 2>&1 && return
  [ "$(id -u)" = 0 ] || { say 'building stand-ins needs root (debootstrap)'; exit 1; }
  command -v debootstrap >/dev/null || {
    say 'installing debootstrap'
    { apt-get update && apt-get install -y --no-install-recommends debootstrap; } >"$state/debootstrap.log" 2>&1
  }
  say "debootstrap forky (log: $state/debootstrap.log)"
  local root="$state/rootfs"
  rm -rf "$root"
  debootstrap --variant=minbase --include=ca-certificates,libstdc++6 forky "$root" "$(mirror || true)" sid \
    >"$state/debootstrap.log" 2>&1 || { tail -n 20 "$state/debootstrap.log"; exit 1; }
  # A mirror that is frozen in time serves lists that have run out; a network that inspects TLS has an authority of its own.
  echo 'Acquire::Check-Valid-Until "false";' >"$root/etc/apt/apt.conf.d/99stand-in"
  [ ! -f /etc/ssl/certs/ca-certificates.crt ] || cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
  # What the `-slim` images leave out as well.
  rm -rf "$root"/usr/share/{doc,man,info,locale,lintian}/* "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/*
  tar -C "$root" -c . | docker import --change 'LABEL prodwork.stand-in=base' - "$base" >/dev/null
  rm -rf "$root"
}

npm_tarball() { # <package@version> <file to make>
  [ -f "$2" ] || { (cd "$state" && mv "$(npm pack --silent "$1" | tail -n 1)" "$2.part") && mv "$2.part" "$2"; }
}

stand_in_node() { # <image>: the same binary as in the official image, out of the npm registry
  local version arch context="$state/node"
  version=$(sed -E 's/^.*:([0-9.]+).*$/\1/' <<<"$1")
  case $(uname -m) in x86_64) arch=x64 ;; aarch64) arch=arm64 ;; *) say "no Node for $(uname -m)"; exit 1 ;; esac
  mkdir -p "$context"
  npm_tarball "node-linux-$arch@$version" "$context/node.tgz"
  npm_tarball npm@11 "$context/npm.tgz"
  docker build -q -t "$1" -f "$here/node.Dockerfile" "$context" >/dev/null
}

stand_in() { # <image>
  case $1 in
    debian:*-slim) docker tag "$base" "$1" ;;
    node:*) stand_in_node "$1" ;;
    valkey/valkey:* | redis:*) docker build -q -t "$1" -f "$here/valkey.Dockerfile" "$here" >/dev/null ;;
    nginx:*) docker build -q -t "$1" -f "$here/nginx.Dockerfile" "$here" >/dev/null ;;
    postgres:*) docker build -q -t "$1" -f "$here/postgres.Dockerfile" "$here" >/dev/null ;;
    prom/prometheus:*) docker build -q -t "$1" -f "$here/prometheus.Dockerfile" "$here" >/dev/null ;;
    *) return 1 ;;
  esac
}

for image in "$@"; do
  if docker image inspect "$image" >/dev/null 2>&1; then
    say "$image: here"
  elif timeout 300 docker pull -q "$image" >/dev/null 2>"$state/pull.log"; then
    say "$image: pulled"
  else
    make_base
    say "$image: cannot be pulled, building a stand-in"
    stand_in "$image" || { say "$image: no stand-in for it"; exit 1; }
  fi
done
