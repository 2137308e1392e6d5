#!/bin/bash
# Unpacks Debian's binary Kokkos (OpenMP) into a separate folder, from the suite that has Kokkos 5.
# Usage: ci/deps/kokkos.sh [PREFIX]   (default .deps/kokkos in the checkout)
# Environment: KERNELGATE_DEBS  folder with the packages, used only if the mirror does not have them
#              KERNELGATE_KOKKOS_SUITE  Debian suite to take them from (default sid)
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/other_suite.sh"
suite=${KERNELGATE_KOKKOS_SUITE:-sid}

# The library's package name contains the version, so it is read from the dependencies of libkokkos-dev.
from_mirror() {
  local library
  set_up_private_apt "$work/apt" "$suite" || return 1
  library=$(private_apt "$work/apt" apt-cache depends libkokkos-dev |
    awk '/Depends: libkokkos5/ && !found { print $2; found = 1 }') || return 1
  if [[ -z $library ]]; then
    say "libkokkos-dev of suite $suite does not depend on a libkokkos5.x"
    return 1
  fi
  (cd "$work/debs" && private_apt "$work/apt" apt-get -qq download libkokkos-dev "$library") || return 1
  origin="suite $suite of the configured mirror"
}

from_folder() { take_offline sid 'libkokkos-dev_|libkokkos5\.'; }

open_prefix kokkos "$@"
take_packages "Kokkos 5" \
  "none to be had from Debian; CMake will try the release on GitHub instead"
unpack_packages usr/include/kokkos/Kokkos_Core.hpp
library=$(find "$work/root/usr/lib" -name 'libkokkoscore.so.5.*' -type f -printf '%P\n' | head -1)
must_have "usr/lib/${library:-*/libkokkoscore.so.5.*}"
keep_prefix "${library##*/}"
