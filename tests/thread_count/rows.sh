#!/bin/bash
# Virtual devices run side by side, as many as there are threads: the same rows in the same order from one and from
# three.
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
  # The environment of a run names its threads and its hour; a row does not.
  grep -E '<(testcase|skipped|failure|error)' $threads.xml >rows.$threads
done
[ "$(wc -l <rows.1)" -gt 100 ] || { echo "only $(wc -l <rows.1) rows"; exit 1; }
cmp rows.1 rows.3 && cmp said.1 said.3
