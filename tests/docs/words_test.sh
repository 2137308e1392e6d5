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
for text in 'two rows a wave' '120 bytes a token' 'What a wave reads' 'red zone' 'patience' 'silence guard' \
  'refused in words' 'said aloud' 'honest kernels' 'the truth' 'a flavour' 'executor S' 'roofs' 'bell-shaped' \
  '5 tokens a second' 'mistrusted' 'the canary' 'a roof of' 'of the floor' 'strike it off' 'stands twice' 'died of' \
  'a crowded host' 'planted bugs'; do
  printf '// %s\n' "$text" >harness/bad.hpp
  expect 1 "^harness/bad.hpp:1:// $text"
  rm harness/bad.hpp
  [[ $text == What* ]] && continue
  printf 'const char* message = "some %s here";\n' "$text" >harness/bad.cpp
  expect 1 "^harness/bad.cpp:1:\"some $text here\""
  rm harness/bad.cpp
  printf '"""\n%s here."""\n' "$text" >tests/bad.py
  expect 1 "^tests/bad.py:2:$text here"
  printf 'x = 1  # %s here\n' "$text" >tests/bad.py
  expect 1 "^tests/bad.py:1: *# $text here"
  rm tests/bad.py
  printf '%s\n' "Some $text here." >docs/bad.md
  expect 1 "docs/bad.md:1:Some $text here[.]"
  rm docs/bad.md
done
for file in docs/long.md tests/long.py harness/long.js; do
  printf 'word %.0s' {1..25} >$file
  expect 1 "$file:1:word"
  expect 1 'lines of at most 120 columns'
  rm $file
done
finish
