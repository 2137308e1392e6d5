#!/bin/bash
# Unpacks the sources of fmt and Google Benchmark, which Debian packages only in compiled form, into a
# separate folder for ci/bundle.sh, which packs sources only.
# Usage: ci/deps/sources.sh [PREFIX]   (default .deps/sources in the checkout)
# Environment: KERNELGATE_DEBS  folder with the sources, used only if the mirror does not have them
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/other_suite.sh"
suite=bookworm

from_mirror() {
  set_up_private_apt "$work/apt" "$suite" deb-src || return 1
  (cd "$work/debs" &&
    private_apt "$work/apt" apt-get -qq source --download-only fmtlib benchmark) || return 1
  origin="the source packages of suite $suite of the configured mirror"
}

from_folder() { take_offline "$suite" 'fmtlib_|benchmark_'; }

# The upstream release without Debian's packaging; VERSION contains Debian's version.
unpack_source() {
  local source=$1 folder=$2 dsc archive
  dsc=$(find "$work/debs" -name "${source}_*.dsc")
  archive=$(find "$work/debs" -name "${source}_*.orig.tar.*" ! -name '*.asc')
  mkdir "$work/root/$folder"
  tar -xf "$archive" -C "$work/root/$folder" --strip-components=1
  awk '/^Version: / { print $2; exit }' "$dsc" > "$work/root/$folder/VERSION"
}

open_prefix sources "$@"
take_packages "sources of fmt and Google Benchmark" \
  "skipped: neither the mirror nor an offline copy has the sources of fmt and Google Benchmark"
unpack_source fmtlib fmt
unpack_source benchmark benchmark
must_have fmt/src/format.cc
must_have benchmark/src/benchmark.cc
keep_prefix "fmt $(cat "$work/root/fmt/VERSION"), Google Benchmark $(cat "$work/root/benchmark/VERSION")"
