#!/bin/sh
# Runs a program beside a real `systemd --user`, in namespaces of its own: with_user_manager.sh PROGRAM [ARGS...]
# Exit 77: it cannot be had here (not root, no systemd, no unified cgroups, no leave for namespaces).
systemd=/usr/lib/systemd/systemd
skip() {
  echo "skipped: $1" >&2
  exit 77
}
[ "$(id -u)" = 0 ] || skip "not root"
[ -x "$systemd" ] || skip "no systemd"
grep -q cgroup2 /proc/filesystems || skip "no cgroup2"
unshare -m -p -f -C true 2>/dev/null || skip "no namespaces"
# shellcheck disable=SC2016  # the inner shell expands it
exec unshare -m -p -f -C sh -c '
  systemd=$1; shift
  mount --make-rprivate / && mount --make-rshared / && mount -t proc proc /proc && mount -t tmpfs t /run || exit 77
  mkdir -p /run/systemd/system /run/user/0 && chmod 700 /run/user/0
  umount -l /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup || exit 77
  export XDG_RUNTIME_DIR=/run/user/0 HOME=/run/user/0
  "$systemd" --user --log-target=console > /run/manager.log 2>&1 &
  manager=$!
  while ! [ -S "$XDG_RUNTIME_DIR/systemd/private" ]; do
    kill -0 "$manager" 2>/dev/null || { cat /run/manager.log >&2; echo "skipped: systemd --user does not run" >&2; exit 77; }
    sleep 0.05
  done
  "$@"; status=$?
  [ "$status" = 0 ] || cat /run/manager.log >&2
  exit "$status"' sh "$systemd" "$@"
