#!/bin/sh
# A source in shell, to be run now and then: an event for each file system that is fuller than $1 percent (default 90).
#
#   [sources.disks]
#   plugin = "exec"
#   command = ["/usr/local/share/doc/bus/examples/exec/disk_usage.sh", "90"]
#   every = "10m"
#
# The key holds the day: a disk that stays full is told once a day, however often this runs.
set -eu
limit=${1:-90}
day=$(date -u +%Y-%m-%d)
host=$(uname -n)

# The text as a JSON string. Control characters do not get through: what cannot be shown is no name here.
quote() {
  printf '"%s"' "$(printf '%s' "$1" | LC_ALL=C tr -d '\000-\037' | sed 's/\\/\\\\/g; s/"/\\"/g')"
}

df -P -l | tail -n +2 | while read -r device _ _ _ used mount; do
  percent=${used%\%}
  case $percent in '' | *[!0-9]*) continue ;; esac
  [ "$percent" -ge "$limit" ] || continue
  printf '{"type":"disk_full","scope":%s,"subject":%s,"key":%s,"summary":%s,"data":{"device":%s,"used_percent":%d}}\n' \
    "$(quote "$host")" "$(quote "$mount")" "$(quote "$mount@$day")" "$(quote "$mount is $percent % full on $host")" \
    "$(quote "$device")" "$percent"
done
