#!/usr/bin/env bash
# MySQL of Debian unstable, on 127.0.0.1 only.
#
#   mysql.sh [CACHE_DIR]      install on first use, start, stop with SIGTERM
#
# Prints "ready mysql://root@127.0.0.1:PORT/" once it answers. Its data is in memory, its own, and gone at the stop.
# Exit codes: 0 stopped, 69 something needed is not to be had now (skip the test), 70 it does not work.
# Needs root, Debian or a relative of it with apt, and on first use about 0.5 GB of disk and some minutes.
#   PORT          where to listen (3306)
#   INSTALL_ONLY  set: install and exit
set -euo pipefail

port=${PORT:-3306}
cache=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/shardfold}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

unavailable() { echo "mysql.sh: $*" >&2; exit 69; }
broken() { echo "mysql.sh: $*" >&2; exit 70; }
. "$here/debian-tree.sh"
. "$here/await.sh"

begin_server "$here/mysql.sh" mysql-run

# From here on: the first process of the namespaces.
stop_with_server

debian_tree
tree_install /usr/sbin/mysqld mysql-server-core mysql-client-core
[ -z "${INSTALL_ONLY:-}" ] || exit 0

# Everything it writes is in this mount, which is seen and kept by these namespaces only.
run=$cache/mysql-run
mount -t tmpfs -o size=2g tmpfs "$run"
mkdir -p "$run/data" "$tree/srv/mysql"
mount --bind "$run/data" "$tree/srv/mysql"
options=(chroot "$tree" mysqld --no-defaults --user=root --datadir=/srv/mysql/db)
tree_still
# A new server's data cost seconds of CPU and are always alike: they are made once for each version, and copied.
initialise() {
  "${options[@]}" --initialize-insecure || return
  local fresh; fresh=$(mktemp -d "$cache/mysql-data-new.XXXXXX") && cp -a "$run/data/db" "$fresh/db" || return
  mv -T "$fresh/db" "$template" || true   # of two first uses at once one is enough
  rm -rf "$fresh"
}
template=$cache/mysql-data-$("${options[@]}" --version | awk '{ print $3 }')
if [ -e "$template" ]; then cp -a "$template" "$run/data/db"
else patiently initialise >"$run/install.log" 2>&1 || failed "$run/install.log" "mysqld --initialize-insecure failed, see above"; fi
"${options[@]}" --port="$port" --bind-address=127.0.0.1 --mysqlx=OFF --socket=/srv/mysql/server.sock --secure-file-priv=NULL \
  --skip-log-bin --innodb-flush-log-at-trx-commit=2 --innodb-use-native-aio=0 >>"$run/server.log" 2>&1 7>&- &
server=$!
await "$server" "$run/server.log" chroot "$tree" mysql --no-defaults --protocol=TCP -h 127.0.0.1 -P "$port" -u root -e 'select 1'
tree_free
echo "ready mysql://root@127.0.0.1:$port/"

wait "$server" || true
failed "$run/server.log" "the server process ended by itself, see above"
