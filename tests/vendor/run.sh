#!/bin/bash
# Kills kernelgate validate --vendor at random moments and restarts it until it completes. Every
# finished row must be present exactly once, and the rows must equal those of an uninterrupted run.
# Usage: run.sh <kernelgate> <source> <work> <kills> [seed]
set -uo pipefail
program=$1 source=$2 work=$3 kills=$4 seed=${5:-1}
rm -rf "$work" && mkdir -p "$work" && cd "$work" || exit 1
export KERNELGATE_ROOT=$source
RANDOM=$seed
fail() { echo "FAILED: $*"; exit 1; }
printf 'kernel,cases,variants\nbias_balance,@smoke,kokkos\nlinear,"tokens=3,out=17,in=65,bf16",kokkos\nresidual_norm,@smoke,*\n' > suite.csv
command=("$program" validate --vendor --suite suite.csv --repetitions 1 --throughput none --output)
run() { "${command[@]}" "$1"; }

# The fields of a row that do not depend on the run: kernel, variant, axes, data, device, order, cache.
facts() {
  awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
    { line = $0; out = ""; n = 0
      while (match(line, /("([^"]|"")*"|[^,]*)(,|$)/)) {
        field = substr(line, RSTART, RLENGTH); sub(/,$/, "", field); f[++n] = field
        line = substr(line, RSTART + RLENGTH); if (line == "") break
      }
      print f[at["row"]], f[at["kernel"]], f[at["variant"]], f[at["backend"]], f[at["axes"]], f[at["data"]],
        f[at["device"]], f[at["schedule_seed"]], f[at["cache"]] }' "$1" | sort
}

begin=$(date +%s%N)
run whole > whole.log 2>&1
code=$?
((code == 0)) || { cat whole.log; fail "the run that nobody killed ended with $code"; }
took=$((($(date +%s%N) - begin) / 1000000))
facts whole/records.csv > whole.facts
[[ -z $(uniq -d whole.facts) ]] || fail "a run that nobody killed has rows twice: $(uniq -d whole.facts | head -n 3)"

set -m # separate process groups: a kill includes the children, as a machine failure does
killed=0 starts=0
while ((killed < kills)); do
  "${command[@]}" cut >> cut.log 2>&1 &
  pid=$!
  starts=$((starts + 1))
  sleep "$(awk -v r=$RANDOM -v t=$took -v n="$kills" 'BEGIN { printf "%.3f", 0.01 + r / 32768 * (n > 10 ? 0.6 : 1.2) * t / 1000 }')"
  # alternately the program alone and its whole process group
  if ((killed % 2)); then kill -KILL "$pid" 2> /dev/null; else kill -KILL -- -$pid 2> /dev/null; fi
  wait "$pid" 2> /dev/null
  code=$?
  [[ -f cut/records.csv ]] && cp cut/records.csv "seen-$killed.csv"
  if ((code != 137)); then
    ((code == 0)) || { tail -n 20 cut.log; fail "a start that was not killed ended with $code"; }
    rm -rf cut # it completed before the kill: start again from the beginning
    rm -f seen-*.csv
  fi
  killed=$((killed + 1))
done
set +m
run cut > last.log 2>&1 || { cat last.log; fail "the last start ended with $?"; }

facts cut/records.csv > cut.facts
[[ -z $(uniq -d cut.facts) ]] || fail "rows are there twice: $(uniq -d cut.facts | head -n 3)"
diff whole.facts cut.facts > facts.diff || { head -n 5 facts.diff; fail "the rows are not those of a run that nobody killed"; }
for seen in seen-*.csv; do
  [[ -f $seen ]] || continue
  lines=$(wc -l < "$seen")
  cmp -s <(head -n "$lines" "$seen") <(head -n "$lines" cut/records.csv) || fail "a finished row of $seen was lost or changed"
done
for file in run.txt records.csv junit.xml index.html summary.md environment.txt reproduce.txt; do
  [[ -s cut/$file ]] || fail "no $file in the folder"
done
echo "$killed kills, $(wc -l < cut.facts) rows, none lost, none twice"

# A run with other settings is rejected for the same folder.
"$program" validate --vendor --suite suite.csv --repetitions 1 --throughput none --seed 2 --output cut > other.log 2>&1
(($? == 2)) || fail "a run of another seed went into the same folder"
grep -q "contains another run" other.log || fail "the refusal does not say why"
