#!/bin/bash
# Runs one task of the array: checks one suite on this node and optionally times it. Started by
# ci/slurm/submit.sh.
# Usage: task.sh <output>/<tier>
# Each row is appended as soon as it is finished, and a second start skips finished rows, so a task that
# was preempted or timed out continues.
set -euo pipefail
folder=${1:?the folder of the tier}
. "$folder/task.env"
suite=${suites[${SLURM_ARRAY_TASK_ID:?started by sbatch --array}]}
export KERNELGATE_ROOT=$root
begin=$SECONDS
status=0
"$build/kernelgate" check --suite "$suite" --backend "$backend" --records "$folder/$suite.csv" --resume \
  --junit "$folder/$suite.xml" "${more[@]}" || status=$?
if ((bench && (status == 0 || status == 5))); then
  "$build/kernelgate" bench --suite "$suite" --backend "$backend" --records "$folder/$suite.csv" || status=$?
fi
# Written and then renamed, so that a result file is always complete.
printf '%s,%d,%d\n' "${SLURMD_NODENAME:-$(hostname)}" "$status" "$((SECONDS - begin))" > "$folder/$suite.part"
mv "$folder/$suite.part" "$folder/$suite.end"
exit "$status"
