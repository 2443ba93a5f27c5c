#!/usr/bin/env bash
# MariaDB, on 127.0.0.1 only.
#
#   mariadb.sh [CACHE_DIR]      install on first use, start, stop with SIGTERM
#
# Prints "ready mysql://root@127.0.0.1:PORT/" once it answers. Its data is in memory, its own, and gone at the stop.
# Exit codes: 0 stopped, 69 something needed is not to be had now (skip the test), 70 it does not work.
# Needs root, Debian or a relative of it with apt. Where the host has no mariadbd, its packages are unpacked into CACHE_DIR and
# nothing is installed on the host.
#   PORT          where to listen (3306)
#   LOWER_CASE_TABLE_NAMES  the server's option of that name (0); 1 as on Windows: names of tables ignore case
#   INSTALL_ONLY  set: install and exit
set -euo pipefail

port=${PORT:-3306}
cache=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/shardfold}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

unavailable() { echo "mariadb.sh: $*" >&2; exit 69; }
broken() { echo "mariadb.sh: $*" >&2; exit 70; }
. "$here/debian-tree.sh"
. "$here/await.sh"

begin_server "$here/mariadb.sh" mariadb-run
unpacked=$cache/mariadb

# From here on: the first process of the namespaces.
stop_with_server

unpack() {
  local new=$unpacked.new packages deb
  rm -rf "$new"; mkdir -p "$new/debs"
  apt-get update -qq
  packages=$(apt-get install -s --no-install-recommends mariadb-server-core mariadb-client-core | awk '/^Inst / { print $2 }')
  [ -n "$packages" ]
  # shellcheck disable=SC2086
  (cd "$new/debs" && apt-get download $packages)
  for deb in "$new"/debs/*.deb; do dpkg-deb -x "$deb" "$new"; done
  rm -rf "$new/debs" "$unpacked"
  touch "$new/.complete"; mv "$new" "$unpacked"
}

base=/usr
if ! command -v mariadbd >/dev/null || ! command -v mariadb-install-db >/dev/null; then
  exec 9>"$cache/.mariadb.lock"; patiently flock 9   # two first uses at once: the second waits
  if [ ! -e "$unpacked/.complete" ]; then
    patiently bash -euo pipefail -c "$(declare -f unpack); unpacked=\$1; unpack" unpack "$unpacked" >"$cache/mariadb-install.log" 2>&1 9>&- ||
      unavailable "Debian cannot give mariadb-server-core now: see $cache/mariadb-install.log"
  fi
  exec 9>&-
  base=$unpacked/usr
  [ -x "$base/sbin/mariadbd" ] || unavailable "Debian's mariadb-server-core no longer brings usr/sbin/mariadbd"
  LD_LIBRARY_PATH=$({ find "$base/lib" "$unpacked/lib" -maxdepth 1 -type d -name '*-linux-gnu*' 2>/dev/null || true; } | paste -sd:)
  export LD_LIBRARY_PATH PATH=$base/sbin:$base/bin:$PATH
fi
[ -z "${INSTALL_ONLY:-}" ] || exit 0

# Everything it writes is in this mount, which is seen and kept by these namespaces only.
run=$cache/mariadb-run
mount -t tmpfs -o size=2g tmpfs "$run" || unavailable "this machine does not let root mount file systems"
# As root, in namespaces of its own: the cache folder may lie where no other user can go.
# Temporary files are named by the process's number, which two servers have alike in their namespaces: each needs a folder of its own.
mkdir "$run/tmp"
options=(--no-defaults --user=root --basedir="$base" --datadir="$run/data" --tmpdir="$run/tmp" --lc-messages-dir="$base/share/mysql")
patiently mariadb-install-db "${options[@]}" --auth-root-authentication-method=normal --skip-test-db --force >"$run/install.log" 2>&1 ||
  failed "$run/install.log" "mariadb-install-db failed, see above"
mariadbd "${options[@]}" --port="$port" --bind-address=127.0.0.1 --socket="$run/server.sock" --secure-file-priv="$run" \
  --lower-case-table-names="${LOWER_CASE_TABLE_NAMES:-0}" --skip-name-resolve --skip-log-bin --innodb-flush-log-at-trx-commit=2 --innodb-use-native-aio=0 >>"$run/server.log" 2>&1 &
server=$!
await "$server" "$run/server.log" mariadb --no-defaults --protocol=TCP -h 127.0.0.1 -P "$port" -u root -e 'select 1'
echo "ready mysql://root@127.0.0.1:$port/"

wait "$server" || true
failed "$run/server.log" "the server process ended by itself, see above"
