#!/bin/bash
# Refuses retired words (retired_words.txt) in comments, string literals and pages, and long lines in pages, Python
# and JavaScript.
#
#   words.sh TREE WORDS
#
# Comments are those of C++, C, JavaScript, Python, shell and CMake. Literals are those of C++ and JavaScript with two
# words or more, and Python's docstrings. Paragraphs of pages and lines of Python and JavaScript end at column 120;
# clang-format checks C++. Code, tables, quoted output and text in backticks of pages are exempt from both rules.
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$1"
words=$2

# Each prints the prose of its files as "FILE:LINE:TEXT".
slash_comments() { grep -nHoP '(?<![:"\x27])//.*|^\s*/?\*.*' "$@" || true; }
hash_comments() { grep -nHoP '(^|\s)#(?!!).*' "$@" || true; }
literals() { grep -nHP -v '^\s*(#\s*include|//)' "$@" | grep -oP '^[^:]*:[0-9]+:|(?<!R)"[^"\\]*\w\w [^"\\]*\w\w(\\.[^"\\]*|[^"\\])*"' | awk '
    /^[^:"]*:[0-9]+:$/ { at = $0; next }
    { print at $0 }'; }
docstrings() {
  awk '
    FNR == 1 { inside = 0 }
    { marks = gsub(/"""/, "&") }
    inside || marks { print FILENAME ":" FNR ":" $0 }
    marks % 2 { inside = !inside }
  ' "$@"
}
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
# files PATTERN…: the files of the checkout with such names, without builds and fetched libraries.
files() {
  local names=(-false)
  for name in "$@"; do names+=(-o -name "$name"); done
  find . \( -path './build*' -o -path ./.deps -o -path ./.git -o -path ./results \) -prune \
    -o -type f \( "${names[@]}" \) -print | sort
}

mapfile -t compiled < <(files '*.hpp' '*.cpp')
mapfile -t slashed < <(files '*.hpp' '*.cpp' '*.h' '*.c' '*.js')
mapfile -t hashed < <(files '*.py' '*.sh' '*.cmake' CMakeLists.txt | grep -v '^\./tests/docs/')
mapfile -t python < <(files '*.py')
mapfile -t scripts < <(files '*.js')
mapfile -t pages < <(files '*.md')
some() { [[ $# -eq 1 ]] || "$@"; }  # some COMMAND FILE…: runs it if there are files
text=$({
  some slash_comments "${slashed[@]}"
  some hash_comments "${hashed[@]}"
  some literals "${compiled[@]}" "${scripts[@]}"
  some docstrings "${python[@]}"
  some prose "${pages[@]}"
} | sed 's|^\./||')

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

# Long lines; docs/support.md is generated.
long=$(some prose "${pages[@]}" | grep -v '](http\|^\./docs/support\.md' | grep -P '^[^:]*:[0-9]+:.{121,}' || true
  some grep -nHP '.{121,}' "${python[@]}" "${scripts[@]}" || true)
if [[ -n $long ]]; then
  failures=$((failures + $(wc -l <<<"$long")))
  printf '%s\n    write: lines of at most 120 columns\n' "$long"
fi
echo "$failures retired words and long lines"
[[ $failures -eq 0 ]]
