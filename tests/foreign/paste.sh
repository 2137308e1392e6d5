#!/bin/bash
# Runs every kind of command that the program prints, as a user would paste it into bash. Its result must equal
# the one that it was printed for. All names contain a space and a quote. The program is started by its path and
# is not in PATH, so commands on the terminal begin with that path. Those in records, pages and JUnit begin with
# "kernelgate", because they are read elsewhere.
#
#   paste.sh PROGRAM CHECKOUT CC WORK
set -uo pipefail
program=$1 checkout=$2 cc=$3 work=$4
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export KERNELGATE_ROOT=$checkout OMP_WAIT_POLICY=passive  # spinning threads are slow on few cores
typed="../it's bin/kernelgate" quoted="'../it'\\''s bin/kernelgate'"
rm -rf "$work" && mkdir -p "$work/it's bin" "$work/it's here/my kernels" "$work/it's here/my model" || exit 1
ln -s "$program" "$work/it's bin/kernelgate"
cd "$work/it's here" || exit 1
if command -v kernelgate >found; then
  echo "not run: kernelgate is in PATH, as $(cat found)"
  exit 77
fi
failures=0 pasted=0

fail() {
  failures=$((failures + 1))
  printf 'FAILED  %s: %s\n' "$what" "$1"
  head -c 3000 said
}

# runs CODE "what it is" -- arguments: compares the exit code; the output is in the file `said`.
runs() {
  local code=$1
  what=$2
  shift 3
  timeout 200 "$typed" "$@" >said 2>&1 </dev/null
  local got=$?
  [ "$got" -eq "$code" ] || fail "exit code $got, expected $code: $*"
}

# commands_behind LEAD: the commands of this program after that pattern in `said`.
commands_behind() {
  awk -v lead="$1" -v program="${quoted//\\/\\\\} " \
    'match($0, lead) && index(rest = substr($0, RSTART + RLENGTH), program) == 1 { print rest }' said
}
printed() { commands_behind "^ *$1 *"; }

# pastes CODE TEXT COMMANDS: runs each in bash and expects TEXT in its output. A command that begins
# with "kernelgate" runs with the program in PATH.
pastes() {
  local code=$1 text=$2 line count=0
  while IFS= read -r line; do
    [ -n "$line" ] || continue
    count=$((count + 1))
    local path=$PATH
    case $line in "kernelgate "*) path="$work/it's bin:$PATH" ;; esac
    PATH=$path timeout 200 bash -c "$line" >said 2>&1 </dev/null
    local got=$?
    [ "$got" -eq "$code" ] || fail "exit code $got, expected $code, of the pasted line $line"
    grep -qF -e "$text" said || fail "no '$text' from the pasted line $line"
  done <<<"$3"
  [ "$count" -gt 0 ] || fail "no command was printed"
  pasted=$((pasted + count))
}

# The reproduction commands of the rows on a page of these records, and the command of the page.
rows_of() {
  "$typed" report --records "$1" --output rows.html >/dev/null 2>said || fail "no page of $1"
  grep -o '"repro_command":"[^"]*"' rows.html | sed 's/^"repro_command":"//; s/"$//; s/\\\\/\\/g' | sort -u
}
command_of() { grep -o '"command":"[^"]*"' "$1" | sed 's/^"command":"//; s/"$//; s/\\\\/\\/g'; }

plugin="my kernels/it's mine.so"
"$cc" -shared -fPIC -O2 -Wall -Wextra -Werror "-I$checkout/harness/plugin" "$here/verdicts.c" \
  -o "$plugin" || exit 1
"$cc" -shared -fPIC -O2 "-I$checkout/harness/plugin" "$here/ends.c" -DAT_LOAD -o "my kernels/ends.so"
axes=tokens=3,out=8,in=9,f32
few=(--min-seconds 0.001 --warm-up 0 --repetitions 2)
printf 'kernel,cases,variants\nlinear,"%s",kokkos;plugin/it'"'"'s wrong\n' "$axes" >'my suite.csv'

# ---- check: a wrong result, a failure, a time limit, an unsupported case -------------------------
runs 1 "a wrong result" -- check --plugin "$plugin" --threads 1 --case "linear/plugin/it's wrong/$axes" \
  --seed 7 --records 'my rows.csv' --junit 'my rows.xml'
[ "$(printed rerun | wc -l)" -eq 2 ] || fail "expected a command for each data mode"
grep -qF "$quoted check --plugin 'my kernels/it'" said || fail "the plugin is not quoted"
pastes 1 "incorrect    linear/plugin/it's wrong/" "$(printed rerun)"
what="a wrong result's rows on a page"
pastes 1 "incorrect    linear/plugin/it's wrong/" "$(rows_of 'my rows.csv')"
what="a wrong result in JUnit"
pastes 1 "incorrect    linear/plugin/it's wrong/" \
  "$(sed -n 's/.*rerun: \(kernelgate .*\)<\/failure>.*/\1/p' 'my rows.xml' | sed 's/&quot;/"/g; s/&amp;/\&/g')"
runs 1 "a kernel that fails" -- check --plugin "$plugin" --case "linear/plugin/failing/$axes" --data exact
pastes 1 "no memory on the device" "$(printed rerun)"
runs 1 "a kernel over its time limit" -- \
  check --plugin "$plugin" --case "linear/plugin/endless/$axes" --data exact --time-limit 1
pastes 1 "over the time limit of 1 s" "$(printed rerun)"
runs 5 "a refusal" -- check --plugin "$plugin" --case "linear/plugin/refuses/$axes" -v
pastes 5 "reason   takes nothing" "$(printed rerun | sed 's/$/ -v/')"
runs 1 "a kernel that fails, in bench" -- \
  bench --plugin "$plugin" --case "linear/plugin/failing/$axes" "${few[@]}"
pastes 1 "no memory on the device" "$(printed rerun)"
runs 2 "a library that ends its process" -- check --plugin "my kernels/ends.so" --case "linear/$axes"
pastes 2 "plugin my kernels/ends.so: its process was ended by SEGV" "$(printed rerun)"

runs 0 "an example of the help" -- kv --help
pastes 0 "8b: 40 layers" "$(printed Example:)"
runs 0 "the devices" -- devices
pastes 0 "wave" "$(commands_behind '^.*source: ')"

# ---- a user's suite: gate, validate, report ------------------------------------------------------
runs 1 "a closed gate" -- gate --arch cpu --plugin "$plugin" --suite 'my suite.csv' --output "it's gate" \
  --junit gate.xml
pastes 1 "incorrect    linear/plugin/it's wrong/" "$(printed rerun | grep ' check ')"

printf 'kernel,cases,variants\nlinear,"%s",kokkos\n' "$axes" >"it's one.csv"
runs 0 "a validation" -- validate --suite "it's one.csv" --throughput none --repetitions 2 --output "it's out"
what="the command of a validation's page"
command_of "it's out/index.html" >commands
grep -qF "kernelgate validate --suite 'it'\\''s one.csv' --throughput none --repetitions 2 --output" commands ||
  fail "got $(cat commands)"
pastes 0 "report   it's out/index.html" "$(cat commands)"
runs 0 "a report" -- report --records 'my rows.csv' --title "it's mine" --output "it's page.html"
pastes 0 "report   it's page.html" "$(command_of "it's page.html")"

# ---- the whole model: throughput and kv ----------------------------------------------------------
cp -r "$checkout/tests/oracle/data/full_attention" "my model/it's small" && chmod -R u+w 'my model'
runs 0 "a throughput" -- throughput --checkpoint "my model/it's small" --layers 2 --pp 8 --repetitions 1 \
  --records 'my model.csv'
pastes 0 "pp8" "$(rows_of 'my model.csv')"
runs 0 "a cache" -- kv --checkpoint "my model/it's small" --tokens 64 --commit 0.001 --records 'my cache.csv'
pastes 0 "my model/it's small: " "$(rows_of 'my cache.csv')"

# ---- comparisons and vectors ---------------------------------------------------------------------
runs 0 "a comparison" -- compare --baseline-plugin "$plugin" --candidate-plugin "$plugin" --rounds 2 \
  --samples 2 --min-seconds 0.001 --case "linear/plugin/right/$axes" --records 'my rounds.csv'
pastes 0 "linear/plugin/right/" "$(rows_of 'my rounds.csv')"

runs 0 "vectors" -- vectors export --case linear/tokens=1,out=1,in=1,f32 --output "it's vectors"
vector=$(grep -aoE '"[^"]*/want/y"' "it's vectors/linear.safetensors" | head -1 | sed 's/^"//; s/\/want\/y"//')
header=$(printf '{"%s/y":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}' "$vector")
{ printf "\\$(printf '%03o' ${#header})\\0\\0\\0\\0\\0\\0\\0%s" "$header"; printf '\0\0\200\377'; } \
  >"it's answers.safetensors"
runs 1 "a wrong answer of an engine" -- vectors check --vectors "it's vectors" --only "$vector" \
  --outputs "it's answers.safetensors" --records 'my vectors.csv'
pastes 1 "incorrect    $vector" "$(printed rerun)"
what="a wrong answer's row on a page"
pastes 1 "incorrect    $vector" "$(rows_of 'my vectors.csv')"

printf '%d commands were pasted, %d failures\n' "$pasted" "$failures"
[ "$failures" -eq 0 ] && [ "$pasted" -ge 20 ]
