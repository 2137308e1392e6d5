#!/bin/bash
# Checks the format of every C++ file in git, then runs clang-tidy on those that differ from a commit.
# Usage: ci/lint.sh [--all | --format | COMMIT]
#   COMMIT    clang-tidy on files that differ from it (default: the branch main)
#   --all     clang-tidy on all compiled files
#   --format  rewrite the files that are not formatted, and nothing else
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/lib.sh
against=${1:-main}
trap stages_summary EXIT

stage "install what is missing"
ci/bootstrap.sh lint

stage "format"
mapfile -t sources < <(git ls-files '*.cpp' '*.hpp' '*.cu' '*.hip' '*.cuh')
if [[ $against == --format ]]; then
  clang-format-14 -i "${sources[@]}"
  exit 0
fi
clang-format-14 --dry-run -Werror "${sources[@]}"

stage "clang-tidy"
cmake --preset tidy > /dev/null  # each unit compiled alone, without precompiled headers
if [[ $against == --all ]]; then
  mapfile -t units < <(git ls-files '*.cpp')
else
  base=$(git merge-base "$against" HEAD)
  mapfile -t units < <(git diff --name-only --diff-filter=d "$base" -- '*.cpp')
fi

# Only files that this build compiles have the flags that clang-tidy needs.
compiled=()
for unit in "${units[@]}"; do
  if grep -qF "\"file\": \"$PWD/$unit\"" build-tidy/compile_commands.json; then compiled+=("$unit"); fi
done
say "${#compiled[@]} of ${#units[@]} files are compiled by this build"
if ((${#compiled[@]})); then
  printf '%s\0' "${compiled[@]}" | xargs -0 -n 1 -P "$(compile_jobs)" clang-tidy-22 --quiet -p build-tidy \
    --warnings-as-errors='*'
fi
