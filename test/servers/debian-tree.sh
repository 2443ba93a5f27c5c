# A Debian unstable system tree in the cache folder, for servers that need newer packages than the host has. Sourced by the
# script of such a server, which runs in mount, pid and ipc namespaces of its own: when the first process of the namespaces
# ends, however it ends, the kernel ends all others in them and drops the mounts. Nothing of the host is changed, except that
# debootstrap is installed where it is missing.
#
# The sourcing script sets `cache`, `port` and the functions `unavailable` (exit 69) and `broken` (exit 70).

# Calls a script once more inside the namespaces and hands SIGTERM, SIGINT and SIGHUP on to it; ends as it ended.
in_namespaces() { # SCRIPT ARGUMENTS...
  local tool outer stopping='' code=0
  [ "$(id -u)" = 0 ] || unavailable "must be run as root (it makes namespaces and a chroot)"
  for tool in unshare setpriv flock mount; do command -v $tool >/dev/null || unavailable "needs $tool (Debian: util-linux, mount)"; done
  unshare --mount --pid --ipc --fork true 2>/dev/null || unavailable "this machine does not let root make namespaces (CAP_SYS_ADMIN is missing)"
  # --pdeathsig: should this process be killed outright, the namespaces go too.
  IN_NAMESPACES=1 setpriv --pdeathsig KILL unshare --mount --pid --ipc --fork --kill-child=KILL --mount-proc -- bash "$@" &
  outer=$!
  trap 'stopping=1; kill -TERM $(cat "/proc/$outer/task/$outer/children") 2>/dev/null || kill -TERM "$outer"' TERM INT HUP
  while :; do
    code=0
    wait "$outer" || code=$?
    kill -0 "$outer" 2>/dev/null || break
  done
  [ -z "$stopping" ] || exit 0
  exit "$code"
}

# The beginning of a server's script: its folders in `cache`, a free `port`, and the namespaces.
begin_server() { # SCRIPT FOLDER...
  local script=$1 folder; shift
  for folder in "$@"; do mkdir -p "$cache/$folder"; done
  cache=$(cd "$cache" && pwd)
  [ -z "${IN_NAMESPACES:-}" ] || return 0
  ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || broken "something already listens on 127.0.0.1:$port (choose another with PORT=)"
  in_namespaces "$script" "$cache"
}

# At a signal the process `server`, once there is one, ends first. For the first process of the namespaces.
stop_with_server() {
  server=''
  stop() {
    trap '' TERM INT HUP
    [ -z "$server" ] || { kill -TERM "$server"; wait "$server" || true; }
    exit 0
  }
  trap stop TERM INT HUP
}

# Long commands run beside the shell, so that a signal is heeded at once and not when they end.
patiently() { "$@" & wait $!; }

# Makes the tree on first use and mounts what programs in it expect. Sets `tree`.
debian_tree() {
  local mirror
  tree=$cache/sid
  exec 7>"$cache/sid.lock"; patiently flock 7
  if [ ! -e "$tree/.complete" ]; then
    if ! command -v debootstrap >/dev/null; then
      patiently bash -c 'apt-get update -qq; apt-get install -y -qq --no-install-recommends debootstrap' >"$cache/sid.log" 2>&1 7>&- ||
        unavailable "apt could not install debootstrap: see $cache/sid.log"
    fi
    mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Label: Debian' 2>/dev/null | grep -m1 .) ||
      mirror=$(apt-get indextargets --format '$(SITE)' 2>/dev/null | grep -m1 '/debian/*$') || unavailable "apt names no Debian mirror on this machine"
    rm -rf "$tree" "$tree.new"
    patiently debootstrap --variant=minbase sid "$tree.new" "$mirror" >"$cache/sid.log" 2>&1 7>&- ||
      unavailable "could not make a Debian unstable tree: see $cache/sid.log"
    umount "$tree.new/proc" "$tree.new/sys" 2>/dev/null || true
    printf '#!/bin/sh\nexit 101\n' >"$tree.new/usr/sbin/policy-rc.d"   # no package starts a service
    chmod +x "$tree.new/usr/sbin/policy-rc.d"
    printf 'path-exclude=/usr/share/%s/*\n' doc man locale >"$tree.new/etc/dpkg/dpkg.cfg.d/small"
    echo force-unsafe-io >>"$tree.new/etc/dpkg/dpkg.cfg.d/small"
    # A mirror that lags behind still signs what it serves, but its index counts as expired after some days.
    echo 'Acquire::Check-Valid-Until "false";' >"$tree.new/etc/apt/apt.conf.d/90lagging-mirror"
    mkdir -p "$tree.new/etc/postgresql-common"
    echo 'create_main_cluster = false' >"$tree.new/etc/postgresql-common/createcluster.conf"
    touch "$tree.new/.complete"
    mv "$tree.new" "$tree"
  fi
  exec 7>&-
  cp -L /etc/resolv.conf "$tree/etc/resolv.conf" 2>/dev/null || true
  if ! { mount -t proc proc "$tree/proc" && mount --bind /dev "$tree/dev" && mount -t tmpfs tmpfs "$tree/dev/shm" &&
    mount -t tmpfs tmpfs "$tree/tmp" && mount -t tmpfs tmpfs "$tree/run" && chmod 1777 "$tree/tmp" "$tree/dev/shm"; }; then
    unavailable "this machine does not let root mount file systems"
  fi
}

# Nobody installs anything into the tree until `tree_free`: a program that starts while its libraries are replaced does not start.
tree_still() { exec 7>"$cache/sid.lock"; patiently flock --shared 7; }
tree_free() { exec 7>&-; }

# The packages are there once PROGRAM is.
tree_install() { # PROGRAM PACKAGE...
  local program=$1; shift
  exec 7>"$cache/sid.lock"; patiently flock 7
  if [ ! -e "$tree$program" ] || [ -e "$tree/.installing" ]; then
    touch "$tree/.installing"
    patiently chroot "$tree" env DEBIAN_FRONTEND=noninteractive sh -c \
      'dpkg --configure -a && apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@" && apt-get clean' \
      install "$@" >>"$cache/sid.log" 2>&1 7>&- || unavailable "Debian unstable cannot give '$*' today: see $cache/sid.log"
    [ -e "$tree$program" ] || unavailable "Debian unstable's '$*' no longer brings $program"
    rm "$tree/.installing"
  fi
  exec 7>&-
}
