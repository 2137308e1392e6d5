#!/bin/bash
# Runs `kernelgate forward --check-finite` on a checkpoint whose activations overflow f16, on one
# whose weights do, and on good ones, and compares the reported tensors and the exit codes.
#
#   finite.sh PROGRAM CHECKOUT
set -uo pipefail
program=$1
sound=$2/tests/oracle/data/full_attention
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

# scaled FOLDER BYTES: the good checkpoint with each of layer 1's 32 norm weights set to these bytes.
scaled() {
  mkdir "$1"
  cp "$sound/config.json" "$sound/model.safetensors" "$1"
  local header at
  header=$(od -An -t u8 -N 8 "$1/model.safetensors")
  at=$(head -c $((header + 8)) "$1/model.safetensors" |
    grep -ao '"model.layers.1.input_layernorm.weight":{[^}]*}' |
    grep -o 'data_offsets":\[[0-9]*' | grep -o '[0-9]*$')
  for _ in $(seq 32); do printf '%b' "$2"; done |
    dd of="$1/model.safetensors" bs=1 seek=$((8 + header + at)) conv=notrunc status=none
}
scaled activations '\x00\x40\x1c\x47' # 40000 as f32: fits f16, but 1.64 times it does not
scaled weights '\x00\xb8\x88\x47'     # 70000: out of range for f16

# expect CODE TEXT ARGUMENT…: compares the exit code and the output of forward with these arguments.
expect() {
  local code=$1 text=$2
  shift 2
  timeout 120 "$program" forward --input-ids "2,30,112,44" --output out.safetensors "$@" \
    >said 2>&1 </dev/null
  local got=$?
  if [ $got -eq "$code" ] && grep -qF -- "$text" said; then return; fi
  failures=$((failures + 1))
  printf 'FAILED  %s\n        expected exit %s and "%s", got exit %s\n' "$*" "$code" "$text" $got
  head -c 3000 said
}

kernels=(--backend kokkos --check-finite)
expect 0 'every result is a finite number' --checkpoint "$sound" "${kernels[@]}" --dtype f16
expect 0 'every result is a finite number' --checkpoint activations "${kernels[@]}" --dtype bf16
expect 1 'FIRST NON-FINITE  layer 0, input_norm: y[' \
  --checkpoint activations "${kernels[@]}" --dtype f16
expect 1 'stored as f16, whose limit is 65504' --checkpoint activations "${kernels[@]}" --dtype f16
expect 1 'its inputs are finite, the largest is weight[0] = 40000' \
  --checkpoint activations "${kernels[@]}" --dtype f16 --compare
expect 1 'its input weight[0] is inf already, stored as f16' \
  --checkpoint weights "${kernels[@]}" --dtype f16
expect 2 '--check-finite: looks at the operations of kernels' --checkpoint "$sound" --check-finite

echo "$failures failures"
[ $failures -eq 0 ]
