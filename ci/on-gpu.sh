#!/bin/bash
# Builds the programs for a real GPU, runs all tests, checks and benchmarks, and writes one folder of
# results. Runs in a checkout or an unpacked bundle of ci/bundle.sh, without network.
# Usage: ci/on-gpu.sh [--backend cuda|hip] [--arch LIST] [--output DIR] [--minutes N] [--build DIR]
#                     [--cmake ARGUMENT]...
#   --backend  default: that of the device found on this machine
#   --arch     targets, such as sm_90 or gfx942,gfx1100 (default: those reported by nvidia-smi, rocminfo
#              or the kernel driver). Without a device, the script builds and stops at the first device call
#   --output   folder of the results (default gpu-results-TIME in this folder)
#   --minutes  time budget of the whole run (default 10); stages that do not fit are left out and reported
#   --build    folder of the build (default build-gpu-BACKEND); an existing one is continued
#   --cmake    a further argument of the configure step, such as -DCMAKE_CXX_COMPILER=g++-13
# Exit codes: 0 all passed, 1 a failure or a build error, 2 usage or a missing tool, 5 nothing ran on a
# device, 6 a time below the roofline time (docs/glossary.md).
set -euo pipefail
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$checkout/ci/lib.sh"
. "$checkout/ci/bundle/verify.sh"
. "$checkout/ci/bundle/toolkits.sh"

backend='' archs='' output='' minutes=10 build='' cmake_arguments=()
while (($#)); do
  case $1 in
    --backend | --arch | --output | --minutes | --build | --cmake)
      (($# > 1)) || { say "$1 needs a value" >&2; exit 2; }
      ;;&
    --backend) backend=$2 ;;
    --arch) archs=$2 ;;
    --output) output=$2 ;;
    --minutes) minutes=$2 ;;
    --build) build=$2 ;;
    --cmake) cmake_arguments+=("$2") ;;
    *)
      say "unknown option '$1', expected --backend, --arch, --output, --minutes, --build or --cmake" >&2
      exit 2
      ;;
  esac
  shift 2
done
[[ $backend =~ ^(cuda|hip)?$ ]] || { say "--backend: got '$backend', expected cuda or hip" >&2; exit 2; }
[[ $minutes =~ ^[0-9]{1,4}(\.[0-9]+)?$ ]] || {
  say "--minutes: got '$minutes', expected a number such as 10 or 7.5" >&2
  exit 2
}
budget=$(awk -v m="$minutes" 'BEGIN { printf "%d", 60 * m }')

choose_target    # backend and archs, from the options or from the devices
find_toolkit     # toolkit_arguments, toolkit_words
need_tools
output=$(realpath -m "${output:-gpu-results-$(date -u +%Y%m%dT%H%M%SZ)}")
build=$(realpath -m "${build:-$checkout/build-gpu-$backend}")
mkdir -p "$output"
exec > >(tee -a "$output/log.txt") 2>&1
summary=$output/summary.txt
note() { say "$*"; echo "$*" >> "$summary"; }
: > "$summary"
exit_code=0
end_with() { if ((exit_code == 0)); then exit_code=$1; fi; }

finish() {
  local status=$?
  trap - EXIT
  if ((status != 0)); then
    note "stopped in '${stage_open:-}', exit code $status"
    end_with "$status"
  fi
  stages_summary | tee -a "$summary"
  note "exit code $exit_code; results in $output"
  exit "$exit_code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

stage "verify"
if [[ -d $checkout/third_party ]]; then
  verify_bundle "$checkout" "$checkout"
  commit=$(< "$checkout/third_party/COMMIT")
else
  commit=$(git -C "$checkout" describe --always --dirty 2> /dev/null || echo unknown)
fi
note "commit   $commit"
note "toolkit  $toolkit_words"
note "target   $backend, $archs"

stage "configure"
cmake -S "$checkout" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DKERNELGATE_KOKKOS=OFF \
  -DKERNELGATE_TESTS=OFF -DKERNELGATE_WERROR=OFF "${toolkit_arguments[@]}" "${cmake_arguments[@]}"

stage "build"
cmake --build "$build" --parallel "$(compile_jobs)" --target kernelgate "test_on_$backend" || exit 1
program=$build/kernelgate
describe_machine > "$output/environment.txt"

stage "the device"
if ! "$program" devices --backend "$backend" | tee "$output/device.txt"; then
  note "device   $(cat "$output/device.txt")"
  note "nothing was run on a device, and nothing is measured"
  exit 5
fi
note "device   $(cat "$output/device.txt")"

# Seconds left in the time budget, with ten reserved for the end.
left() { echo $((budget - SECONDS - 10)); }

# run NAME COMMAND...: runs a stage within the time budget. The first failing stage sets this script's exit
# code; exit code 5 is not a failure here, because one suite may have no case that runs.
run() {
  local title=$1 seconds status=0
  shift
  seconds=$(left)
  if ((seconds < 5)); then
    note "$title: not run, the budget of $minutes minutes is used up (--minutes)"
    return
  fi
  stage "$title"
  timeout --kill-after=5 "$seconds" "$@" || status=$?
  case $status in
    0) note "$title: done" ;;
    5) note "$title: nothing ran" ;;
    124 | 137) note "$title: cut off by the budget of $minutes minutes (--minutes)" ;;
    *) note "$title: exit code $status"; end_with "$status" ;;
  esac
}

check() {
  run "check $1" "$program" check --suite "$1" --backend "$backend" \
    --records "$output/records.csv" --junit "$output/check-$1.xml"
}
bench() {
  run "bench $1" "$program" bench --suite "$1" --backend "$backend" --records "$output/records.csv"
}

run "tests on the device" "$build/test_on_$backend" --gtest_output="xml:$output/tests.xml"
check smoke
bench speed
check edge_shapes
for suite in decode sampler prefill; do
  bench "$suite"
  check "$suite"
done

judged=$(count_records "$output/records.csv" check)
timed=$(count_records "$output/records.csv" bench)
note "checks:  ${judged:-none}"
note "benches: ${timed:-none}"
if [[ $judged != *passed* && $judged != *incorrect* ]]; then end_with 5; fi
