#!/bin/bash
# Builds like ci/quickstart.sh and with the fuzzers, runs the fuzzers briefly, then runs the tests of label ci.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/lib.sh
trap stages_summary EXIT

stage "install what is missing"
ci/bootstrap.sh fuzz device bundle

stage "configure"
cmake --preset default

stage "build"
cmake --build --preset default --parallel "$(compile_jobs)"

stage "build the fuzzers"
cmake --preset fuzz
cmake --build --preset fuzz --parallel "$(compile_jobs)"

stage "fuzz"
ctest --preset fuzz --parallel "$(compile_jobs)"

stage "test"
ctest --preset default --label-regex '^ci$' --parallel "$(compile_jobs)"
