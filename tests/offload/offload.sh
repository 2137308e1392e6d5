#!/bin/bash
# Runs `kernelgate forward` and `throughput` on T1 with experts in a file: same numbers as with all
# experts in memory, printed and recorded hit rate, and settings that must be rejected.
#
#   offload.sh PROGRAM
program=$1
# shellcheck source=tests/program.sh
. "$(dirname "${BASH_SOURCE[0]}")/../program.sh"

forward=(forward --model t1 --backend kokkos --input-ids "2,39,76,113,150,224,261")
run 0 'argmax' "${forward[@]}" --output all
for resident in 1 5 99; do
  run 0 'experts requested' "${forward[@]}" --output some --resident-experts $resident
  cmp -s all some || complain "the logits differ from those with all experts in memory"
done
# An expert of T1 in f32 has 3 * 64 * 64 * 4 = 49,152 bytes.
awk '/experts requested/ { exit !($9 > 0 && sprintf("%.3f", $9 * 0.049152) == $14) }' said ||
  complain 'expected 0.049152 MB for each expert that was copied'
grep -q ' 16 of 16 experts in memory' said || complain 'expected 99 of 16 to count as all'

throughput=(throughput --model t1 --batch 1 --context 8 --tg 4 --repetitions 1)
run 0 'experts requested [0-9]+: [0-9.]+ % were in memory; [0-9]+ copied' \
  "${throughput[@]}" --resident-experts 3 --expert-folder "$work" --records runs.csv
grep -q 'test=tg4_b1_c8,resident=3,f32' runs.csv || complain 'expected resident=3 in the record'
grep -q 'experts requested' runs.csv || complain 'expected the hit rate in the record'
ls "$work"/kernelgate-experts-* >/dev/null 2>&1 && complain 'expected the file to be gone'

run 2 'resident-experts' "${throughput[@]}" --resident-experts 0
run 2 'unsupported with --quantise' "${throughput[@]}" --resident-experts 2 --quantise all
run 2 'expert-folder /proc: a file of' "${throughput[@]}" --resident-experts 2 --expert-folder /proc
run 2 'resident-experts: .* expected another --backend' \
  forward --model t1 --input-ids "2,3" --output all --resident-experts 2

finish
