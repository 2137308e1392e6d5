#!/bin/bash
# names.sh must refuse a page that names a missing file, and accept names of files, of folders and without suffix.
#
#   names_test.sh SCRIPT
program=bash script=$1
# shellcheck source=tests/program.sh
. "$(dirname "${BASH_SOURCE[0]}")/../program.sh"
mkdir -p harness/core docs/kernels
touch README.md harness/core/error.hpp docs/kernels/linear.md

# expect CODE TEXT: the script ends so on the tree and prints the text.
expect() { run "$1" "$2" "$script" "$work"; }

expect 1 '^0 names'
echo 'Status: `harness/core/error.hpp`, `harness/core/error`, `harness/core/`, `kernels/scale_rows/x.hpp`.' >docs/page.md
expect 0 '^3 names of files and folders, 0 without one'
echo 'Status: `harness/core/gone.hpp`.' >docs/kernels/linear.md
expect 1 '^docs/kernels/linear.md:1: names harness/core/gone.hpp'
finish
