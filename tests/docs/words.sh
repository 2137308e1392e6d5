#!/bin/bash
# Refuses retired words (retired_words.txt) in comments and pages, and long lines in pages.
#
#   words.sh TREE WORDS
#
# Paragraphs of pages end at column 120; clang-format checks comments. Code, tables, quoted output and text in
# backticks of pages are exempt from both rules.
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$1"
words=$2

# The comments of a source file, and the prose of a page, as "FILE:LINE:TEXT".
comments() { grep -nHoP '(?<![:"])//.*' "$@" || true; }
prose() {
  awk '
    FNR == 1 { fenced = 0; generated = 0 }
    /^```/ { fenced = !fenced; next }
    /^<!-- kernelgate/ { generated = 1 }
    /^<!-- end of kernelgate/ { generated = 0 }
    fenced || generated || /^    / || /^\|/ { next }
    { gsub(/`[^`]*`/, "``"); print FILENAME ":" FNR ":" $0 }
  ' "$@"
}

mapfile -t sources < <(find harness kernels reference tests -name '*.hpp' -o -name '*.cpp' | sort)
mapfile -t pages < <(find . -path ./build\* -prune -o -name '*.md' -print | grep -v '^./results/notes\|^./\.deps' | sort)
text=$(comments "${sources[@]}"; prose "${pages[@]}")

failures=0
while IFS=$'\t' read -r expression instead; do
  [[ $expression == '#'* || -z $expression ]] && continue
  # ^ in an expression is the beginning of the text behind FILE:LINE:
  expression=${expression/#^/^[^:]*:[0-9]+:}
  if found=$(grep -P -e "$expression" <<<"$text"); then
    failures=$((failures + $(wc -l <<<"$found")))
    printf '%s\n    write: %s\n' "$found" "$instead"
  fi
done <"$words"

# Long paragraphs; docs/support.md is generated.
if long=$(prose "${pages[@]}" | grep -v '](http\|^\./docs/support\.md' | grep -P '^[^:]*:[0-9]+:.{121,}'); then
  failures=$((failures + $(wc -l <<<"$long")))
  printf '%s\n    write: lines of at most 120 columns\n' "$long"
fi
echo "$failures retired words and long lines"
[[ $failures -eq 0 ]]
