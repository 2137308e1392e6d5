#!/bin/bash
# Tests faults of the machine: a full disk, a folder that cannot be written, a clock that is set back, a
# killed child, a hanging kernel, an incomplete list, two runs at once, Ctrl-C. After each, every
# finished row must exist and the program must report the fault.
# Usage: run.sh <kernelgate> <source> <cc> <work>
set -uo pipefail
program=$1 source=$2 cc=$3 work=$4
rm -rf "$work" && mkdir -p "$work" && cd "$work" || exit 1
export KERNELGATE_ROOT=$source
faults=0
fail() { echo "FAILED: $*"; faults=1; }
# rows FILE: number of rows
rows() { echo $(($(wc -l < "$1") - 1)); }
says() { grep -qF -- "$2" "$1" || { fail "'$2' is not in $1:"; cat "$1"; }; }
# readable FILE: the reader accepts every row
readable() {
  "$program" support --records "$1" --output "$work/support.md" > read.log 2>&1 || { fail "$1 cannot be read back"; cat read.log; }
}
shapes=(--case linear/tokens=1,out=9,in=7,f32 --case linear/tokens=2,out=9,in=7,f32
  --case linear/tokens=3,out=9,in=7,f32 --seed 1 --data exact)
"$cc" -shared -fPIC -O1 -I"$source/harness/plugin" "$source/tests/faults/faults.c" -o libfaults.so || exit 1
"$cc" -shared -fPIC -O1 "$source/tests/faults/stepping_clock.c" -o libclock.so -ldl || exit 1

# A killed child and a hung kernel: one case lost, the later ones checked.
"$program" check --plugin ./libfaults.so --variant plugin/killed "${shapes[@]}" --records killed.csv > killed.log 2>&1
(($? == 1)) || fail "a killed child must end with 1"
(($(rows killed.csv) == 3)) || fail "a killed child cost more than its case: $(rows killed.csv) rows"
says killed.log "its process was ended by KILL"
"$program" check --plugin ./libfaults.so --variant plugin/hung "${shapes[@]}" --time-limit 1 --records hung.csv > hung.log 2>&1
(($? == 1)) || fail "a hung kernel must end with 1"
(($(rows hung.csv) == 3)) || fail "a hung kernel cost more than its case: $(rows hung.csv) rows"
says hung.log "over the time limit of 1 s"

# A disk that fills up: earlier rows are kept complete.
"$program" check --kernel bias_balance --backend kokkos --records all.csv > all.log 2>&1
whole=$(rows all.csv)
size=$(stat -c %s all.csv)
(
  trap '' XFSZ
  ulimit -f $((size / 2 / 1024))
  "$program" check --kernel bias_balance --backend kokkos --records full.csv > full.log 2>&1
)
(($? == 2)) || fail "a full disk must end with 2"
says full.log "full.csv"
(($(rows full.csv) > 0 && $(rows full.csv) < whole)) || fail "a full disk kept $(rows full.csv) of $whole rows"
readable full.csv

# A folder that cannot be written, even by root: its parent is a file.
for command in "check --kernel bias_balance --backend kokkos --records all.csv/r.csv" "validate --suite smoke --output all.csv/report" \
  "gate --arch cpu --output all.csv/gate"; do
  # shellcheck disable=SC2086
  "$program" $command > unwritable.log 2>&1
  (($? == 2)) || fail "$command: must end with 2"
  says unwritable.log "all.csv/"
done

# A wall clock that is set back at every read: durations use another clock.
case=linear/kokkos/tokens=1,out=256,in=256,f32
sanitizer=$(ldd "$program" | awk '/libasan/ { print $3 }')  # must be preloaded first, if present
LD_PRELOAD="${sanitizer:+$sanitizer:}./libclock.so" "$program" bench --case "$case" --records stepped.csv > stepped.log 2>&1 || { fail "bench under a stepping clock"; cat stepped.log; }
readable stepped.csv
seconds() { awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
  { line = $0; gsub(/"[^"]*"/, "q", line); n = split(line, f, ","); if (f[at["time_median_seconds"]] != "") print f[at["time_median_seconds"]] }' "$1" | head -n 1; }
awk -v t="$(seconds stepped.csv)" 'BEGIN { exit !(t > 0 && t < 60) }' ||
  fail "a small case took $(seconds stepped.csv) s under a stepping clock"

# Two runs write to one file: every row of both is complete.
"$program" check --kernel bias_balance --backend kokkos --records both.csv > one.log 2>&1 &
"$program" check --kernel bias_balance --backend kokkos --records both.csv > two.log 2>&1
wait
(($(rows both.csv) == 2 * whole)) || fail "two runs at once left $(rows both.csv) rows, expected $((2 * whole))"
readable both.csv

# Ctrl-C during a run: it is reported, the process ends by the signal, and finished rows are kept.
set -m # without job control, background processes ignore Ctrl-C
"$program" check --kernel top_k --records cut.csv > cut.log 2>&1 &
pid=$!
for _ in {1..200}; do [[ -s cut.csv ]] && (($(rows cut.csv) > 2)) && break; sleep 0.05; done
kill -INT $pid
wait $pid
code=$?
set +m
((code == 130)) || fail "an interrupted run ended with $code, expected 130"
says cut.log "kernelgate: interrupted; finished rows are in the records file"
readable cut.csv
(($(rows cut.csv) > 2)) || fail "an interrupted run lost its rows"

# An incomplete list of a device-compile job (an incomplete baseline: harness/resources/baseline_test.cpp).
mkdir -p device
printf 'kernel,unit\n' > device/objects.csv
"$program" resources --objects device --no-build > pieces.log 2>&1
(($? == 2)) || fail "a list of objects in pieces must end with 2"
says pieces.log "objects.csv"
exit $faults
