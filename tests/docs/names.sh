#!/bin/bash
# Refuses pages that name a file or folder of the checkout that does not exist.
#
#   names.sh TREE
#
# A name is a path from the top folder in backticks, with or without its suffix: `harness/core/error.hpp`,
# `harness/checker/access`. The kernel scale_rows exists in docs/add-a-kernel.md only.
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$1"
mapfile -t pages < <(ls ./*.md docs/*.md docs/kernels/*.md)

failures=0 names=0
while IFS=: read -r page line name; do
  path=${name//\`/}
  [[ $path == kernels/scale_rows* ]] && continue
  names=$((names + 1))
  [[ -e $path ]] || compgen -G "$path.*" >/dev/null || {
    failures=$((failures + 1))
    echo "$page:$line: names $path: expected such a file or folder, got nothing"
  }
done < <(grep -noHP '`(ci|cmake|harness|kernels|reference|results|suites|tests)/[\w./-]*`' "${pages[@]}")
echo "$names names of files and folders, $failures without one"
[[ $failures -eq 0 && $names -gt 0 ]]
