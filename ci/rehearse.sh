#!/bin/bash
# Runs scripts of this project in an empty Debian 12, as a new user would: a clean clone of the last
# commit in a root made by mmdebstrap that contains only apt.
# Usage: ci/rehearse.sh [--shared] [--keep] [--root DIR] [COMMAND ...]
#   COMMAND   commands to run in the clone, each in its own shell (default: ci/quickstart.sh ci/test.sh)
#   --shared  copy ../shared beside the clone
#   --keep    keep the root for inspection
#   --root    folder of the root (default: a new folder below TMPDIR)
# Needs root (mounts, chroot). Uses this machine's configured mirror, proxy and certificates.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ci/lib.sh

release=bookworm
shared=0 keep=0 root='' commands=()
while (($#)); do
  case $1 in
    --shared) shared=1 ;;
    --keep) keep=1 ;;
    --root) root=${2:?--root needs a folder}; shift ;;
    -*) say "unknown option '$1', expected --shared, --keep or --root" >&2; exit 2 ;;
    *) commands+=("$1") ;;
  esac
  shift
done
((${#commands[@]})) || commands=(ci/quickstart.sh ci/test.sh)
((EUID == 0)) || { say "needs root" >&2; exit 2; }
command -v mmdebstrap > /dev/null || {
  apt-get -o DPkg::Lock::Timeout=600 -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -qq install -y \
    --no-install-recommends mmdebstrap > /dev/null
}

if [[ -z $root ]]; then root=$(mktemp -d); else mkdir -p "$root"; fi
if [[ -n $(ls -A "$root") ]]; then say "$root is not empty" >&2; exit 2; fi
cleanup() { if ((keep)); then say "left in $root"; else rm -rf --one-file-system "$root"; fi; }
trap 'stages_summary; cleanup' EXIT

# The suites of this release that this machine uses, from its mirror.
sources() {
  apt-get indextargets --format 'deb $(SITE) $(RELEASE) main' 'Created-By: Packages' |
    awk -v suite="$release" '$3 ~ "^" suite "(-updates|-security)?$"' | sort -u
}

# This machine's apt settings for proxies and certificates.
transport() { apt-config dump | grep -E '^Acquire::https?::([^ ]*::)?(Proxy|CaInfo|CaPath)[^ ]* ' || true; }

stage "an empty $release"
sources=$(sources)
[[ -n $sources ]] || { say "no $release among this machine's package lists (apt-get update)" >&2; exit 1; }
mmdebstrap --quiet --variant=apt --include=ca-certificates \
  --aptopt='APT::Install-Recommends "false"' --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-include=/usr/share/doc/*/copyright' "$release" "$root" - <<< "$sources"
transport > "$root/etc/apt/apt.conf.d/90transport"
certificates=/etc/ssl/certs/ca-certificates.crt
if [[ -f $certificates ]]; then cp "$certificates" "$root$certificates"; fi
for file in /etc/resolv.conf /etc/hosts; do
  if [[ -f $file ]]; then cp --dereference "$file" "$root$file"; fi
done

stage "a clean clone of $(git rev-parse --short HEAD)"
# A path with a space: every script, target and test must work in one.
folder="/rehearsal of a clone"
mkdir -p "$root$folder"
git clone --quiet --no-local . "$root$folder/kernelgate"
if ((shared)); then
  common=$(git rev-parse --path-format=absolute --git-common-dir)
  cp -r "$(dirname "$common")/../shared" "$root$folder/shared"
fi

# In a separate mount namespace, so that nothing stays mounted after an error.
enter() {
  local environment=(HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb LANG=C.UTF-8) name
  for name in CI KERNELGATE_JOBS http_proxy https_proxy no_proxy OPENBLAS_CORETYPE OPENBLAS_L2_SIZE; do
    if [[ -n ${!name:-} ]]; then environment+=("$name=${!name}"); fi
  done
  unshare --mount bash -c '
    mount --make-rprivate / && mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" &&
    mount --bind /sys "$0/sys" && exec chroot "$0" env -i "$@"' \
    "$root" "${environment[@]}" bash -c "cd '$folder/kernelgate' && $1" < /dev/null
}

for command in "${commands[@]}"; do
  stage "$command"
  enter "$command"
done
