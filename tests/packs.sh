#!/bin/sh
# Every pack of the repository is sound: `tongban check` finds no fault and no warning in it.
set -u
program=$1
count=0
status=0
for pack in packs/*/; do
    count=$((count + 1))
    if output=$("$program" --lang en check "$pack" 2>&1) && echo "$output" | tail -1 | grep -q '^0 faults, 0 warnings$'; then
        echo "ok $count - $pack"
    else
        echo "not ok $count - $pack"
        echo "$output" | sed 's/^/# /'
        status=1
    fi
done
echo "1..$count"
exit $status
