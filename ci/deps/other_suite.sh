# shellcheck shell=bash
# Shared by the scripts of this folder that unpack Debian packages of another suite, or sources, into a
# separate folder. The other suite has a private apt state, so the system's apt is not changed. A script
# calls open_prefix, take_packages, unpack_packages and keep_prefix, in this order. It defines from_mirror
# and from_folder, which fill $work/debs and set origin. Source it; it defines functions only.

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { echo "$name: $*"; }

# open_prefix NAME [FOLDER]: sets prefix to the packages' folder (default .deps/NAME in the checkout) and
# work to an empty folder. If the packages are there already, it ends the script with exit code 0.
open_prefix() {
  name=$1
  prefix=$(realpath -m "${2:-$checkout/.deps/$name}")
  if [[ -f $prefix/SOURCE ]]; then
    say "$prefix holds $(head -1 "$prefix/SOURCE")"
    exit 0
  fi
  work=$prefix.new
  rm -rf "$work"
  mkdir -p "$work/debs" "$work/root"
  trap 'rm -rf "$work"' EXIT
}

# take_packages WHAT OTHERWISE: gets the packages from the mirror or an offline copy. If neither has
# them, it ends the script with the message OTHERWISE.
take_packages() {
  origin=
  if from_mirror; then return; fi
  say "the mirror gave no $1, trying an offline copy"
  find "$work/debs" -type f -delete
  if from_folder; then return; fi
  say "$2" >&2
  exit 1
}

# unpack_packages FILE: unpacks every package into $work/root, which must then contain FILE.
unpack_packages() {
  local package
  for package in "$work"/debs/*.deb; do dpkg -x "$package" "$work/root"; done
  must_have "$1"
}

must_have() {
  if [[ ! -f $work/root/$1 ]]; then
    say "the packages hold no $1" >&2
    exit 1
  fi
}

# keep_prefix TITLE: moves the unpacked files to the prefix and describes them in its file SOURCE.
keep_prefix() {
  rm -rf "$prefix"
  mkdir -p "$(dirname "$prefix")"
  mv "$work/root" "$prefix"
  { echo "$1 from $origin"; basename -a "$work"/debs/*; } > "$prefix/SOURCE"
  say "$(head -1 "$prefix/SOURCE"), unpacked into $prefix"
}

# The mirror of this machine's own Debian suite.
mirror_in_use() {
  local codename
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  apt-get indextargets --format '$(CODENAME)|$(SITE)' 'Created-By: Packages' 2>/dev/null |
    awk -F'|' -v want="$codename" '$1 == want && !found { print $2; found = 1 }'
}

# private_apt FOLDER COMMAND...: runs apt-get or apt-cache on the state in that folder.
private_apt() {
  local folder=$1
  shift
  APT_CONFIG=$folder/apt.conf "$@"
}

# set_up_private_apt FOLDER SUITE [deb-src]: creates an apt state with the suite's index of packages or
# of sources. Fails if there is no index.
set_up_private_apt() {
  local dir=$1 suite=$2 kind=${3:-deb} site
  site=$(mirror_in_use)
  if [[ -z $site ]]; then
    say "no Debian mirror is configured with an index of this machine's suite"
    return 1
  fi
  mkdir -p "$dir"/{lists/partial,cache/archives/partial,parts}
  : > "$dir/status"
  echo "$kind [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $site $suite main" \
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
  private_apt "$dir" apt-get -qq update
}

# suite_has FOLDER PACKAGE
suite_has() {
  local policy
  policy=$(private_apt "$1" apt-cache policy "$2" 2>/dev/null)
  [[ $policy == *"Candidate: "[0-9]* ]]
}

# take_offline SUITE PATTERN: copies the matching files of SUITE/ in an offline folder of packages, in
# case the mirror no longer has them: KERNELGATE_DEBS, or shared/debs beside the checkout (beside the
# main checkout, if this one is a git worktree). If the folder has SHA256SUMS, they are checked.
take_offline() {
  local suite=$1 pattern=$2 common folder files
  common=$(git -C "$checkout" rev-parse --path-format=absolute --git-common-dir 2>/dev/null || true)
  for folder in "${KERNELGATE_DEBS:-}" "$checkout/../shared/debs" ${common:+"$common/../../shared/debs"}; do
    [[ -n $folder && -d $folder/$suite ]] || continue
    mapfile -t files < <(find "$folder/$suite" -type f | grep -E "/($pattern)[^/]*$" || true)
    ((${#files[@]})) || continue
    if [[ -f $folder/SHA256SUMS ]]; then
      (cd "$folder" && grep -E "/($pattern)[^/]*$" SHA256SUMS |
        sha256sum --check --quiet --strict) >&2 || return 1
    fi
    cp "${files[@]}" "$work/debs/" || return 1
    origin="the offline copy ${folder##*/}"
    return 0
  done
  say "no offline copy (set KERNELGATE_DEBS to a folder that has $suite/ with it)"
  return 1
}
