#!/bin/bash
# includes.sh must refuse an include against the arrows, and a debt that no file has any more.
#
#   includes_test.sh SCRIPT
script=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
mkdir -p harness/core harness/cli kernels/a reference tests
failures=0
expect() {
  bash "$script" "$work" "$work/modules.txt" >said 2>&1
  local code=$?
  if [ $code -ne "$1" ] || ! grep -qF -e "$2" said; then
    failures=$((failures + 1))
    printf 'FAILED  expected exit %s and "%s", got exit %s\n' "$1" "$2" $code
    cat said
  fi
}
printf '%s\n' '# modules' harness/core 'harness/cli *' 'kernels harness/core' >modules.txt
echo '#include "harness/core/a.hpp"' >kernels/a/a.hpp
echo '#include "kernels/a/a.hpp"' >harness/cli/main.cpp
echo '#include "harness/cli/main.hpp"' >harness/core/a_test.cpp
expect 0 '0 faults'
echo '#include "kernels/a/a.hpp"' >harness/core/a.cpp
expect 1 'harness/core/a.cpp: includes kernels/a/a.hpp; module harness/core may not include module kernels'
echo 'debt harness/core/a.cpp kernels/a/a.hpp' >>modules.txt
expect 0 '0 faults'
rm harness/core/a.cpp
expect 1 'debt harness/core/a.cpp kernels/a/a.hpp: no such include'
echo "$failures failures"
[ $failures -eq 0 ]
