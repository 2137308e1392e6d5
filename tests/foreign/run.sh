#!/bin/bash
# Tests that libraries which change or end the process that loads them, or print terminal control
# sequences, do not affect the statuses, the records and the user's terminal.
#
#   run.sh PROGRAM CHECKOUT CC WORK
set -uo pipefail
program=$1 checkout=$2 cc=$3 work=$4
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export KERNELGATE_ROOT=$checkout OMP_WAIT_POLICY=passive  # spinning threads are slow on few cores
rm -rf "$work" && mkdir -p "$work" && cd "$work" || exit 1
failures=0

fail() {
  failures=$((failures + 1))
  printf 'FAILED  %s: %s\n' "$what" "$1"
  head -c 3000 said
}

# library NAME SOURCE [FLAG…]
library() {
  "$cc" -shared -fPIC -O2 -fopenmp -Wall -Wextra -Werror "-I$checkout/harness/plugin" "${@:3}" \
    "$here/$2" -o "$1" -lm || exit 1
}

# runs CODE "what it is" -- arguments: compares the exit code; the output is in the file `said`. The
# command in `before` starts the program.
before=()
runs() {
  local code=$1
  what=$2
  shift 3
  timeout 120 "${before[@]}" "$program" "$@" >said 2>&1 </dev/null
  local got=$?
  [ "$got" -eq "$code" ] || fail "exit code $got, expected $code: $*"
}
says() { grep -qF -e "$1" said || fail "does not say '$1'"; }

library spoils.so spoils.c
library threads.so threads.c
library at_load.so ends.c -DAT_LOAD
library in_entry.so ends.c -DIN_ENTRY
library with_exit.so ends.c -DWITH_EXIT
library at_unload.so ends.c -DAT_UNLOAD
library paints.so paints.c
library painted_name.so paints.c -DIN_ITS_NAME
"$cc" -shared -fPIC -O2 "$here/fork_watch.c" -o fork_watch.so || exit 1
case=linear/tokens=7,out=24,in=33,f32
few=(--min-seconds 0.001 --warm-up 0 --repetitions 2)
printf 'kernel,cases,variants\nlinear,"%s",*\n' "${case#*/}" >suite.csv

# ---- what a library changes in its process -------------------------------------------------------
# Rounding, flushed subnormals, OpenMP's settings: unprotected, every later variant would be wrong.
others=(--suite smoke --kernel linear --kernel residual_norm --backend kokkos)
runs 0 "variants beside a library that changes the process" -- check --plugin spoils.so "${others[@]}"
says plugin/spoils
runs 0 "variants in the very process that a library changes" -- \
  check --plugin spoils.so "${others[@]}" --in-process --records state.csv --junit state.xml
for file in state.csv state.xml; do
  [ -s "$file" ] && [ "$(stat -c %a "$file")" = 644 ] || fail "$file is not here, or not as umask has it"
done
for how in "" --in-process; do
  runs 0 "times beside a library that changes the process $how" -- \
    bench --plugin spoils.so --case "$case" "${few[@]}" $how
done
runs 0 "a sample of such a library" -- \
  sample --plugin spoils.so --case "linear/plugin/spoils/${case#*/}" --samples 2 --min-seconds 0.001
says '"status":"passed"'

# The same with a library that is loaded before main().
LD_PRELOAD=./spoils.so runs 0 "a preloaded library that flushes subnormals" -- check "${others[@]}"
if grep -q 'cannot be preloaded' said; then fail "the library was not preloaded"; fi

# ---- threads that a library starts ---------------------------------------------------------------
guest=linear/plugin/threads/${case#*/}
runs 0 "a library that starts threads when it is asked what it has" -- \
  check --plugin threads.so --case "$guest" --time-limit 30
runs 0 "the same, listed" -- list --plugin threads.so
says plugin/threads
runs 0 "the same, timed" -- bench --plugin threads.so --case "$guest" --time-limit 60 "${few[@]}"
runs 0 "the same, sampled" -- \
  sample --plugin threads.so --case "$guest" --samples 2 --min-seconds 0.001
runs 0 "the same, compared" -- compare --baseline-plugin threads.so --candidate-plugin threads.so \
  --case "$guest" --rounds 2 --samples 2 --min-seconds 0.001 --time-limit 60

# A process of this program must not fork while it has other threads, whose locks would stay locked
# forever. OpenBLAS starts threads when it is loaded and ends them before a fork; disabled here.
what="a process that forks"
for command in "check --plugin threads.so --case $case" "bench --case $case ${few[*]}" \
  "validate --suite suite.csv --repetitions 1 --throughput none --output report"; do
  OPENBLAS_NUM_THREADS=1 LD_PRELOAD=./fork_watch.so timeout 120 "$program" $command >said 2>&1 </dev/null ||
    fail "exit code $?: $command"
  # ld.so only warns about a library that it cannot preload.
  if grep -q 'cannot be preloaded' said; then fail "not watched: $command"; fi
  if grep -q 'fork with' said; then fail "forks while it has threads: $command"; fi
done

# ---- libraries that end their process ------------------------------------------------------------
for command in list check bench; do
  for library in at_load in_entry with_exit; do
    runs 2 "$command with a library that ends its process ($library)" -- \
      $command --plugin $library.so
    says "plugin $library.so: its process "
    says "while the library was loaded or in kernelgate_plugin()"
    # The program's path as given on this command line, quoted if necessary.
    grep -qE "^  rerun    .*kernelgate'? list --plugin $library[.]so\$" said || fail "does not say how to rerun it"
  done
done
for how in "" --in-process; do
  runs 0 "a library whose destructor aborts $how" -- check --plugin at_unload.so --case "$case" $how
done
runs 0 "a sample of a library whose destructor aborts" -- \
  sample --plugin at_unload.so --case "linear/plugin/ends/${case#*/}" --samples 2 --min-seconds 0.001

# Ends in run(), also where the library runs in the command's own process.
in_run() { library "in_run_$1.so" ends.c -include stdlib.h -include unistd.h -include signal.h "-DIN_RUN=$2"; }
in_run exit 'exit(0)'
in_run quick_exit 'quick_exit(0)'
in_run _exit '_exit(0)'
in_run abort 'signal(SIGABRT, SIG_DFL), abort()'
in_run spin 'for (;;) { }'
in_run leaves_a_child 'if (fork() == 0) { close(0), close(1), close(2), sleep(30), _exit(0); } abort()'
in_run writes 'for (int d = 3; d < 100; ++d) if (write(d, "0123456789abcdef0123456789abcdef", 32) < 0) continue'
guest=linear/plugin/ends/${case#*/}
model=(--model t0 --backend kokkos --variant linear=plugin/ends)
ended="ended this process by exit(), and the run did not finish; loaded plugins: '"
for how in exit quick_exit; do
  for words in "forward ${model[*]} --input-ids 2,39 --output logits" \
    "rsa ${model[*]} --input-ids 2 --n 1 --c 1 --t 0 --beta 2 --tau 1 --output tokens" \
    "throughput ${model[*]} --pp 2 --repetitions 1" "sample --case $guest --samples 2 --min-seconds 0.001" \
    "check --case $guest --in-process"; do
    # shellcheck disable=SC2086
    runs 1 "a library that leaves by $how" -- $words --plugin in_run_$how.so
    says "$ended"in_run_$how.so
  done
  runs 0 "the program's own end beside a library that leaves by $how" -- list --plugin in_run_$how.so
done
for how in exit _exit; do
  what="a comparison with a library that leaves by $how"
  timeout 120 "$program" compare --baseline-plugin in_run_$how.so --candidate-plugin in_run_$how.so \
    --case "$guest" --rounds 2 --samples 2 --min-seconds 0.001 --time-limit 60 >said 2>&1
  grep -q "in_run_$how.so" said || fail "does not name the library"
  if grep -q 'not a kernelgate' said; then fail "blames the program"; fi
done

# A crash of the library is reported as such, for any parent process and with a child left behind.
before=(env --ignore-signal=CHLD)
runs 1 "a crash where SIGCHLD was ignored" -- check --plugin in_run_abort.so --case "$guest"
says "its process was ended by ABRT"
before=()
runs 1 "a crash in bench" -- bench --plugin in_run_abort.so --case "$guest"
says "its process was ended by ABRT"
says "while it checked plugin/ends"
says "kernelgate bench --plugin in_run_abort.so"
runs 1 "a crash that leaves a process behind" -- \
  check --plugin in_run_leaves_a_child.so --case "$guest" --time-limit 60
says "its process was ended by ABRT"
runs 1 "bytes written to every descriptor" -- \
  check --plugin in_run_writes.so --case "$guest" --case "linear/kokkos/${case#*/}" --records written.csv
says "wrote to a descriptor that it did not open"
runs 0 "the records of that run" -- report --records written.csv --markdown written.md
[ "$(grep -c ',passed,' written.csv)" -eq 2 ] || fail "expected two rows of kokkos that passed"
before=(bash -c 'ulimit -t 1; exec "$@"' _)
runs 1 "a library over the limit of processor time" -- check --plugin in_run_spin.so --case "$guest"
says "the limit of processor time (ulimit -t) is 1 s"
before=()

# ---- closed standard streams ---------------------------------------------------------------------
what="closed standard streams"
guest=linear/plugin/prints/${case#*/}
for closed in '>&-' '2>&-' '<&- >&- 2>&-'; do
  for how in "" --in-process; do
    rm -f closed.csv
    eval '"$program" check --plugin paints.so --case "$guest" --records closed.csv $how '"$closed" >/dev/null 2>said
    code=$?
    [ $code -eq 0 ] || fail "exit code $code with $closed $how"
    runs 0 "records of a run with $closed $how" -- report --records closed.csv --markdown closed.md
    # A header and two rows, exact and real, without any printed text.
    [ "$(wc -l <closed.csv)" -eq 3 ] || fail "$(wc -l <closed.csv) lines, expected 3"
    what="closed standard streams"
  done
done

# ---- text from a library -------------------------------------------------------------------------
# The output must contain no control bytes; words of valid UTF-8 are kept.
painted() {
  for file in "$@"; do
    if LC_ALL=C tr -d '\n' <"$file" | LC_ALL=C grep '[[:cntrl:]]' >/dev/null; then
      fail "$file has control characters"
    fi
    iconv -f UTF-8 -t UTF-8 "$file" >/dev/null || fail "$file is no UTF-8"
    if grep -qP '[\x{80}-\x{9f}\x{202a}-\x{202e}]' "$file"; then
      fail "$file has C1 or bidirectional controls"
    fi
    if grep -q '^all 82 passed' "$file"; then fail "$file has a line of the library's own making"; fi
  done
}
export LC_ALL=C.UTF-8
runs 0 "the notes of a library" -- list --plugin paints.so
says 'note größer \x1b[31m\x1b]0;title\x07\x08\u009b\u202e\nall 82 passed\xff'
painted said
runs 1 "the failures of a library" -- check --plugin paints.so --case "linear/plugin/fails/${case#*/}" \
  --records p.csv --junit p.xml
says 'plugin/fails: fails größer \x1b[31m'
runs 5 "the refusals of a library" -- check --plugin paints.so --case "linear/plugin/refuses/${case#*/}" -v \
  --records p.csv
says 'reason   refuses größer \x1b[31m'
painted said
runs 0 "its rows" -- report --records p.csv --output p.html --markdown p.md
painted said p.csv p.xml p.md
runs 2 "the name of a library's variant" -- list --plugin painted_name.so
says "variant 3: expected names of printable UTF-8, got 'name größer \\x1b[31m"
painted said
# Text that the library prints itself is on separate lines, so only the bytes are checked.
for how in "" --in-process; do
  runs 0 "what a library prints $how" -- check --plugin paints.so --case "$guest" $how
  says 'prints größer \x1b[31m\x1b]0;title\x07\x08\u009b\u202e'
  if LC_ALL=C tr -d '\n' <said | LC_ALL=C grep '[[:cntrl:]]' >/dev/null; then fail "control characters"; fi
done
esc=$(printf '\033[31m')
runs 2 "the name of a file" -- report --records "no ${esc}such.csv" --output p.html
says 'no \x1b[31msuch.csv'
painted said
runs 2 "an option's value" -- check --backend "${esc}"
painted said

[ "$failures" -eq 0 ] && echo "nothing of a library's reached the judge, its records or the terminal"
