#!/bin/bash
# Lays AMD's HIP headers and device libraries (data only, no runtime) into a folder of their own, for
# Kokkos kernels as HIP objects. The native kernels need none of it.
# Usage: ci/deps/rocm.sh [PREFIX]   (default .deps/rocm in the checkout)
# Environment: KERNELGATE_DEBS  folder with the packages, used only when the mirror does not give them
set -euo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
prefix=$(realpath -m "${1:-$checkout/.deps/rocm}")
stamp=$prefix/SOURCE
# Bitcode must not be newer than the compiler: these libraries are for clang 22.
packages=(rocm-device-libs-22 libamdhip64-dev)

say() { echo "rocm: $*"; }
. "$checkout/ci/deps/other_suite.sh"

if [[ -f $stamp ]]; then
  say "$prefix holds $(head -1 "$stamp")"
  exit 0
fi

work=$prefix.new
rm -rf "$work"
mkdir -p "$work/debs" "$work/root"
trap 'rm -rf "$work"' EXIT

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

from_folder() {
  local folder
  folder=$(offline_packages "$checkout" experimental 'rocm-device-libs|libamdhip64') || return 1
  cp "$folder"/experimental/{rocm-device-libs-22,libamdhip64-dev}_*.deb "$work/debs/" || return 1
  origin="the offline copy ${folder##*/}"
}

origin=
if ! from_mirror; then
  say "the mirror gave no ${packages[*]}, trying an offline copy"
  rm -f "$work"/debs/*.deb
  if ! from_folder; then
    say "skipped: neither the mirror nor an offline copy has ${packages[*]}" >&2
    exit 1
  fi
fi

for package in "$work"/debs/*.deb; do dpkg -x "$package" "$work/root"; done
if [[ ! -f $work/root/usr/include/hip/hip_runtime.h ]]; then
  say "the packages hold no hip/hip_runtime.h" >&2
  exit 1
fi
rm -rf "$prefix"
mkdir -p "$(dirname "$prefix")"
mv "$work/root" "$prefix"
{ echo "${packages[*]} from $origin"; basename -a "$work"/debs/*.deb; } > "$stamp"
say "$(head -1 "$stamp"), unpacked into $prefix"
