#!/bin/bash
# Collects the tasks' results in one folder: records.csv with every row, summary.csv with one line per
# task, also for tasks without results, and the page if this build can create one.
# Usage: ci/slurm/gather.sh <output>
# Exit code: 0 if all tasks passed; else the most severe of theirs (6, 2, 1, 3, 4), or 5 if a task has no result.
set -euo pipefail
output=${1:?the folder that ci/slurm/submit.sh was given}
records=$output/records.csv.part
: > "$records"
printf 'tier,suite,node,exit_code,seconds,rows\n' > "$output/summary.csv.part"
codes=()
while IFS=, read -r tier _ suite; do
  [[ $tier == tier ]] && continue
  base=$output/$tier/$suite
  node='' code=5 seconds=''
  if [[ -s $base.end ]]; then IFS=, read -r node code seconds < "$base.end"; fi
  rows=0
  if [[ -s $base.csv ]]; then
    header=$(head -n 1 "$base.csv")
    if [[ ! -s $records ]]; then
      printf '%s\n' "$header" > "$records"
    elif [[ $header != "$(head -n 1 "$records")" ]]; then
      echo "gather.sh: $base.csv has other columns than the rows before it: its build is of another schema" >&2
      code=2
      header=''
    fi
    if [[ -n $header ]]; then
      # Complete lines only: a line without an end is from a writer that crashed.
      rows=$(($(wc -l < "$base.csv") - 1))
      head -n "$((rows + 1))" "$base.csv" | tail -n +2 >> "$records"
    fi
  fi
  printf '%s,%s,%s,%s,%s,%s\n' "$tier" "$suite" "$node" "$code" "$seconds" "$rows" >> "$output/summary.csv.part"
  codes+=("$code")
done < "$output/plan.csv"
mv "$records" "$output/records.csv"
mv "$output/summary.csv.part" "$output/summary.csv"
column -t -s, "$output/summary.csv" 2> /dev/null || cat "$output/summary.csv"
for grave in 6 2 1 3 4 5; do
  for code in "${codes[@]}"; do
    if ((code == grave)); then exit "$grave"; fi
  done
done
for code in "${codes[@]}"; do ((code == 0)) || exit 1; done
