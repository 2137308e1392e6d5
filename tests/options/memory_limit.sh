#!/bin/bash
# Runs commands in a control group with 400 MB of memory, as in a container. They must reject what does
# not fit and report the limit instead of being killed. Skipped if this user may not create such a group.
#
#   memory_limit.sh PROGRAM CHECKOUT
set -uo pipefail
program=$1
export KERNELGATE_ROOT=$2
skip() {
  echo "not run: $1"
  exit 77
}

# With a sanitizer, the program needs a multiple of its memory.
if ldd "$program" | grep libasan >/dev/null; then skip 'this program has a sanitizer'; fi
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

# run CODE TEXT ARGUMENT…: runs the program in the group and compares its exit code and output.
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

run 7 "s340: its synthetic f32 weights: needs 1[.][0-9]+ GB, $free" throughput --model s340 --pp 8
run 7 "s340: its synthetic f32 weights: needs 1[.][0-9]+ GB, $free" forward --model s340 --input-ids 2 --output x
ids=$(seq -s, 1 3000)
for backend in reference kokkos; do
  run 7 "forward: caches and results of 3000 tokens: needs [0-9.]+ GB, $free" \
    forward --model s340 --layers 1 --backend $backend --input-ids "$ids" --output x
done
run 2 "kv --commit 1: CCGQA at 16384 tokens: [0-9.]+ GB are more than half of the free memory, $free" \
  kv --model 8b --tokens 16384 --commit 1
run 0 "pages of a cache not tried: .*$free" kv --model 8b --tokens 16384
run 7 "kv --time 20000: .* needs [0-9.]+ GB, $free" kv --model 8b --tokens 1 --time 20000
run 7 "rsa: keys, values and state .*, $free" \
  rsa --model t1 --input-ids 1 --n 2000 --c 2 --beta 3000 --tau 1 --output x

# large_vocabulary ROWS FOLDER: a small checkpoint with ROWS tokens, whose additional rows are zeros.
large_vocabulary() {
  local rows=$1 folder=$2 data=$KERNELGATE_ROOT/tests/oracle/data/full_attention old=16384 # 128 rows of 32 f32
  local more=$((rows * 128 - old)) length i
  mkdir "$folder"
  sed "s/\"vocab_size\": 128/\"vocab_size\": $rows/" "$data/config.json" >"$folder/config.json"
  length=$(od -An -t u8 -N 8 "$data/model.safetensors" | tr -d ' ')
  tail -c +9 "$data/model.safetensors" | head -c "$length" | awk -v more=$more -v rows="$rows" '{
    while (match($0, /"data_offsets":.[0-9]+,[0-9]+/)) {
      split(substr($0, RSTART + 16, RLENGTH - 16), at, ",")
      out = out substr($0, 1, RSTART + 15) sprintf("%.0f,%.0f", at[1] + (at[1] > 0) * more, at[2] + more)
      $0 = substr($0, RSTART + RLENGTH)
    }
    sub(/"shape":.128,32/, "\"shape\":[" rows ",32", out)
    printf "%s%s", out, $0
  }' >header
  {
    for ((i = 0; i < 64; i += 8)); do printf '%b' "\\x$(printf %x $(($(stat -c %s header) >> i & 255)))"; done
    cat header
    tail -c +$((9 + length)) "$data/model.safetensors" | head -c $old
  } >"$folder/model.safetensors"
  truncate -s +$more "$folder/model.safetensors"
  tail -c +$((9 + length + old)) "$data/model.safetensors" >>"$folder/model.safetensors"
}
large_vocabulary 262272 large
large_vocabulary 6000000 huge
# 52 bytes per logit: 3 tokens of 6 million logits are 0.94 GB, 60 tokens of 262272 are 0.82 GB.
run 7 "vectors export: the model's vectors of 3 tokens: needs 0[.]9[0-9] GB, $free" \
  vectors export --checkpoint huge --input-ids 1,2,3 --output x
run 7 "vectors export: the model's vectors of 60 tokens: needs 0[.]8[0-9] GB, $free" \
  vectors export --checkpoint large --input-ids "$(seq -s, 1 60)" --output x
run 0 'wrote x/model.safetensors' vectors export --checkpoint large --input-ids 1,2,3 --output x
few=(--c 2 --t 1 --beta 4 --tau 2 --input-ids 2 --output ids)
run 7 "rsa: .* logits of 128 rollouts on backend kokkos.*: needs [0-9.]+ GB, $free" \
  rsa --checkpoint large --backend kokkos --n 128 "${few[@]}"
run 7 "rsa: .* logits of 2 rollouts on reference: needs 1[.][0-9]+ GB, $free" rsa --checkpoint huge --n 2 --threads 2 "${few[@]}"
run 0 'ended by 2 budget' rsa --checkpoint large --n 2 --threads 1 "${few[@]}"
large=linear/kokkos/tokens=4096,out=8192,in=4096,f32
# 4096 x 4096 and twice 8192 x 4096 numbers of four bytes.
run 5 "reason +tensors of the case: needs 0.34 GB, $free" check --case $large --data real --verbose
run 5 "unsupported .*tensors of the case: needs 0.34 GB, $free" bench --case $large
run 0 'linear +kokkos +2 ' check --case linear/kokkos/tokens=1,out=2,in=2,f32

echo "$failures failures"
[ $failures -eq 0 ]
