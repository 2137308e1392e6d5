#!/bin/bash
# Tests that `list --kernel` leaves out other kernels and their cases and rejects an unknown kernel.
#
#   list.sh PROGRAM CHECKOUT
program=$1
export KERNELGATE_ROOT=$2
# shellcheck source=tests/program.sh
. "$(dirname "${BASH_SOURCE[0]}")/../program.sh"

run 0 '^linear ' list --kernel linear --kernel top_k
[ "$(grep -cE '^[a-z_0-9]+ ' said)" -eq 2 ] || complain "expected two kernels"
run 0 'cases in suite smoke$' list --suite smoke --kernel linear
grep -vqE '^linear/|^[0-9]+ cases' said && complain "expected cases of linear alone"
[ "$(grep -c '^linear/' said)" -eq "$(tail -1 said | cut -d' ' -f1)" ] || complain "expected the count of its cases"
run 2 "unknown kernel 'linaer'" list --kernel linaer
run 2 "unknown kernel 'linaer'" list --suite smoke --kernel linaer
finish
