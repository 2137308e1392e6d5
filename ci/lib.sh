# shellcheck shell=bash
# Shared by the scripts of this folder: stages with their times, and how many compile jobs fit.
# Source it; it defines functions only.

say() { echo "${0##*/}: $*"; }

stage_names=()
stage_seconds=()

# Ends the stage that runs, if any, and begins the one named. The summary comes with the last one.
stage() {
  local now=$SECONDS
  if [[ -n ${stage_open:-} ]]; then
    stage_names+=("$stage_open")
    stage_seconds+=($((now - stage_begin)))
  fi
  stage_open=${1:-}
  stage_begin=$now
  if [[ -n $stage_open ]]; then say "== $stage_open"; fi
}

# Prints what each stage took. Meant for `trap stages_summary EXIT`: a script that fails shows where.
stages_summary() {
  local status=$? i total=0
  local failed=${stage_open:-}
  stage
  for i in "${!stage_names[@]}"; do
    total=$((total + stage_seconds[i]))
    printf '%s: %6.1f min  %s\n' "${0##*/}" "$(minutes "${stage_seconds[i]}")" "${stage_names[i]}"
  done
  printf '%s: %6.1f min  in all\n' "${0##*/}" "$(minutes "$total")"
  if ((status != 0)); then say "FAILED in stage '$failed' (exit code $status)"; fi
  return "$status"
}

minutes() { awk -v s="$1" 'BEGIN { printf "%.2f", s / 60 }'; }

# Compile jobs: one a core, fewer where memory is short of 1.5 GB a job. KERNELGATE_JOBS overrides.
compile_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable:/ { print int($2 / 1572864) }' /proc/meminfo)
  if [[ -n ${KERNELGATE_JOBS:-} ]]; then
    echo "$KERNELGATE_JOBS"
  elif ((memory < 1)); then
    echo 1
  else
    echo $((cores < memory ? cores : memory))
  fi
}
