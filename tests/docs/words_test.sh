#!/bin/bash
# words.sh must refuse each retired word in a comment and in a page, and lines that are too long; it must pass
# a tree without them, and words inside code and quoted output.
#
#   words_test.sh SCRIPT WORDS
program=bash script=$1 words=$2
# shellcheck source=tests/program.sh
. "$(dirname "${BASH_SOURCE[0]}")/../program.sh"
mkdir harness kernels reference tests docs

# expect CODE TEXT: the script ends so on the tree and prints the text.
expect() { run "$1" "$2" "$script" "$work" "$words"; }

printf '%s\n' '// Counts rows per wave.' 'const char* text = "the truth in words";' >harness/good.hpp
printf '%s\n' '# Page' '' 'Rows per wave, `the truth`.' '' '    two rows a wave, the truth' >docs/page.md
expect 0 '^0 retired words'
for text in 'two rows a wave' '120 bytes a token' 'What a wave reads' 'red zone' 'patience' 'silence guard' \
  'refused in words' 'said aloud' 'honest kernels' 'the truth' 'a flavour' 'executor S' 'roofs' 'bell-shaped'; do
  printf '// %s\n' "$text" >harness/bad.hpp
  expect 1 "^harness/bad.hpp:1:// $text"
  rm harness/bad.hpp
  [[ $text == What* ]] && continue
  printf '%s\n' "Some $text here." >docs/bad.md
  expect 1 "docs/bad.md:1:Some $text here[.]"
  rm docs/bad.md
done
printf 'word %.0s' {1..25} >docs/long.md
expect 1 'lines of at most 120 columns'
finish
