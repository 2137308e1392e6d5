#!/bin/bash
# Tests that virtual devices, which run in parallel on the given threads, give the same rows in the same order with
# one thread and with three.
#
#   rows.sh PROGRAM
set -uo pipefail
program=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
for threads in 1 3; do
  "$program" check --suite smoke --kernel token_bitmask --kernel residual_norm --threads $threads \
    --junit $threads.xml --verbose >said.$threads 2>&1 || { cat said.$threads; exit 1; }
  # Without the fields of a run's environment, which include the thread count and the time.
  grep -E '<(testcase|skipped|failure|error)' $threads.xml >rows.$threads
done
[ "$(wc -l <rows.1)" -gt 100 ] || { echo "only $(wc -l <rows.1) rows"; exit 1; }
cmp rows.1 rows.3 && cmp said.1 said.3
