#!/bin/sh
# Each library given exports bus_plugin_v1 and nothing else.
set -eu
nm=$1
shift
status=0
for library in "$@"; do
  symbols=$("$nm" -D --defined-only "$library" | awk '{print $NF}' | sort -u | tr '\n' ' ')
  if [ "$symbols" != "bus_plugin_v1 " ]; then
    echo "$library exports: $symbols" >&2
    status=1
  fi
done
exit $status
