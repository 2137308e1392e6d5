# shellcheck shell=bash
# Shared by the scripts of this folder that take packages from another Debian suite than the
# machine's own. The system's apt is not touched: the other suite gets a private state in a folder.
# Source it; it defines functions only.

# The mirror that this machine's own Debian suite comes from.
mirror_in_use() {
  local codename
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  apt-get indextargets --format '$(CODENAME)|$(SITE)' 'Created-By: Packages' 2>/dev/null |
    awk -F'|' -v want="$codename" '$1 == want && !found { print $2; found = 1 }'
}

# private_apt FOLDER COMMAND...: apt-get or apt-cache on the state in that folder.
private_apt() {
  local folder=$1
  shift
  APT_CONFIG=$folder/apt.conf "$@"
}

# set_up_private_apt FOLDER SUITE: an apt state of its own, with the suite's index. Fails without one.
set_up_private_apt() {
  local dir=$1 suite=$2 site
  site=$(mirror_in_use)
  if [[ -z $site ]]; then
    say "no Debian mirror is configured with an index of this machine's suite"
    return 1
  fi
  mkdir -p "$dir"/{lists/partial,cache/archives/partial,parts}
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
  private_apt "$dir" apt-get -qq update
}

# suite_has FOLDER PACKAGE
suite_has() {
  local policy
  policy=$(private_apt "$1" apt-cache policy "$2" 2>/dev/null)
  [[ $policy == *"Candidate: "[0-9]* ]]
}

# offline_packages CHECKOUT SUITE PATTERN: a folder of packages kept for the day the mirror has moved
# on, that has SUITE/PATTERN: KERNELGATE_DEBS, or shared/debs beside the checkout (beside the main
# checkout, when this one is a git worktree). Checks the sums of what matches, prints the folder.
offline_packages() {
  local checkout=$1 suite=$2 pattern=$3 common folder
  common=$(git -C "$checkout" rev-parse --path-format=absolute --git-common-dir 2>/dev/null || true)
  for folder in "${KERNELGATE_DEBS:-}" "$checkout/../shared/debs" ${common:+"$common/../../shared/debs"}; do
    [[ -n $folder && -d $folder/$suite ]] || continue
    if [[ -f $folder/SHA256SUMS ]]; then
      (cd "$folder" && grep -E "$pattern" SHA256SUMS | sha256sum --check --quiet --strict) >&2 || return 1
    fi
    echo "$folder"
    return 0
  done
  return 1
}
