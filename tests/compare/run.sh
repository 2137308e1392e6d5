#!/bin/bash
# Tests the commands compare and history on fake builds that print times from a table, so that every
# verdict, exit code and record has one correct value on any machine.
#   run.sh <program> <folder of this test> <folder to work in>
set -euo pipefail
program=$1 tests=$2 work=$3
rm -rf "$work"
mkdir -p "$work"
cd "$work"
export KERNELGATE_LOCKS=$work
some_case=linear/kokkos/tokens=2,out=96,in=128,f32
failed=0

fail() {
  echo "$1"
  failed=1
}

# build <folder> <seconds>...: creates a fake build whose processes report these times in turn.
build() {
  local folder=$1 t
  shift
  rm -rf "$folder"
  mkdir -p "$folder"
  cp "$tests/fake_build.sh" "$folder/kernelgate"
  echo "# $folder" >> "$folder/kernelgate"  # different bytes count as different code
  chmod +x "$folder/kernelgate"
  for t in "$@"; do echo "$t, $t, $t"; done > "$folder/times"
}

# rows <word> <file>: number of rows with the word as a field.
rows() { tail -n +2 "$2" | grep -c ",$1," || true; }

# expect <exit code> <verdict, or - for none> <words that the output must contain> <file> <arguments>...
expect() {
  local code=0 want=$1 verdict=$2 words=$3 file=$4
  shift 4
  "$program" compare --baseline base --candidate "${candidate:-cand}" --case $some_case \
    --records "$file" "$@" > output.txt 2>&1 || code=$?
  if [[ $code != "$want" ]] || ! grep -qF -- "$words" output.txt; then
    fail "$file: exit code $code, expected $want and '$words'"
    cat output.txt
  elif [[ $verdict != - && $(grep ",compare," "$file" | tail -n 1) != *",$verdict,"* ]]; then
    fail "$file: no compare row that says $verdict at its end"
  fi
}

# Scatter of one percent on both sides: ten rounds of three processes give `same`.
build base 1.00e-3 1.01e-3 1.00e-3 0.99e-3
build cand 1.01e-3 1.00e-3 0.99e-3 1.00e-3
expect 0 same "orders drawn from seed 1" same.csv
[[ $(rows round same.csv) == 30 && $(rows compare same.csv) == 1 ]] || fail "same.csv: expected 30 rounds and a row"

# Ten percent slower: verdict `slower`, and a failure in JUnit.
build base 1.00e-3
build cand 1.10e-3
expect 3 slower "10.0 % slower" slower.csv --junit slower.xml
grep -q '<failure type="slower" message="1.10x slower than base' slower.xml || fail "slower.xml: no failure"
build cand 0.90e-3
expect 0 faster "11.1 % faster" faster.csv

# Noise of thirty percent: `cannot_tell`, with an estimate of the rounds needed.
wild=(1.0e-3 1.3e-3 0.7e-3 1.1e-3 0.8e-3 1.25e-3 0.75e-3)
build base "${wild[@]}"
build cand 0.9e-3 "${wild[@]}" 1.2e-3
expect 0 cannot_tell "takes about" wild.csv --rounds 20
expect 4 cannot_tell "at best" wild.csv --rounds 20 --strict

# The same code on both sides is never slower. If it seems slower, the environment drifted.
build base 1.00e-3 1.01e-3 0.99e-3
candidate=base expect 0 same_code "same_code" code.csv
[[ $(rows again code.csv) == 0 ]] || fail "code.csv: equal code needs no third process"
build cand 1.20e-3 1.21e-3
cp base/kernelgate cand/kernelgate
expect 6 invalid "the environment drifted" drift.csv

# Other load that disturbs every sample slows both sides equally: equal times are not `same`, and all
# rounds are run. A slowdown that exceeds the disturbance counts.
build base 1.00e-3 1.01e-3 1.00e-3 0.99e-3
build cand 1.01e-3 1.00e-3 0.99e-3 1.00e-3
echo '[0, 1, 2]' | tee base/marked > cand/marked
expect 0 cannot_tell "other load hides a difference" crowd.csv
[[ $(rows round crowd.csv) == 180 ]] || fail "crowd.csv: expected all 60 rounds"
build cand 1.10e-3
echo '[0, 1, 2]' > cand/marked
expect 3 slower "10.0 % slower" through.csv

# One undisturbed sample of three: only it counts, if both builds watch for waiting.
disturbed() { printf '9e-3, %s, 9e-3\n' "$@" > "$folder/times"; }
for folder in base cand; do
  build $folder 1e-3
  echo '[0, 2]' > $folder/marked
done
folder=base disturbed 1.00e-3 1.01e-3 0.99e-3
folder=cand disturbed 1.10e-3 1.11e-3 1.09e-3
expect 3 slower "10.0 % slower" peace.csv
rm base/marked base/count
folder=cand disturbed 1.00e-3 1.01e-3 0.99e-3
expect 0 same "same" one_watches.csv

# Faster than the roofline time.
build cand 1.00e-3 1.01e-3 0.98e-3
echo 100000 > cand/bandwidth
expect 6 invalid "below the roofline time" floor.csv

# Wrong results have no time.
build cand 1.00e-3
echo incorrect > cand/verify
expect 1 not_timed "candidate: incorrect" wrong.csv
[[ $(rows round wrong.csv) == 0 ]] || fail "wrong.csv: a wrong kernel was timed"
build cand 1.00e-3 1.01e-3
echo incorrect > cand/verify.later
expect 1 not_timed "candidate after timing: incorrect" later.csv
[[ $(rows failed_recheck later.csv) == 1 ]] || fail "later.csv: expected a row failed_recheck"
build cand 1.00e-3
build base 1.00e-3
echo incorrect > base/verify
expect 5 not_timed "baseline: incorrect" base.csv

# A crashed process ends its case; --resume continues after the complete rounds.
build base 1.00e-3
build cand 1.10e-3
echo 5 > cand/die_at
expect 1 not_timed "ended by SEGV" dies.csv --samples 3
before=$(rows round dies.csv)
rm cand/die_at
expect 3 slower "10.0 % slower" dies.csv --samples 3 --resume
passed=$(grep ",round," dies.csv | grep -c ",passed,")
(( before >= 13 && before <= 15 && passed >= 30 && passed <= 32 )) ||
  fail "dies.csv: $before rows before, $passed passed after --resume, expected those of 10 rounds and of the torn one"
expect 3 slower "seed 2" dies.csv --samples 3 --resume --seed 2
(( $(grep ",round," dies.csv | grep -c ",passed,") == passed + 30 )) || fail "dies.csv: rounds of another seed were taken"

# Input that cannot be used.
mkdir -p empty
candidate=empty expect 2 - "expected a build folder with the program" none.csv
candidate=no-such-commit expect 2 - "'no-such-commit': " none.csv
printf '#!/bin/sh\necho nonsense\n' > cand/kernelgate
expect 2 - "not a kernelgate, or one from before comparisons" none.csv
printf '#!/bin/sh\necho "kernelgate-sample {\\"status\\": \\"passed\\", \\"seconds\\": [-1]}"\n' > cand/kernelgate
expect 2 - "printed an invalid report" none.csv

# The real program compared with itself: equal code is not slower, at any noise.
code=0
"$program" compare --baseline "$program" --candidate "$program" --case $some_case --rounds 2 --samples 2 \
  --min-seconds 0.0001 --cache hot --records real.csv > output.txt 2>&1 || code=$?
if [[ $code != 0 && $code != 6 || $(rows round real.csv) != 4 || $(rows slower real.csv) != 0 ]]; then
  fail "real.csv: exit code $code"
  cat output.txt
fi

# History: 16 jobs of 1.10 ms, 12 of 1.21 ms.
row=$(grep ",compare," slower.csv)
head -n 1 slower.csv > jobs.csv
for job in $(seq 10 37); do
  time=0.0011
  (( job < 26 )) || time=0.00121
  sed -E "s/^([0-9]+),[^,]*,[^,]*,/\1,2026-01-01T00:00:${job}Z,run-$job,/; s/,0\.0011(0*[1-9]*),/,$time,/; s/,cand,/,c$job,/" <<< "$row"
done >> jobs.csv
"$program" history --records jobs.csv > output.txt
grep -qF "10.0 % slower  1.10 ms -> 1.21 ms  c25..c26" output.txt || { fail "history: no change c25..c26"; cat output.txt; }
expect_history() {
  local code=0 want=$1 words=$2
  shift 2
  "$program" history "$@" > output.txt 2>&1 || code=$?
  if [[ $code != "$want" ]] || ! grep -qF -- "$words" output.txt; then
    fail "history $*: exit code $code, expected $want and '$words'"
    cat output.txt
  fi
}
expect_history 3 "1 of them slower since 2026-01-01T00:00:26" --records jobs.csv --fail-since 2026-01-01T00:00:26
expect_history 0 "1 changes" --records jobs.csv --fail-since 2026-01-01T00:00:27
expect_history 5 "no timed rows" --records wrong.csv
sed '2s/^[0-9]*,/99,/' slower.csv > newer.csv
expect_history 2 "the file was written by a newer kernelgate" --records newer.csv

exit $failed
