#!/bin/bash
# Prints which symbol versions a shared object needs, and fails if one is newer than allowed:
# check-native-floor.sh FILE NEWEST..., e.g. check-native-floor.sh addon.node GLIBC_2.28
set -euo pipefail

file=$1
shift
versions=$(objdump -T "$file" | grep -oE 'GLIBC_[0-9.]+' | sort -uV)
echo "$file needs:" $versions

status=0
for newest in "$@"; do
  needed=$(grep "^${newest%%_*}_" <<<"$versions" | tail -n 1)
  if [ "$(printf '%s\n' "$needed" "$newest" | sort -V | tail -n 1)" != "$newest" ]; then
    echo "It needs $needed, which is newer than $newest." >&2
    status=1
  fi
done
exit $status
