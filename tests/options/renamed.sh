#!/bin/bash
# Tests that each option of docs/renamed.md is accepted under its earlier name: a wrong value is reported
# under the current one.
#
#   renamed.sh PROGRAM CHECKOUT
program=$1
export KERNELGATE_ROOT=$2
# shellcheck source=tests/program.sh
. "$(dirname "${BASH_SOURCE[0]}")/../program.sh"

run 2 "--min-seconds: .*got 'x'" bench --least-seconds x
run 2 "--min-seconds: .*got 'x'" bench --least-seconds=x
run 2 "--max-repetitions: .*got 'x'" bench --most-repetitions x
run 2 "--min-seconds: .*got 'x'" compare --least-seconds x
run 2 "--min-seconds: .*got 'x'" sample --least-seconds x
run 2 "--min-segment: .*got 'x'" history --least-segment x
run 2 "--max-elements: .*got 'x'" vectors export --most-elements x
run 2 "--determinism-schedules: .*got 'x'" check --claim-schedules x
run 2 "--working-set: .*got 'x'" sample --roofs --working-set x
earlier=$(grep -oE '^\| option of [^|]*\| `--[a-z-]+`' "$KERNELGATE_ROOT/docs/renamed.md" | grep -oE -e '--[a-z-]+')
for option in $earlier; do
  grep -qF -e " $option" "${BASH_SOURCE[0]}" || { what=$option; complain "expected a test of $option"; }
done
finish
