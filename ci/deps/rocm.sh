#!/bin/bash
# Unpacks AMD's HIP headers and device libraries (data only, no runtime) into a separate folder, to
# compile Kokkos kernels as HIP objects. The native kernels do not need them.
# Usage: ci/deps/rocm.sh [PREFIX]   (default .deps/rocm in the checkout)
# Environment: KERNELGATE_DEBS  folder with the packages, used only if the mirror does not have them
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/other_suite.sh"
# Bitcode must not be newer than the compiler: these libraries are for clang 22.
packages=(rocm-device-libs-22 libamdhip64-dev)

# The first suite that has both, newest packages first.
from_mirror() {
  local suite
  for suite in experimental sid; do
    set_up_private_apt "$work/$suite" "$suite" || continue
    if suite_has "$work/$suite" "${packages[0]}" && suite_has "$work/$suite" "${packages[1]}"; then
      (cd "$work/debs" && private_apt "$work/$suite" apt-get -qq download "${packages[@]}") || continue
      origin="suite $suite of the configured mirror"
      return 0
    fi
  done
  return 1
}

from_folder() { take_offline experimental 'rocm-device-libs-22_|libamdhip64-dev_'; }

open_prefix rocm "$@"
take_packages "${packages[*]}" \
  "skipped: neither the mirror nor an offline copy has ${packages[*]}"
unpack_packages usr/include/hip/hip_runtime.h
keep_prefix "${packages[*]}"
