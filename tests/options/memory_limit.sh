#!/bin/bash
# Commands in a control group with 400 MB of memory, as in a container: they refuse what does not fit and
# name the limit; none is killed. Skipped where this user may not make such a group.
#
#   memory_limit.sh PROGRAM CHECKOUT
set -uo pipefail
program=$1
export KERNELGATE_ROOT=$2
skip() {
  echo "not run: $1"
  exit 77
}

# A sanitizer takes a multiple of what the program asks for.
if ldd "$program" | grep -q libasan; then skip 'this program has a sanitizer'; fi
group=''
for point in /sys/fs/cgroup/memory /sys/fs/cgroup; do
  group=$point/kernelgate-test-$$
  mkdir "$group" 2>/dev/null || continue
  for limit in memory.limit_in_bytes memory.max; do
    [ -e "$group/$limit" ] && break 2
  done
  rmdir "$group"
  group=''
done
if [ -z "$group" ]; then skip 'no control group of memory can be made here'; fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"; rmdir "$group"' EXIT
echo 400000000 >"$group/$limit" || skip 'the limit cannot be set'
cd "$work" || exit 1
failures=0

# run CODE TEXT ARGUMENT…: inside the group the program ends so and says so.
run() {
  local code=$1 text=$2
  shift 2
  (
    echo $BASHPID >"$group/cgroup.procs" && exec timeout 120 "$program" "$@"
  ) >said 2>&1 </dev/null
  local got=$?
  if [ $got -eq "$code" ] && grep -qE -e "$text" said && ! grep -q '^crashed' said; then return; fi
  failures=$((failures + 1))
  printf 'FAILED  %s\n        expected exit %s and "%s", got exit %s\n' "$*" "$code" "$text" $got
  head -c 2000 said
}
free="0[.][0-9]+ GB are free within the limit of $group/$limit"

run 2 "s340: its synthetic f32 weights: needs 1[.][0-9]+ GB, $free" throughput --model s340 --pp 8
run 2 "s340: its synthetic f32 weights: needs 1[.][0-9]+ GB, $free" forward --model s340 --input-ids 2 --output x
ids=$(seq -s, 1 3000)
for backend in reference kokkos; do
  run 2 "forward: caches and results of 3000 tokens: needs [0-9.]+ GB, $free" \
    forward --model s340 --layers 1 --backend $backend --input-ids "$ids" --output x
done
run 2 "kv --commit 1: CCGQA at 16384 tokens: [0-9.]+ GB are more than half of the free memory, $free" \
  kv --model 8b --tokens 16384 --commit 1
run 0 "pages of a cache not tried: .*$free" kv --model 8b --tokens 16384
run 2 "kv --time 20000: .* needs [0-9.]+ GB, $free" kv --model 8b --tokens 1 --time 20000
run 2 "rsa: keys, values and state .*, $free" \
  rsa --model t1 --input-ids 1 --n 2000 --c 2 --beta 3000 --tau 1 --output x
large=linear/kokkos/tokens=4096,out=8192,in=4096,f32
# 4096 x 4096 and twice 8192 x 4096 numbers of four bytes.
run 5 "reason +tensors of the case: needs 0.34 GB, $free" check --case $large --data real --verbose
run 5 "unsupported .*tensors of the case: needs 0.34 GB, $free" bench --case $large
run 0 'linear +kokkos +2 ' check --case linear/kokkos/tokens=1,out=2,in=2,f32

echo "$failures failures"
[ $failures -eq 0 ]
