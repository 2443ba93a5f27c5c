#!/usr/bin/env bash
# FerretDB, a server that speaks MongoDB's protocol, over PostgreSQL with the DocumentDB extension; on 127.0.0.1 only.
#
#   ferretdb.sh [CACHE_DIR]     install on first use, start, stop with SIGTERM
#
# Prints "ready mongodb://127.0.0.1:PORT/" once it answers. Its data is in memory, its own, and gone at the stop.
# Exit codes: 0 stopped, 69 something needed is not to be had now (skip the test), 70 it does not work.
# Needs root, Go 1.25 or newer, Debian or a relative of it with apt, and on first use about 0.8 GB of disk and some minutes.
#   PORT          where to listen (27017)
#   INSTALL_ONLY  set: install and exit
set -euo pipefail

VERSION=v2.7.0
port=${PORT:-27017}
cache=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/shardfold}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

unavailable() { echo "ferretdb.sh: $*" >&2; exit 69; }
broken() { echo "ferretdb.sh: $*" >&2; exit 70; }
. "$here/debian-tree.sh"
. "$here/await.sh"

begin_server "$here/ferretdb.sh" bin ferretdb
ferretdb=$cache/bin/ferretdb

# From here on: the first process of the namespaces.
postgres='' server=''
stop() { # the store last
  trap '' TERM INT HUP
  [ -z "$server" ] || { kill -TERM "$server"; wait "$server" || true; }
  [ -z "$postgres" ] || { kill -INT "$postgres"; wait "$postgres" || true; }
  exit 0
}
trap stop TERM INT HUP

install_ferretdb() {
  exec 9>"$cache/.ferretdb.lock"; patiently flock 9   # two first uses at once: the second waits
  if [[ $("$ferretdb" --version 2>/dev/null) != *"$VERSION"* ]]; then
    command -v go >/dev/null || unavailable "needs Go 1.25 or newer to install FerretDB"
    GOBIN=$cache/bin patiently go install "github.com/FerretDB/FerretDB/v2/cmd/ferretdb@$VERSION" >"$cache/ferretdb-install.log" 2>&1 9>&- ||
      unavailable "could not install FerretDB $VERSION (is the Go module proxy reachable?): see $cache/ferretdb-install.log"
  fi
  exec 9>&-
}
bin=/usr/lib/postgresql/18/bin
install_ferretdb
debian_tree
tree_install $bin/postgres postgresql-18 postgresql-18-documentdb
[ -e "$tree/usr/share/postgresql/18/extension/documentdb.control" ] || unavailable "the tree has PostgreSQL but not its DocumentDB extension"
[ -z "${INSTALL_ONLY:-}" ] || exit 0

# Everything it writes is in this mount, which is seen and kept by these namespaces only.
run=$cache/ferretdb
mount -t tmpfs -o size=2g tmpfs "$run"
mkdir -p "$run/data" "$tree/srv/ferretdb"
mount --bind "$run/data" "$tree/srv/ferretdb"
mkdir -p "$tree/run/ferretdb"
chroot "$tree" chown postgres:postgres /srv/ferretdb /run/ferretdb
as_postgres=(chroot --userspec=postgres:postgres "$tree" env -i PATH="$bin:/usr/bin:/bin" LC_ALL=C.UTF-8)
sql() { "${as_postgres[@]}" psql -X -q -h /run/ferretdb -U postgres -d postgres -v ON_ERROR_STOP=1 -c "$1"; }

tree_still
"${as_postgres[@]}" initdb -A trust --locale=C.UTF-8 --no-sync -D /srv/ferretdb >"$run/postgres.log" 2>&1 || failed "$run/postgres.log" "initdb failed, see above"
cat >>"$run/data/postgresql.conf" <<'CONF'
listen_addresses = ''
unix_socket_directories = '/run/ferretdb'
fsync = off
full_page_writes = off
synchronous_commit = off
max_wal_size = 64MB
shared_preload_libraries = 'pg_cron,pg_documentdb_core,pg_documentdb'
cron.database_name = 'postgres'
cron.host = '/run/ferretdb'
documentdb.localhost_connection_string = 'host=/run/ferretdb'
CONF
"${as_postgres[@]}" postgres -D /srv/ferretdb >>"$run/postgres.log" 2>&1 7>&- &
postgres=$!
await "$postgres" "$run/postgres.log" sql 'select 1'
sql 'CREATE EXTENSION documentdb CASCADE' >>"$run/postgres.log" 2>&1 || failed "$run/postgres.log" "CREATE EXTENSION documentdb failed, see above"

"$ferretdb" --listen-addr="127.0.0.1:$port" --debug-addr=- --state-dir="$run" --no-auth --telemetry=disable --log-level=WARN \
  --postgresql-url="postgres://postgres@/postgres?host=$tree/run/ferretdb" >>"$run/ferretdb.log" 2>&1 7>&- &
server=$!
await "$server" "$run/ferretdb.log" "$ferretdb" ping --listen-addr="127.0.0.1:$port" --state-dir="$run" --telemetry=disable
tree_free
echo "ready mongodb://127.0.0.1:$port/"

wait -n "$postgres" "$server" || true
tail -n 5 "$run/postgres.log" "$run/ferretdb.log" >&2
broken "a server process ended by itself, see above"
