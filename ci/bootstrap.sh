#!/bin/bash
# Installs missing packages to build kernelgate on Debian 12, then Kokkos below .deps/.
# Uses no network and no time if everything is installed.
# Usage: ci/bootstrap.sh [fuzz] [lint] [page] [device] [bundle] [slurm]   (to install in addition to the
# build's packages; device: the compilers of device code, which need no device; bundle: sources that
# ci/bundle.sh packs)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/lib.sh

packages=(
  g++ cmake ninja-build git ca-certificates
  libgtest-dev libgmock-dev libbenchmark-dev
  libfccp-dev libcli11-dev nlohmann-json3-dev libfmt-dev
  libdnnl-dev libopenblas-dev libsentencepiece-dev
  libjs-chart.js
)
for group in "$@"; do
  case $group in
    fuzz) packages+=(clang-22 libclang-rt-22-dev libomp-22-dev) ;;  # clang 14 cannot compile libstdc++ 12's <ranges>
    lint) packages+=(clang-format-14 clang-tidy-22 libomp-22-dev) ;;
    page) packages+=(chromium python3-venv) ;;
    device)
      packages+=(clang-22 clang-tools-22 lld-22 llvm-22 libamdhip64-5)
      # without NVIDIA's toolkit its compiler comes from PyPI
      if [[ -z $(command -v nvcc) && ! -x /usr/local/cuda/bin/nvcc ]]; then packages+=(python3-pip); fi
      ;;
    bundle) packages+=(googletest xz-utils) ;;
    slurm) packages+=(slurm-wlm munge) ;;
    *) say "unknown group '$group', expected fuzz, lint, page, device, bundle or slurm" >&2; exit 2 ;;
  esac
done

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo > /dev/null; then
    sudo --preserve-env=DEBIAN_FRONTEND "$@"
  else
    say "neither root nor sudo: cannot run $*" >&2
    return 1
  fi
}

refresh_lists() { as_root apt-get -o DPkg::Lock::Timeout=600 -qq update; }

if ! command -v dpkg-query > /dev/null; then
  say "not a Debian system: install what these packages hold by your own means: ${packages[*]}"
  say "Kokkos 5 is then looked for by CMake (docs/setup.md)"
  exit 0
fi

# dpkg-query prints a line "NAME install ok installed" for each requested package that is installed.
installed=$(dpkg-query -W -f '${Package} ${Status}\n' "${packages[@]}" 2> /dev/null || true)
missing=()
for package in "${packages[@]}"; do
  if [[ $'\n'$installed$'\n' != *$'\n'"$package install ok installed"$'\n'* ]]; then
    missing+=("$package")
  fi
done

if ((${#missing[@]})); then
  say "installing ${missing[*]}"
  refresh_lists
  export DEBIAN_FRONTEND=noninteractive
  as_root apt-get -o DPkg::Lock::Timeout=600 -qq install -y --no-install-recommends \
    "${missing[@]}" > /dev/null
elif [[ ! -f .deps/kokkos/SOURCE ]]; then
  refresh_lists || say "the package lists could not be refreshed; trying with what is there"
fi

# Without Debian's Kokkos, CMake looks for another one.
ci/deps/kokkos.sh || true

# Without these, each device-compile job that lacks a compiler is skipped with a message.
if [[ " $* " == *" device "* ]]; then
  ci/deps/cuda.sh || true
  ci/deps/rocm.sh || true
fi
if [[ " $* " == *" page "* ]]; then ci/deps/page-tools.sh || true; fi
if [[ " $* " == *" bundle "* ]]; then ci/deps/sources.sh || true; fi
