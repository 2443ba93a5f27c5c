# Waits for a server that a script has begun. Sourced, after `broken` (exit 70) is there.

failed() { # LOG WHAT...
  tail -n 20 "$1" >&2; shift
  broken "$*"
}

# Waits a minute at most for a check to pass while the server lives.
await() { # PID LOG CHECK...
  local pid=$1 log=$2; shift 2
  for _ in $(seq 300); do
    if "$@" >/dev/null 2>&1; then return; fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.2
  done
  failed "$log" "the server does not come up, see above"
}
