#!/bin/bash
# Packs a bundle for a machine that has a GPU, its toolkit, g++, cmake and ninja but no network: the
# last commit of this checkout and, in third_party/, its libraries as headers and sources with their
# licences (ci/bundle/libraries.csv). The same commit and packages give the same bytes. Its use is
# described in docs/gpu.md.
# Usage: ci/bundle.sh [FILE]            pack (default kernelgate-COMMIT.tar.gz in this folder)
#        ci/bundle.sh --verify PATH     check a packed file or unpacked folder for missing, changed and
#                                       added files. Exit code 2 if there are any
# Environment: KERNELGATE_SOURCES  folder written by ci/deps/sources.sh (default .deps/sources)
set -euo pipefail
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$checkout/ci/lib.sh"
. "$checkout/ci/bundle/verify.sh"

verify_file() {
  local folder
  folder=$(mktemp -d)
  # shellcheck disable=SC2064
  trap "rm -rf '$folder'" EXIT
  if ! tar -xzf "$1" -C "$folder"; then
    say "$1: expected a tar file as ci/bundle.sh packs it" >&2
    return 2
  fi
  verify_bundle "$(find "$folder" -mindepth 1 -maxdepth 1)" "$1"
}

case ${1:-} in
  --verify)
    path=${2:?--verify needs a packed file or the folder of a bundle}
    if [[ -d $path ]]; then verify_bundle "$path" "$path"; else verify_file "$path"; fi
    exit
    ;;
  -*) say "unknown option '$1', expected --verify or a file to write" >&2; exit 2 ;;
esac

commit=$(git -C "$checkout" describe --always --abbrev=12 HEAD)
file=$(realpath -m "${1:-kernelgate-$commit.tar.gz}")
sources=${KERNELGATE_SOURCES:-$checkout/.deps/sources}
if ! git -C "$checkout" diff --quiet HEAD; then
  say "changes that are not committed are not packed"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
folder=$work/kernelgate-$commit
mkdir -p "$folder/third_party"
git -C "$checkout" archive HEAD | tar -x -C "$folder"

version_of() {  # package, origin
  if [[ $2 == sources:* ]]; then
    cat "$sources/$(cut -d/ -f1 <<< "${2#sources:}")/VERSION"
  else
    dpkg-query -W -f '${Version}' "$1"
  fi
}

lay_library() {  # library, package, origin, destination
  local origin=${3/#sources:/$sources/} to=$folder/third_party/$4
  if [[ ! -e $origin ]]; then
    say "$1: no $origin: ci/bootstrap.sh bundle installs $2" >&2
    exit 2
  fi
  mkdir -p "$(dirname "$to")"
  cp -rL "$origin" "$to"
}

{
  echo "library,version,package,files"
  while IFS=, read -r library package from to; do
    lay_library "$library" "$package" "$from" "$to"
    echo "$library,$(version_of "$package" "$from"),$package,$to"
  done < <(tail -n +2 "$checkout/ci/bundle/libraries.csv")
} > "$work/PACKAGES.csv"
mv "$work/PACKAGES.csv" "$folder/third_party/"
echo "$commit" > "$folder/third_party/COMMIT"
write_sums "$folder"
verify_bundle "$folder" "$file"

# Independent of machine and time: sorted names, the commit's time, no owner, no umask.
stamp=$(git -C "$checkout" show -s --format=%ct HEAD)
mkdir -p "$(dirname "$file")"
tar --sort=name --mtime="@$stamp" --owner=0 --group=0 --numeric-owner --mode='u=rwX,go=rX' \
  --format=gnu -C "$work" -c "kernelgate-$commit" | gzip -n -9 > "$work/bundle.tar.gz"
mv "$work/bundle.tar.gz" "$file"
say "packed $file, $(stat -c %s "$file") bytes, commit $commit"
tail -n +2 "$folder/third_party/PACKAGES.csv" | cut -d, -f1-3 | sort -u |
  while IFS=, read -r library version package; do say "  $library $version ($package)"; done
say "  left out: Kokkos, oneDNN, OpenBLAS; variants kokkos* and baseline/* are not built there"
