#!/bin/bash
# Tests that an unpacked bundle configures and compiles its libraries and the code that uses them,
# with this system's copies of the libraries hidden and without network. Hiding needs root. Without
# root, the test checks only that the libraries come from the bundle.
. "$(dirname "${BASH_SOURCE[0]}")/packed.sh" "$@"
tar -xzf "$bundle" -C "$work"
folder=$(find "$work" -mindepth 1 -maxdepth 1 -type d)

cat > "$work/inside.sh" <<'INSIDE'
set -euo pipefail
if [[ $2 == hidden ]]; then
  for place in /usr/include/{fmt,nlohmann,CLI,libfccp,gtest,gmock,benchmark,oneapi} /usr/src/googletest \
    /usr/share/javascript /usr/share/nodejs /usr/share/cmake/{CLI11,nlohmann_json} /usr/lib/*/cmake; do
    if [[ -d $place ]]; then mount -t tmpfs none "$place"; fi
  done
fi
cd "$1"
cmake -S . -B build -G Ninja -DKERNELGATE_KOKKOS=OFF -DKERNELGATE_KERNELS=bias_balance
targets=$(ninja -C build -t targets all | sed -n 's/^\(bundled_[a-z_]*\): .*/\1/p')
ninja -C build $targets kernelgate_core
INSIDE
namespaces=(unshare --mount --net)
how=hidden
if ! "${namespaces[@]}" mount -t tmpfs none /mnt 2> /dev/null; then
  echo "not root: the system's copies stay in sight"
  namespaces=() how=in_sight
fi
"${namespaces[@]}" bash "$work/inside.sh" "$folder" "$how" | tee "$work/log.txt"
grep -q "Libraries: those of this bundle" "$work/log.txt" || fail "the bundle's libraries were not taken"
grep -q "Kokkos: *none (left out)" "$work/log.txt" || fail "nothing says that Kokkos is left out"
[[ $(grep -c "no baselines" "$work/log.txt") == 1 ]] || fail "the baselines: expected one line"
if grep -oE 'isystem /usr/include/(fmt|nlohmann|CLI)' "$folder/build/build.ninja"; then
  fail "the system's headers are on the include path"
fi
grep -q "$(< "$folder/third_party/COMMIT")" "$folder/build/generated_headers/generated/commit.hpp" ||
  fail "records would not know the commit of the bundle"
