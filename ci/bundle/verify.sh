# shellcheck shell=bash
# Checks that a bundle is complete. Shared by ci/bundle.sh, which packs bundles, and ci/on-gpu.sh, which
# builds from them. Source it after ci/lib.sh.

# Every header of a packed library that the project's own sources include, as "fmt/format.h".
included_headers() {
  grep -rhoE --include='*.hpp' --include='*.cpp' --include='*.h' --include='*.cu' --include='*.hip' \
    '^ *#include <(fmt|nlohmann|CLI|libfccp|gtest|gmock|benchmark)/[^>]*>' "$1"/{harness,kernels,reference,tests} |
    sed 's/.*<\(.*\)>.*/\1/' | sort -u
}

# Writes third_party/SHA256SUMS, with every file of the bundle except itself.
write_sums() {
  (cd "$1" && find . -type f ! -path ./third_party/SHA256SUMS -printf '%P\n' | LC_ALL=C sort |
    tr '\n' '\0' | xargs -0 sha256sum) > "$1/third_party/SHA256SUMS"
}

# verify_bundle FOLDER NAME: compares the folder with its checksums, ci/bundle/libraries.csv and the
# headers that the sources include. Prints one line per fault and returns 2 if there are any. Ignores
# files outside third_party/ without a checksum, such as a build.
verify_bundle() {
  local folder=$1 title=$2 header path faults=''
  if [[ ! -f $folder/third_party/SHA256SUMS ]]; then
    say "$title: no third_party/SHA256SUMS: not a bundle, or not the whole of one" >&2
    return 2
  fi
  faults+=$(cd "$folder" && LC_ALL=C sha256sum --check --quiet --strict third_party/SHA256SUMS 2> /dev/null |
    sed -e 's/: FAILED open or read$/: missing/' -e 's/: FAILED$/: changed/' || true)
  faults+=$'\n'$(cd "$folder" && LC_ALL=C comm -13 <(cut -c67- third_party/SHA256SUMS | LC_ALL=C sort) \
    <(find third_party -type f ! -path third_party/SHA256SUMS | LC_ALL=C sort) | sed 's/$/: not in the sums/')
  while IFS=, read -r _ _ _ path; do
    if [[ ! -e $folder/third_party/$path ]]; then
      faults+=$'\n'"third_party/$path: missing, ci/bundle/libraries.csv lists it"
    fi
  done < <(tail -n +2 "$folder/ci/bundle/libraries.csv")
  while read -r header; do
    if ! compgen -G "$folder/third_party/*/include/$header" > /dev/null &&
      ! compgen -G "$folder/third_party/*/*/include/$header" > /dev/null; then
      faults+=$'\n'"$header: missing in third_party, the sources include it"
    fi
  done < <(included_headers "$folder")
  faults=$(grep -v '^$' <<< "$faults" || true)
  if [[ -n $faults ]]; then
    say "$title: this bundle is not whole; pack and copy it again:" >&2
    head -20 <<< "$faults" >&2
    return 2
  fi
}
