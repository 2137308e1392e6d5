#!/bin/bash
# Goes from a fresh Debian 12 to the report: installs missing packages, builds into build/, then checks and
# times every kernel and the whole model on this host. Can be run again at any time; it resumes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/lib.sh
trap stages_summary EXIT

stage "install what is missing"
ci/bootstrap.sh device

stage "configure"
cmake --preset default

stage "build"
cmake --build --preset default --parallel "$(compile_jobs)" --target kernelgate

stage "check, time and forward (kernelgate validate)"
build/kernelgate validate --output build/report

say "the report lies in build/report: open $(find build/report -maxdepth 1 -name '*.html' | head -1)"
