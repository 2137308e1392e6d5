# shellcheck shell=bash
# Shared by the scripts of this folder: timed stages, and the number of compile jobs that fit.
# Source it; it defines functions only.

say() { echo "${0##*/}: $*"; }

stage_names=()
stage_seconds=()

# Ends the current stage, if any, and begins the given one, if any.
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

# Prints the time of each stage. Meant for `trap stages_summary EXIT`, which shows where a script failed.
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

# Prints the number in a system file, or nothing for "max", -1 and a missing file.
number_in() {
  local text=
  [[ -r $1 ]] && read -r text <"$1"
  [[ ${text%% *} =~ ^[0-9]{1,18}$ ]] && echo "${text%% *}"
}

# control_groups CONTROLLER [ROOT]: the folders of the control groups that limit this process, the innermost
# first, one per line. ROOT stands in place of / (harness/core/control_groups.hpp reads the same files).
control_groups() {
  local controller=$1 root=${2:-} ids names path mount below point
  while IFS=: read -r ids names path; do
    if [[ -z $names ]]; then
      mount=$(awk '{ for (i = 6; i < NF; ++i) if ($i == "-" && $(i + 1) == "cgroup2") { print $4, $5; exit } }' \
        "$root/proc/self/mountinfo")
    elif [[ ,$names, == *,$controller,* ]]; then
      mount=$(awk -v c="$controller" '{ for (i = 6; i < NF; ++i)
        if ($i == "-" && $(i + 1) == "cgroup" && "," $NF "," ~ "," c ",") { print $4, $5; exit } }' \
        "$root/proc/self/mountinfo")
    else
      continue
    fi
    [[ -n $mount ]] || continue
    below=$path point=${mount#* }
    if [[ ${mount%% *} != / ]]; then
      if [[ $path/ == "${mount%% *}"/* ]]; then below=${path#"${mount%% *}"}; else below=; fi
    fi
    [[ $below == */..* ]] && below=
    below=${below%/}
    while :; do
      echo "$root$point$below"
      [[ -n $below ]] || break
      below=${below%/*}
    done
  done <"$root/proc/self/cgroup"
  : "$ids" # the hierarchy's number, not needed
}

# shellcheck disable=SC2120 # a test gives the folder
# available_megabytes [ROOT]: memory that this process may still use: the minimum of the machine's free memory
# and of that left in its control groups, with their page cache counted as free.
available_megabytes() {
  local root=${1:-} free group limit used cache room
  free=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' "$root/proc/meminfo")
  while read -r group; do
    limit=$(number_in "$group/memory.max" || number_in "$group/memory.limit_in_bytes") || continue
    used=$(number_in "$group/memory.current" || number_in "$group/memory.usage_in_bytes") || continue
    cache=$(awk '$1 ~ /^(total_)?(in)?active_file$/ { sum[$1 ~ /^total_/] += $2 }
      END { printf "%d", 1 in sum ? sum[1] : sum[0] }' "$group/memory.stat") || continue
    room=$(((limit - used + (cache < used ? cache : used)) / 1048576))
    ((room >= free)) || free=$((room > 0 ? room : 0))
  done < <(control_groups memory "$root")
  echo "$free"
}

# shellcheck disable=SC2120
# available_cores [ROOT]: processors of this process' affinity, not more than the quota of its control groups.
available_cores() {
  local root=${1:-} cores group quota period
  cores=$(nproc)
  while read -r group; do
    if [[ -r $group/cpu.max ]]; then
      read -r quota period <"$group/cpu.max" || continue
    else
      quota=$(number_in "$group/cpu.cfs_quota_us") || continue
      period=$(number_in "$group/cpu.cfs_period_us") || continue
    fi
    [[ $quota =~ ^[1-9][0-9]*$ && $period =~ ^[1-9][0-9]*$ ]] || continue
    quota=$(((quota - 1) / period + 1))
    ((quota >= cores)) || cores=$quota
  done < <(control_groups cpu "$root")
  echo "$cores"
}

# Compile jobs: one per core, fewer where memory is short of 1.5 GB per job. KERNELGATE_JOBS overrides.
compile_jobs() {
  local cores memory
  if [[ -n ${KERNELGATE_JOBS:-} ]]; then
    if [[ ! $KERNELGATE_JOBS =~ ^[1-9][0-9]{0,3}$ ]]; then
      say "environment variable KERNELGATE_JOBS: expected a whole number from 1 to 9999, got '$KERNELGATE_JOBS'" >&2
      return 2
    fi
    echo "$KERNELGATE_JOBS"
    return
  fi
  cores=$(available_cores)
  memory=$(($(available_megabytes) / 1536))
  if ((memory < 1)); then
    echo 1
  else
    echo $((cores < memory ? cores : memory))
  fi
}
