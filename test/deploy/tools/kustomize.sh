#!/usr/bin/env bash
# What makes objects of a kustomization, for tests: kustomize or kubectl on the path, else the kubectl that kubernetes-tools.sh brings
# on first use.
#
#   kustomize.sh [CACHE_DIR]
#
# Prints "ready COMMAND", one word a line; the folder is to be put behind it. Exit codes: 0 there, 69 not to be had now (skip the
# test), 70 it does not work.
set -euo pipefail

cache=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/shardfold}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

unavailable() { echo "kustomize.sh: $*" >&2; exit 69; }
broken() { echo "kustomize.sh: $*" >&2; exit 70; }
. "$here/kubernetes-tools.sh"

mkdir -p "$cache" && cache=$(cd "$cache" && pwd)
if command -v kustomize >/dev/null; then printf 'ready %s\nready build\n' "$(command -v kustomize)"
elif kubectl kustomize --help >/dev/null 2>&1; then printf 'ready %s\nready kustomize\n' "$(command -v kubectl)"
else
  brought=$(kubernetes_tools)
  kubectl=$brought/kubectl/kubectl
  "$kubectl" kustomize --help >/dev/null || broken "$kubectl does not run"
  printf 'ready %s\nready kustomize\n' "$kubectl"
fi
