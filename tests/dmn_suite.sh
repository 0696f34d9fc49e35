#!/bin/sh
# tests/dmn_suite.sh RUNNER: the DMN TCK, where it lies beside the repository; TAP. It is not part of
# the repository, so without it the two runs are skipped and say so.
runner=$1
suite=../shared/dmn-tck
echo "1..2"
number=0
for flag in "" --strict; do
    number=$((number + 1))
    if [ ! -d "$suite" ]; then
        echo "ok $number - dmn_tck $flag # SKIP no $suite here"
    elif output=$("$runner" "$suite" $flag); then
        echo "ok $number - dmn_tck $flag: $(echo "$output" | tail -n 1)"
    else
        echo "$output" | sed 's/^/# /'
        echo "not ok $number - dmn_tck $flag"
    fi
done
