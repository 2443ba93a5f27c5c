#!/usr/bin/env bash
# The Java KCL from Maven Central, and the worker beside this compiled against it.
#
#   install.sh KCL_VERSION CACHE_DIR     installs on first use, or when the worker's source changed
#
# Prints "classpath CLASSES:JARS". Exit codes: 0 done, 69 something needed is not to be had now (skip the test), else it is broken.
set -euo pipefail

version=$1
cache=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=$cache/kcl-$version

unavailable() { echo "install.sh: $*" >&2; exit 69; }

for tool in java javac mvn setpriv; do command -v $tool >/dev/null || unavailable "needs $tool (a JDK 17+, Maven and util-linux)"; done
mkdir -p "$cache"
exec 9> "$cache/.kcl-$version.lock"   # two first uses at once: the second waits
flock 9

if [ ! -e "$dir/lib/.complete" ]; then
  rm -rf "$dir"
  mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -Dkcl.version="$version" -DincludeScope=runtime -DoutputDirectory="$dir/lib" >&2 ||
    unavailable "Maven could not get the KCL $version (is Maven Central reachable?)"
  touch "$dir/lib/.complete"
fi
sources=("$here"/src/common/*.java "$here/src/${version%%.*}"/*.java)
sum=$(cat "${sources[@]}" | sha256sum | cut -c1-16)
if [ ! -e "$dir/classes-$sum" ]; then
  rm -rf "$dir"/classes-* "$dir/compiling"
  javac --release 17 -cp "$dir/lib/*" -d "$dir/compiling" "${sources[@]}" >&2
  mv "$dir/compiling" "$dir/classes-$sum"
fi
echo "classpath $dir/classes-$sum:$dir/lib/*"
