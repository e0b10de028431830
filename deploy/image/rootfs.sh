#!/bin/sh
# rootfs.sh PROGRAM FOLDER: lays out in FOLDER everything that the image holds.
#
# PROGRAM is linked with the C library, so the image needs those libraries, of the system that built
# it, and nothing else of that system.
set -eu

program=$1
root=$2

mkdir -p "$root/etc/ssl/certs" "$root/usr/local/bin"
cp "$program" "$root/usr/local/bin/bailiff"

# Each library and the loader, at the path where the program looks for them.
ldd "$program" | awk '/=> \// { print $3 } $1 ~ /^\// { print $1 }' | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done

# Clerk is spoken to over TLS.
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
# Names are looked up in the hosts file first, then in DNS.
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
echo 'bailiff:x:65532:65532::/:/sbin/nologin' >"$root/etc/passwd"
echo 'bailiff:x:65532:' >"$root/etc/group"
# A socket or a file can be put here where the orchestrator mounts a writable volume.
mkdir -p "$root/run/bailiff" "$root/etc/bailiff"
chmod -R a+rX,go-w "$root"
