#!/bin/bash
# One task of the array: judges one suite on this node (and times it). Started by ci/slurm/submit.sh.
# Usage: task.sh <output>/<tier>
# A row is appended as soon as it is there, and a second start leaves out what the first one finished,
# so that a task that was preempted or ran out of time goes on.
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
# Renamed into place: a half-written verdict is none.
printf '%s,%d,%d\n' "${SLURMD_NODENAME:-$(hostname)}" "$status" "$((SECONDS - begin))" > "$folder/$suite.part"
mv "$folder/$suite.part" "$folder/$suite.end"
exit "$status"
