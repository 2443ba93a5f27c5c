#!/bin/sh
# Runs the program as a container would: process 1 of its own, in a file system that has the image's files and no others, read-only,
# as a user without rights. Called in new mount and pid namespaces; stays the first process of them.
#
#   as-image.sh ROOT NODE APP CONFIGURATION WORDS...
#
# ROOT is an empty folder, and empty again afterwards; then the files by their places here, then the entry point and its arguments.
set -eu
root=$1 node=$2 app=$3 configuration=$4
shift 4
mount -t tmpfs -o mode=755 tmpfs "$root"
mkdir -p "$root/app" "$root/usr/local/bin" "$root/etc/shardfold" "$root/proc" "$root/dev"
touch "$root/usr/local/bin/node"
mount --bind "$node" "$root/usr/local/bin/node"
mount --bind "$app" "$root/app"
mount --bind "$configuration" "$root/etc/shardfold"
mount -t proc proc "$root/proc"
for device in null zero urandom; do touch "$root/dev/$device"; mount --bind "/dev/$device" "$root/dev/$device"; done
# The C library and GCC's, as cc-debian has them: what the binary is linked with.
ldd "$node" | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$root${library%/*}"
  cp -L "$library" "$root$library"
done
mount -o remount,ro "$root"
exec chroot --userspec=65532:65532 --groups=65532 "$root" "$@"
