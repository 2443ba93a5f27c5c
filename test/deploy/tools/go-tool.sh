# How the scripts beside this bring a program that is a Go module: from the module proxy, once, into the cache folder. Sourced; it
# knows no program.
#
# The sourcing script sets `cache` and the functions `unavailable` (exit 69) and `broken` (exit 70).
#   INSTALL_SECONDS  how long a build may take (as long as it needs). What it compiled by then is kept: the next one goes on from there.

# Without a C compiler, and without the optimiser: the build is a third faster, and these programs run for a fraction of a second.
go_tool() { # PROGRAM PACKAGE@VERSION
  local program=$1 package=$2
  local done=$cache/bin/.$program-${package##*@}
  mkdir -p "$cache/bin"
  exec 8>"$cache/bin/.$program.lock"; flock 8   # two first uses at once: the second waits
  if [ ! -e "$done" ]; then
    command -v go >/dev/null || unavailable "needs $program or Go 1.26 on the path (a machine with neither skips these tests)"
    CGO_ENABLED=0 GOBIN=$cache/bin timeout "${INSTALL_SECONDS:-0}" go install -gcflags=all='-N -l' -ldflags='-s -w' "$package" >"$cache/$program-install.log" 2>&1 8>&- ||
      unavailable "could not build $program ${package##*@}${INSTALL_SECONDS:+ in $INSTALL_SECONDS s}; run test/deploy/tools/$program.sh $cache once, or see $cache/$program-install.log"
    touch "$done"
  fi
  exec 8>&-
}
