#!/bin/bash
# Unpacks NVIDIA's compiler (nvcc, its headers and device library; no driver, no toolkit) into a
# separate folder, from NVIDIA's packages on PyPI. Does nothing if nvcc is installed.
# Usage: ci/deps/cuda.sh [PREFIX]   (default .deps/cuda in the checkout)
# Environment: KERNELGATE_CUDA_ALWAYS=1  unpack even if nvcc is installed
set -euo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
prefix=$(realpath -m "${1:-$checkout/.deps/cuda}")
# The release of CUDA that the committed baselines were made with.
packages=(nvidia-cuda-nvcc==13.0.88 nvidia-nvvm==13.0.88 nvidia-cuda-crt==13.0.88
  nvidia-cuda-runtime==13.0.96 nvidia-cuda-cccl==13.0.85)

say() { echo "cuda: $*"; }

if [[ -z ${KERNELGATE_CUDA_ALWAYS:-} ]]; then
  for nvcc in "$(command -v nvcc || true)" /usr/local/cuda/bin/nvcc; do
    if [[ -x $nvcc ]]; then
      say "$nvcc is there"
      exit 0
    fi
  done
fi
if [[ -f $prefix/SOURCE ]]; then
  say "$prefix holds $(head -1 "$prefix/SOURCE")"
  exit 0
fi
if ! python3 -m pip --version > /dev/null 2>&1; then
  say "skipped: no pip to ask PyPI for ${packages[0]} (Debian: python3-pip)" >&2
  exit 1
fi

work=$prefix.new
rm -rf "$work"
mkdir -p "$work/wheels" "$work/root"
trap 'rm -rf "$work"' EXIT
if ! python3 -m pip download --quiet --no-deps --only-binary=:all: --dest "$work/wheels" \
  "${packages[@]}"; then
  say "skipped: PyPI did not give ${packages[*]}" >&2
  exit 1
fi
# Wheels are zip files whose nvidia/cu13 folders are merged. Permissions are not preserved.
for wheel in "$work"/wheels/*.whl; do python3 -m zipfile -e "$wheel" "$work/root"; done
found=$(find "$work/root/nvidia" -path '*/bin/nvcc' -print -quit)
if [[ -z $found ]]; then
  say "the packages hold no bin/nvcc" >&2
  exit 1
fi
root=$(dirname "$(dirname "$found")")
find "$root/bin" "$root/nvvm/bin" -type f -exec chmod +x {} +
rm -rf "$prefix"
mkdir -p "$(dirname "$prefix")"
mv "$root" "$prefix"
if ! version=$("$prefix/bin/nvcc" --version | grep -om1 'V[0-9]*\.[0-9]*\.[0-9]*'); then
  say "the nvcc of these packages does not run here" >&2
  rm -rf "$prefix"
  exit 1
fi
{ echo "nvcc $version from PyPI"; basename -a "$work"/wheels/*.whl; } > "$prefix/SOURCE"
say "nvcc $version from PyPI, unpacked into $prefix"
