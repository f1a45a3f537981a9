#!/bin/sh
# Runs a command in a container: a root of its own, no network but its own loopback, no other processes.
# enter.sh MODE ROOT A B CODE SITE RESULTS -- COMMAND…: MODE is `rw` to prepare the interpreters, `ro` to measure.
set -eu
if [ "${PBS_BENCH_INSIDE:-}" != 1 ]; then
    map=
    [ "$(id -u)" = 0 ] || map=--map-root-user
    # shellcheck disable=SC2086 # nothing is no argument
    PBS_BENCH_INSIDE=1 exec unshare --mount --propagation private --net --ipc --uts --pid --fork --kill-child $map \
        sh "$0" "$@"
fi
mode=$1 root=$2 a=$3 b=$4 code=$5 site=$6 results=$7
shift 8
bind() { # FROM TO
    mount --bind "$1" "$root/$2"
    [ "$mode" = rw ] || mount -o remount,bind,ro "$root/$2"
}
bind "$code" bench/code
bind "$site" bench/site
[ -z "$a" ] || bind "$a" opt/a
[ -z "$b" ] || bind "$b" opt/b
# A name that /etc/hosts there knows: some benchmarks look up their own.
echo bench >/proc/sys/kernel/hostname
mount --bind "$results" "$root/bench/results"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
exec chroot "$root" /usr/bin/env -i PATH=/usr/bin:/bin HOME=/root LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 "$@"
