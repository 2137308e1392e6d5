# shellcheck shell=bash
# Shared by the tests of this folder: packs a bundle into the folder in the first argument. Skips the
# test with a message if something to pack is not available. Source it.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=${1:?the folder to work in}
rm -rf "$work"
mkdir -p "$work"
for needed in "${KERNELGATE_SOURCES:-$root/.deps/sources}/SOURCE" /usr/src/googletest \
  /usr/share/javascript/chart.js/chart.min.js; do
  if [[ ! -e $needed ]]; then
    echo "skipped: no $needed: ci/bootstrap.sh bundle installs it"
    exit 0
  fi
done
if ! git -C "$root" rev-parse HEAD > /dev/null 2>&1; then
  echo "skipped: not a git checkout, and a bundle holds a commit"
  exit 0
fi
bundle=$work/bundle.tar.gz
"$root/ci/bundle.sh" "$bundle"
fail() { echo "FAILED: $*" >&2; exit 1; }
