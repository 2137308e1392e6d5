#!/bin/bash
# Distributes suites over the nodes of a Slurm cluster: one job array per tier, one task per suite, and
# a final job that gathers all results in one folder.
# Usage: ci/slurm/submit.sh --output DIR [--tiers FILE] [--tier NAME ...] [--suite NAME ...] [--bench]
#                           [--wait] [-- OPTIONS OF kernelgate check ...]
#   --tiers   the kinds of nodes (default: ci/slurm/tiers.csv, which explains the columns)
#   --tier    only these of them (default: all)
#   --suite   suites to check (default: smoke edge_shapes)
#   --bench   also time each suite after its check
#   --wait    return after the gathering, with the exit code of ci/slurm/gather.sh
# DIR must be visible to all nodes. Another run with the same DIR continues where the last one stopped.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$here"
. ci/lib.sh

tiers=ci/slurm/tiers.csv output='' wait_for=0 bench=0 chosen=() suites=() more=()
while (($#)); do
  case $1 in
    --tiers) tiers=${2:?--tiers needs a file}; shift ;;
    --output) output=${2:?--output needs a folder}; shift ;;
    --tier) chosen+=("${2:?--tier needs a name}"); shift ;;
    --suite) suites+=("${2:?--suite needs a name}"); shift ;;
    --bench) bench=1 ;;
    --wait) wait_for=1 ;;
    --) shift; more=("$@"); break ;;
    *) say "unknown option '$1'; usage: sed -n 2,13p ci/slurm/submit.sh" >&2; exit 2 ;;
  esac
  shift
done
[[ -n $output ]] || { say "expected --output DIR, a folder that all nodes see" >&2; exit 2; }
[[ -r $tiers ]] || { say "$tiers: cannot be read" >&2; exit 2; }
((${#suites[@]})) || suites=(smoke edge_shapes)
command -v sbatch > /dev/null || { say "no sbatch on this machine" >&2; exit 5; }
mkdir -p "$output"
output=$(cd "$output" && pwd)

# Option values with spaces are split; Slurm's options need none.
arrays=() planned=0
printf 'tier,task,suite\n' > "$output/plan.csv"
while IFS=, read -r tier arch backend build options; do
  if [[ -z $tier || $tier == \#* || $tier == tier ]]; then continue; fi
  if ((${#chosen[@]})) && [[ " ${chosen[*]} " != *" $tier "* ]]; then continue; fi
  if [[ -z $arch || -z $backend || -z $build ]]; then
    say "$tiers: tier $tier: expected tier,arch,backend,build,sbatch" >&2
    exit 2
  fi
  [[ $build == /* ]] || build=$here/$build
  mkdir -p "$output/$tier"
  {
    printf 'tier=%q arch=%q backend=%q build=%q bench=%q root=%q\n' \
      "$tier" "$arch" "$backend" "$build" "$bench" "$here"
    printf 'suites=('; printf '%q ' "${suites[@]}"; printf ')\n'
    printf 'more=('; ((${#more[@]} == 0)) || printf '%q ' "${more[@]}"; printf ')\n'
  } > "$output/$tier/task.env"
  for i in "${!suites[@]}"; do printf '%s,%d,%s\n' "$tier" "$i" "${suites[i]}" >> "$output/plan.csv"; done
  read -ra words <<< "${options:-}"
  id=$(sbatch --parsable --job-name="kernelgate-$tier" --array="0-$((${#suites[@]} - 1))" \
    --output="$output/$tier/slurm-%a.log" --export=ALL "${words[@]}" \
    ci/slurm/task.sh "$output/$tier")
  arrays+=("${id%%;*}")
  planned=$((planned + ${#suites[@]}))
  say "tier $tier: array ${id%%;*}, ${#suites[@]} suites"
done < "$tiers"
((planned)) || { say "$tiers: no tier of that name" >&2; exit 2; }

# afterany: the gathering also runs after failed or cancelled tasks and reports them
after=$(IFS=:; echo "${arrays[*]}")
waiting=()
((wait_for)) && waiting=(--wait)
say "gathers into $output when $planned tasks have ended"
sbatch --job-name=kernelgate-gather --dependency="afterany:$after" --output="$output/gather.log" \
  "${waiting[@]}" ci/slurm/gather.sh "$output"
