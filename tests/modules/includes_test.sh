#!/bin/bash
# includes.sh must refuse an include against the arrows.
#
#   includes_test.sh SCRIPT
program=bash script=$1
# shellcheck source=tests/program.sh
. "$(dirname "${BASH_SOURCE[0]}")/../program.sh"
mkdir -p harness/core harness/cli kernels/a reference tests

# expect CODE TEXT: the script ends so on the tree and prints the text.
expect() { run "$1" "$2" "$script" "$work" "$work/modules.txt"; }

printf '%s\n' '# modules' harness/core 'harness/cli *' 'kernels harness/core' >modules.txt
echo '#include "harness/core/a.hpp"' >kernels/a/a.hpp
echo '#include "kernels/a/a.hpp"' >harness/cli/main.cpp
echo '#include "harness/cli/main.hpp"' >harness/core/a_test.cpp
expect 0 '^0 faults'
echo '#include "kernels/a/a.hpp"' >harness/core/a.cpp
expect 1 'harness/core/a.cpp: includes kernels/a/a.hpp; module harness/core may not include module kernels'
rm harness/core/a.cpp
expect 0 '^0 faults'
finish
