#!/bin/bash
# Runs every command that prints a time together with an endless loop on the same core. Each must report
# the number of disturbed samples in the same words, and records must contain the number.
#
#   disturbed.sh PROGRAM
program=$1
# shellcheck source=tests/program.sh
. "$(dirname "${BASH_SOURCE[0]}")/../program.sh"
loop=
clean_up() {
  [ -n "$loop" ] && kill "$loop"
  rm -rf "$work"
}

# Reads the shell's own counters, because those of a new process are 0 on every system.
ran=0
[ -r "/proc/$$/schedstat" ] && read -r ran _ <"/proc/$$/schedstat"
if [ "$ran" -gt 0 ]; then
  words='disturbed:? +[1-9][0-9]* of [0-9]+ samples, (left out of the times|all counted).*: threads waited for a core, or the clock was throttled$'
  marked='[1-9][0-9]*'
else
  words='disturbed:? +not shown by this system$'
  marked=
fi

# The first core that this process may use; from here on all children stay on it.
core=$(taskset -pc $$ | grep -oE '[0-9]+' | sed -n 2p)
taskset -pc "$core" $$ >said || exit 1
while :; do :; done &
loop=$!

# run ARGUMENT…: expects exit code 0 and a report of the number of disturbed samples.
run() {
  what="$*"
  timeout 120 "$program" "$@" >said 2>&1 </dev/null || complain "expected exit 0, got exit $?"
  grep -qE -- "$words" said || complain "expected to say '$words'"
}

# field FILE COLUMN: the field of the first row.
field() {
  awk -F, -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i }
    NR == 2 { gsub(/"[^"]*"/, "text"); $0 = $0; print $at }' "$1"
}
recorded() {
  grep -qE "^$marked\$" <<<"$(field "$1" disturbed_samples)" ||
    complain "expected disturbed_samples '$marked' in $1, got '$(field "$1" disturbed_samples)'"
}

run throughput --model t1 --pp 1024 --repetitions 4 --records throughput.csv
recorded throughput.csv
run bench --case linear/kokkos/tokens=7,out=64,in=96,bf16 --repetitions 4 --records bench.csv
recorded bench.csv
run kv --model t1 --tokens 64 --commit 0 --time 512 --repetitions 4
if grep -E ' ms\* +[0-9.]+x' said; then complain 'expected no ratio beside a time of disturbed samples only'; fi
run rsa --model t1 --weights synthetic --input-ids 2,39,76 --n 4 --c 2 --t 1 --beta 32 --tau 8 --output ids
what='sample --probe'
timeout 120 "$program" sample --probe 20000 --samples 4 >said 2>&1 || complain "expected exit 0"
if [ -n "$marked" ]; then
  grep -qE '"marked":\[[0-9]' said || complain 'expected marked samples of the probe'
  grep -q '"waiting_watched":true' said || complain 'expected a probe that watches for waiting'
fi

finish
