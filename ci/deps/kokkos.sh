#!/bin/bash
# Lays Debian's binary Kokkos (OpenMP) into a folder of its own, from the suite that carries Kokkos 5.
# The system's apt is not touched: the other suite gets a private apt state beside the prefix.
# Usage: ci/deps/kokkos.sh [PREFIX]   (default .deps/kokkos in the checkout)
# Environment: KERNELGATE_DEBS  folder with the packages, used only when the mirror does not give them
#              KERNELGATE_KOKKOS_SUITE  Debian suite to take them from (default sid)
set -euo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
prefix=$(realpath -m "${1:-$checkout/.deps/kokkos}")
suite=${KERNELGATE_KOKKOS_SUITE:-sid}
stamp=$prefix/SOURCE

say() { echo "kokkos: $*"; }
. "$checkout/ci/deps/other_suite.sh"

if [[ -f $stamp ]]; then
  say "$prefix holds $(head -1 "$stamp")"
  exit 0
fi

work=$prefix.new
rm -rf "$work"
mkdir -p "$work/debs" "$work/root"
trap 'rm -rf "$work"' EXIT

# The library's package name carries the version, so it is read from what libkokkos-dev depends on.
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

from_folder() {
  local folder
  if ! folder=$(offline_packages "$checkout" sid kokkos); then
    say "no offline copy (set KERNELGATE_DEBS to a folder that has sid/libkokkos-dev_*.deb)"
    return 1
  fi
  cp "$folder"/sid/libkokkos{-dev,5.}*.deb "$work/debs/" || return 1
  origin="the offline copy ${folder##*/}"
}

origin=
if ! from_mirror; then
  say "the mirror gave no Kokkos 5, trying the offline copy"
  rm -f "$work"/debs/*.deb
  if ! from_folder; then
    say "none to be had from Debian; CMake will try the release on GitHub instead" >&2
    exit 1
  fi
fi

for package in "$work"/debs/*.deb; do dpkg -x "$package" "$work/root"; done
library=$(find "$work/root/usr/lib" -name 'libkokkoscore.so.5.*' -type f -printf '%f\n' | head -1)
if [[ -z $library || ! -f $work/root/usr/include/kokkos/Kokkos_Core.hpp ]]; then
  say "the packages hold no libkokkoscore.so.5.* or no Kokkos_Core.hpp" >&2
  exit 1
fi
rm -rf "$prefix"
mkdir -p "$(dirname "$prefix")"
mv "$work/root" "$prefix"
{ echo "$library from $origin"; basename -a "$work"/debs/*.deb; } > "$stamp"
say "$(head -1 "$stamp"), unpacked into $prefix"
