#!/bin/bash
# Goes from a fresh Debian 12 to the report: installs missing packages, builds into build/, then checks and
# times every kernel and the whole model on this host. Prints the verdicts of three kernels while the others are
# still to be built. Can be run again at any time; it repeats only what has changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/lib.sh
trap stages_summary EXIT

stage "install what is missing"
ci/bootstrap.sh

build() { cmake --build --preset default --parallel "$(compile_jobs)" --target kernelgate; }

if [[ ! -x build/kernelgate ]]; then
  stage "build three kernels"
  cmake --preset default "-DKERNELGATE_KERNELS=residual_norm;token_bitmask;bias_balance" -DKERNELGATE_TESTS=OFF
  build
  stage "first verdicts"
  build/kernelgate check --suite smoke
fi

stage "configure"
cmake --preset default -DKERNELGATE_KERNELS= -DKERNELGATE_TESTS=ON

stage "build"
build

stage "check, time and forward (kernelgate validate)"
validated=build/report/validated.txt
program=$(cksum build/kernelgate)
if [[ -r $validated && $(< "$validated") == "$program" ]]; then
  say "the program has not changed since the report; build/kernelgate validate --output build/report makes it anew"
else
  build/kernelgate validate --output build/report
  echo "$program" > "$validated"
fi

say "the report lies in build/report: open $(find build/report -maxdepth 1 -name '*.html' | head -1)"
