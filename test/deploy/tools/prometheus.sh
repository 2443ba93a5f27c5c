#!/usr/bin/env bash
# Prometheus and its promtool, for tests: those on the path, else Debian's package, unpacked into the cache folder on first use (19 MB).
# Nothing is installed on the host, and no right is needed beside reading what apt knows.
#
#   prometheus.sh [CACHE_DIR]
#
# Prints "ready PATH" of prometheus, then of promtool. Exit codes: 0 there, 69 not to be had now (skip the test), 70 it does not work.
set -euo pipefail

cache=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/shardfold}

unavailable() { echo "prometheus.sh: $*" >&2; exit 69; }
broken() { echo "prometheus.sh: $*" >&2; exit 70; }

# The programs are statically linked but for libc: the package alone is enough, without what it depends on.
unpack() {
  local new=$1.new deb
  rm -rf "$new"; mkdir -p "$new/debs"
  # Only root may renew apt's lists; they may be good enough as they are.
  [ "$(id -u)" != 0 ] || apt-get update -qq || true
  (cd "$new/debs" && apt-get download prometheus)
  for deb in "$new"/debs/*.deb; do dpkg-deb -x "$deb" "$new"; done
  rm -rf "$new/debs" "$1"
  touch "$new/.complete"; mv "$new" "$1"
}

mkdir -p "$cache" && cache=$(cd "$cache" && pwd)
if command -v prometheus >/dev/null && command -v promtool >/dev/null; then
  bin=$(dirname "$(command -v prometheus)")
else
  unpacked=$cache/prometheus
  exec 8>"$cache/.prometheus.lock"; flock 8   # two first uses at once: the second waits
  if [ ! -e "$unpacked/.complete" ]; then
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || unavailable "needs prometheus and promtool on the path, or Debian's apt"
    unpack=$(declare -f unpack)
    timeout "${INSTALL_SECONDS:-0}" bash -euo pipefail -c "$unpack; unpack \"\$1\"" unpack "$unpacked" >"$cache/prometheus-install.log" 2>&1 8>&- ||
      unavailable "Debian cannot give the package prometheus now: see $cache/prometheus-install.log"
  fi
  exec 8>&-
  bin=$unpacked/usr/bin
fi
for program in prometheus promtool; do
  "$bin/$program" --version >/dev/null 2>&1 || broken "$bin/$program does not run"
  printf 'ready %s\n' "$bin/$program"
done
