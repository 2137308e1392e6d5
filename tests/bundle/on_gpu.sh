#!/bin/bash
# Tests the exit code, summary and time budget of ci/on-gpu.sh for given results of the programs. Fake
# nvidia-smi, nvcc and cmake scripts on the PATH imitate a machine with a GPU; the fake build is a
# program with the results of each case. No kernel is checked here.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=${1:?the folder to work in}
rm -rf "$work"
mkdir -p "$work/bin"
fail() { echo "FAILED: $*" >&2; exit 1; }

write() { cat > "$work/bin/$1"; chmod +x "$work/bin/$1"; }
write nvidia-smi <<< $'#!/bin/sh\necho " 9.0"'
write nvcc <<< $'#!/bin/sh\necho "NVIDIA (R) Cuda compiler driver"; echo "release 13.0, V13.0.88"'
write ninja <<< $'#!/bin/sh\necho 1.11.1'
write cmake <<'SCRIPT'
#!/bin/sh
case $1 in
  --version) echo "cmake version 3.25.1" ;;
  --build) if [ -n "$FAILS" ]; then exit 1; fi; cp "$(dirname "$0")/program" "$2/kernelgate"; cp "$(dirname "$0")/program" "$2/test_on_cuda" ;;
  *) mkdir -p "$4" ;;
esac
SCRIPT
# program check --suite S …: the status in ANSWER_S, default passed; bench likewise, also slow.
write program <<'SCRIPT'
#!/bin/bash
echo "played: $*"
case $1 in
  devices) echo "cuda     ${DEVICE:-no CUDA device here}"; [[ -n $DEVICE ]] || exit 5; exit 0 ;;
  --gtest*) exit "${TESTS:-0}" ;;
esac
while [[ $1 == check || $1 == bench ]] && row=$1 suite=$3; do
  while (($#)); do if [[ $1 == --records ]]; then records=$2; fi; shift; done
done
[[ -f $records ]] || echo "schema,row,axes,status" > "$records"
answer=ANSWER_${row}_$suite
status=${!answer:-${ANSWER:-passed}}
if [[ $status == slow ]]; then echo "2,$row,\"a,b\",passed" >> "$records"; exec sleep 60; fi
echo "2,$row,\"a=1,incorrect\",$status" >> "$records"
case $status in passed) exit 0 ;; unsupported) exit 5 ;; *) exit 1 ;; esac
SCRIPT

# expect CODE WORDS ENVIRONMENT… -- OPTIONS…: compares the script's exit code and a line of its summary.
expect() {
  local code=$1 words=$2 environment=() status=0
  shift 2
  while [[ $1 != -- ]]; do environment+=("$1"); shift; done
  shift
  rm -rf "$work/out" "$work/build"
  env "${environment[@]}" PATH="$work/bin:$PATH" "$root/ci/on-gpu.sh" --output "$work/out" \
    --build "$work/build" "$@" > "$work/log" 2>&1 || status=$?
  if ((status != code)) || ! grep -qF -- "$words" "$work/out/summary.txt"; then
    cat "$work/log" "$work/out/summary.txt" >&2 || true
    fail "exit code $status, expected $code, and '$words' in the summary"
  fi
  grep -q "exit code $code" "$work/out/summary.txt" || fail "the summary lacks the exit code"
  echo "right: exit code $code, $words"
}

device=DEVICE="NVIDIA Played 1, profile nv-sm90"
expect 0 "checks:  5 passed" "$device" --
expect 0 "benches: 4 passed" "$device" --
grep -q "check smoke" "$work/out/summary.txt" || fail "no stage with its minutes"
grep -q "V13.0.88" "$work/out/environment.txt" || fail "no toolkit in the environment"
grep -q "target   cuda, sm_90" "$work/out/environment.txt" || fail "the device's target was not taken"
expect 5 "nothing was run on a device, and nothing is measured" DEVICE= --
expect 1 "stopped in 'build'" "$device" FAILS=1 --
expect 1 "checks:  4 passed, 1 incorrect" "$device" ANSWER_check_edge_shapes=incorrect --
expect 1 "tests on the device: exit code 1" "$device" TESTS=1 --
expect 5 "checks:  5 unsupported" "$device" ANSWER=unsupported --
expect 0 "bench speed: cut off by the budget" "$device" ANSWER_bench_speed=slow -- --minutes 0.3
grep -q "check prefill: not run, the budget" "$work/out/summary.txt" || fail "what was left out is not named"
grep -q "benches: 1 passed" "$work/out/summary.txt" || fail "what was measured before the cut is lost"
