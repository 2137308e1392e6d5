#!/bin/bash
# words.sh must refuse each retired word in comments, literals, docstrings and pages, and lines that are too long; it
# must pass a tree without them, and words inside code and quoted output.
#
#   words_test.sh SCRIPT WORDS
program=bash script=$1 words=$2
# shellcheck source=tests/program.sh
. "$(dirname "${BASH_SOURCE[0]}")/../program.sh"
mkdir harness kernels reference tests docs

# expect CODE TEXT: the script ends so on the tree and prints the text.
expect() { run "$1" "$2" "$script" "$work" "$words"; }

printf '%s\n' '// Counts rows per wave.' 'int roofs = patience["flavour"];' >harness/good.hpp
printf '%s\n' '"""Counts rows per wave."""' 'roofs = honest["flavour"]' >tests/good.py
printf '%s\n' '# Page' '' 'Rows per wave, `the truth`.' '' '    two rows a wave, the truth' >docs/page.md
expect 0 '^0 retired words'
texts=('two rows a wave' '120 bytes a token' 'What a wave reads' 'red zone' 'patience' 'silence guard' \
  'refused in words' 'said aloud' 'honest kernels' 'the truth' 'a flavour' 'executor S' 'roofs' 'bell-shaped' \
  '5 tokens a second' 'mistrusted' 'the canary' 'a roof of' 'of the floor' 'strike it off' 'stands twice' 'died of' \
  'a crowded host' 'planted bugs')

# Each text stands on a line of its own in every kind of file; one run must report all of them.
for text in "${texts[@]}"; do
  printf '// %s\n' "$text" >>harness/bad.hpp
  printf 'const char* message = "some %s here";\n' "$text" >>harness/bad.cpp
  printf '"""\n%s here."""\n' "$text" >>tests/bad.py
  printf 'x = 1  # %s here\n' "$text" >>tests/comments.py
  printf '%s\n' "Some $text here." >>docs/bad.md
done
expect 1 '^[0-9]+ retired words'
reports() { grep -qE -e "$1" said || complain "expected to report '$1'"; }
line=0
for text in "${texts[@]}"; do
  line=$((line + 1))
  reports "^harness/bad.hpp:$line:// $text"
  [[ $text == What* ]] && continue
  reports "^harness/bad.cpp:$line:\"some $text here\""
  reports "^tests/bad.py:$((2 * line)):$text here"
  reports "^tests/comments.py:$line: *# $text here"
  reports "docs/bad.md:$line:Some $text here[.]"
done
rm harness/bad.hpp harness/bad.cpp tests/bad.py tests/comments.py docs/bad.md
for file in docs/long.md tests/long.py harness/long.js; do
  printf 'word %.0s' {1..25} >$file
  expect 1 "$file:1:word"
  expect 1 'lines of at most 120 columns'
  rm $file
done
finish
