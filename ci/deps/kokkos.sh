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

if [[ -f $stamp ]]; then
  say "$prefix holds $(head -1 "$stamp")"
  exit 0
fi

work=$prefix.new
rm -rf "$work"
mkdir -p "$work/apt"/{lists/partial,cache/archives/partial,parts} "$work/debs" "$work/root"
trap 'rm -rf "$work"' EXIT

# The mirror that this machine's own Debian suite comes from.
mirror_in_use() {
  local codename
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  apt-get indextargets --format '$(CODENAME)|$(SITE)' 'Created-By: Packages' 2>/dev/null |
    awk -F'|' -v want="$codename" '$1 == want && !found { print $2; found = 1 }'
}

private_apt() { APT_CONFIG=$work/apt/apt.conf "$@"; }

set_up_private_apt() {
  local site=$1 dir=$work/apt
  : > "$dir/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $site $suite main" \
    > "$dir/sources.list"
  cat > "$dir/apt.conf" <<CONF
Dir::Etc::sourcelist "$dir/sources.list";
Dir::Etc::sourceparts "$dir/parts";
Dir::Etc::preferencesparts "$dir/parts";
Dir::State "$dir";
Dir::State::lists "$dir/lists";
Dir::State::status "$dir/status";
Dir::Cache "$dir/cache";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";  // a mirror kept at one day; signatures are checked all the same
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
CONF
  private_apt apt-get -qq update
}

# The library's package name carries the version, so it is read from what libkokkos-dev depends on.
from_mirror() {
  local site library
  site=$(mirror_in_use)
  if [[ -z $site ]]; then
    say "no Debian mirror is configured with an index of this machine's suite"
    return 1
  fi
  set_up_private_apt "$site" || return 1
  library=$(private_apt apt-cache depends libkokkos-dev |
    awk '/Depends: libkokkos5/ && !found { print $2; found = 1 }') || return 1
  if [[ -z $library ]]; then
    say "libkokkos-dev of suite $suite does not depend on a libkokkos5.x"
    return 1
  fi
  (cd "$work/debs" && private_apt apt-get -qq download libkokkos-dev "$library") || return 1
  origin="suite $suite of the configured mirror"
}

# A folder of packages kept for the day the mirror has moved on: KERNELGATE_DEBS, or shared/debs
# beside the checkout (beside the main checkout, when this one is a git worktree).
from_folder() {
  local common folder
  common=$(git -C "$checkout" rev-parse --path-format=absolute --git-common-dir 2>/dev/null || true)
  for folder in "${KERNELGATE_DEBS:-}" "$checkout/../shared/debs" ${common:+"$common/../../shared/debs"}; do
    [[ -n $folder && -d $folder/sid ]] || continue
    if [[ -f $folder/SHA256SUMS ]]; then
      (cd "$folder" && grep kokkos SHA256SUMS | sha256sum --check --quiet --strict) || return 1
    fi
    cp "$folder"/sid/libkokkos{-dev,5.}*.deb "$work/debs/" || return 1
    origin="the offline copy ${folder##*/}"
    return 0
  done
  say "no offline copy (set KERNELGATE_DEBS to a folder that has sid/libkokkos-dev_*.deb)"
  return 1
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
