#!/bin/bash
# Tests the environment of a run: environment variables, the folder for temporary files, system limits. An error
# there ends with exit code 2 and a message, and is not reported as a crash of a kernel.
#
#   surroundings.sh PROGRAM CHECKOUT
program=$1
export KERNELGATE_ROOT=$2
# shellcheck source=tests/program.sh
. "$(dirname "${BASH_SOURCE[0]}")/../program.sh"

# run CODE TEXT VARIABLE=VALUE ARGUMENT…: compares the program's exit code and output.
run() {
  local code=$1 text=$2 variable=$3
  shift 3
  what="$variable $*"
  timeout 120 env "$variable" "$program" "$@" >said 2>&1 </dev/null
  ended "$code" $? "$text"
  if grep -qE '^crashed|internal error' said; then complain "blamed a kernel or the program"; fi
}

# Every command that starts Kokkos.
case=linear/kokkos/tokens=1,out=2,in=2,f32
model=(--model t0 --backend kokkos)
fault="environment variable KOKKOS_NUM_THREADS: expected a whole number from 1 to [0-9]+, got 'x'"
bad() { run 2 "$fault" KOKKOS_NUM_THREADS=x "$@"; }
bad check --case $case --records rows.csv
[ "$(wc -l <rows.csv)" -le 1 ] || complain "expected no row of a judgement"
bad check --case $case --in-process
bad bench --case $case
bad bench --case $case --in-process
bad sample --case $case
bad compare --baseline "$program" --candidate "$program" --case $case --records rounds.csv
bad devices
bad forward "${model[@]}" --input-ids 2,39 --output x
bad rsa "${model[@]}" --input-ids 2 --n 1 --c 1 --t 0 --beta 2 --tau 1 --output x
bad throughput "${model[@]}" --pp 2
bad kv --model t0 --time 2
bad validate --suite smoke --output report
bad gate --arch cpu --output gate
for folder in report gate; do [ -e $folder ] && complain "expected no folder '$folder'"; done
# Commands without kernels ignore the variable.
run 0 'linear' KOKKOS_NUM_THREADS=x list
run 0 'argmax' KOKKOS_NUM_THREADS=x forward --model t0 --input-ids 2,39 --output x
run 2 "OMP_NUM_THREADS: expected .*, got '-2'" OMP_NUM_THREADS=-2 check --case $case
run 2 "KOKKOS_DISABLE_WARNINGS: expected true, .*, got 'on'" KOKKOS_DISABLE_WARNINGS=on check --case $case
run 0 'linear +kokkos +2 ' KOKKOS_NUM_THREADS=2 check --case $case

# OpenMP teams. A kernel with too few threads in its team leaves elements unwritten.
norms=(check --suite smoke --kernel residual_norm --backend kokkos --variant kokkos)
forward=(forward "${model[@]}" --variant kokkos --input-ids 2,39,76 --threads 3)
run 0 'argmax' A=b "${forward[@]}" --output plain
for variable in OMP_DYNAMIC=true OMP_MAX_ACTIVE_LEVELS=0 OMP_NESTED=true; do
  run 0 'residual_norm +kokkos +8 +0 ' $variable "${norms[@]}" --threads 3
  run 0 'argmax' $variable "${forward[@]}" --output "$variable"
  cmp -s plain "$variable" || complain "expected the logits of a run without $variable"
done
run 2 'variable OMP_THREAD_LIMIT=3 limits OpenMP to 3 of the 8 requested threads.*--threads 3' OMP_THREAD_LIMIT=3 \
  "${norms[@]}" --threads 8
run 2 'OMP_THREAD_LIMIT=1 limits OpenMP to 1 of the 2 requested threads' OMP_THREAD_LIMIT=1 "${norms[@]}" --threads 2
run 0 'residual_norm +kokkos +8 +0 ' OMP_THREAD_LIMIT=1 "${norms[@]}"
run 2 "OMP_DYNAMIC: expected true or false, got '2'" OMP_DYNAMIC=2 check --case $case
run 2 "threads: .* 1 to 512" A=b devices --threads 513
for variable in KOKKOS_NUM_THREADS OMP_NUM_THREADS; do
  run 2 "$variable: expected a whole number from 1 to 512.*, got '513'" $variable=513 devices
  run 0 'OpenMP, 512 threads' $variable=512 devices
done

# Signal dispositions inherited from the parent process, and system limits that end processes.
what="ulimit -f 0"
for words in "forward --model t0 --input-ids 2,39 --output limited" "check --case $case --records limited"; do
  # shellcheck disable=SC2086
  (ulimit -f 0 && "$program" $words) 2>&1 | cat >said
  [ "${PIPESTATUS[0]}" -eq 2 ] || complain "expected exit 2: $words"
  grep -q 'limited.*: File too large' said || complain "expected the file and its error: $words"
done
what="a full standard output"
for words in list --help "check --case $case" "forward --model t0 --input-ids 2,39 --output full"; do
  # shellcheck disable=SC2086
  "$program" $words >/dev/full 2>said
  [ $? -eq 2 ] || complain "expected exit 2: $words"
  grep -q '^kernelgate: standard output: cannot write: No space left on device$' said ||
    complain "expected the error of standard output: $words"
done

# The folder for temporary files.
experts=(forward "${model[@]}" --input-ids "2,39" --output x --resident-experts 2)
run 2 'TMPDIR=/nowhere: .*no such folder.* or give --expert-folder' TMPDIR=/nowhere "${experts[@]}"
: >file
run 2 'TMPDIR=file: .*not a folder' TMPDIR=file "${experts[@]}"
run 2 'TMPDIR=/nowhere: .*KERNELGATE_LOCKS' TMPDIR=/nowhere compare --baseline "$program" --candidate "$program" \
  --case $case --records rounds.csv
run 0 'experts requested' TMPDIR=/nowhere "${experts[@]}" --expert-folder "$work"
run 0 'linear +kokkos +2 ' TMPDIR=/nowhere check --case $case # needs no temporary files

# A file name that is too long for any file system is reported as such.
long=$(head -c 300 /dev/zero | tr '\0' a)
for words in "vectors check --outputs x --vectors" "report --output x --records" "resources --no-build --objects" \
  "check --resume --records" "gate --arch cpu --output" "validate --suite smoke --output"; do
  # shellcheck disable=SC2086
  run 2 "a+(/objects.csv)?: .*File name too long" A=b $words "$long"
done

# The address-space limit counts as memory. A program with a sanitizer does not start under one.
if ldd "$program" | grep libasan >/dev/null; then
  echo "not run: ulimit -v, as this program has a sanitizer"
else
  ulimit -v 1000000
  run 7 'synthetic f32 weights: needs [0-9.]+ GB, 0[.][0-9]+ GB are free within the limit of ulimit -v' \
    OMP_NUM_THREADS=1 throughput --model s340 --backend kokkos --dtype f32 --pp 8
  run 7 'synthetic f32 weights: needs' OMP_NUM_THREADS=1 forward --model s340 --dtype f32 --input-ids 2 --output x
  # 8B at 131072 tokens: 40960 bytes per token are 5.37 GB in CCGQA, more than the limit.
  ulimited=(OMP_NUM_THREADS=1 kv --model 8b --tokens 131072)
  why='KV cache: needs [0-9.]+ GB of address space, 0[.][0-9]+ GB are free within the limit of ulimit -v'
  run 0 "address space of a cache not available: $why" "${ulimited[@]}"
  run 0 'CCGQA +131072 +not tried +5,368,709,120 +not tried' "${ulimited[@]}"
  run 0 'MHA +131072 +not tried +42,949,672,960 +not tried' "${ulimited[@]}"
  run 7 'cannot start 500 threads' OMP_NUM_THREADS=1 check --case $case --threads 500
fi

finish
