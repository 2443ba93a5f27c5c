#!/usr/bin/env bash
# Helm, for tests: the one on the path, else the one that kubernetes-tools.sh brings on first use.
#
#   helm.sh [CACHE_DIR]
#
# Prints "ready COMMAND", one word a line. Exit codes: 0 there, 69 not to be had now (skip the test), 70 it does not work.
set -euo pipefail

cache=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/shardfold}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

unavailable() { echo "helm.sh: $*" >&2; exit 69; }
broken() { echo "helm.sh: $*" >&2; exit 70; }
. "$here/kubernetes-tools.sh"

mkdir -p "$cache" && cache=$(cd "$cache" && pwd)
helm=$(command -v helm) || helm=''
# The charts' schemas need 3.18 or later. Debian's package helm is a synthesizer.
if [ -z "$helm" ] || ! "$helm" version --short 2>/dev/null | grep -Eq '^v(3\.(1[89]|[2-9][0-9])|[4-9])'; then
  brought=$(kubernetes_tools)
  helm=$brought/helm/helm
fi
"$helm" version >/dev/null || broken "$helm does not run"
printf 'ready %s\n' "$helm"
