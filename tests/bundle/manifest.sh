#!/bin/bash
# Tests that the verification accepts a complete bundle and rejects a broken one with a list of the
# broken files, and that the same commit gives the same bytes.
. "$(dirname "${BASH_SOURCE[0]}")/packed.sh" "$@"
"$root/ci/bundle.sh" "$work/again.tar.gz" > /dev/null
cmp "$bundle" "$work/again.tar.gz" || fail "packed twice, and the bytes differ"
"$root/ci/bundle.sh" --verify "$bundle" || fail "a whole bundle was refused"

tar -xzf "$bundle" -C "$work"
folder=$(find "$work" -mindepth 1 -maxdepth 1 -type d)
third=$folder/third_party
verify() { "$root/ci/bundle.sh" --verify "$folder" 2>&1; }

# refuses WHAT WORDS: expects that the folder is rejected with exit code 2 and these words.
refuses() {
  local said status=0
  said=$(verify) || status=$?
  ((status == 2)) || fail "$1: exit code $status, expected 2: $said"
  [[ $said == *"$2"* ]] || fail "$1: expected '$2', got: $said"
  echo "refused: $1"
}

verify || fail "the unpacked folder was refused"
mkdir "$folder/build-gpu-cuda"  # a build in the source folder is ignored
touch "$folder/build-gpu-cuda/build.ninja"
verify || fail "a build in the folder was taken for a fault"

header=fmt/include/fmt/format.h
mv "$third/$header" "$work/kept"
refuses "a header that is missing" "third_party/$header: missing"
cp "$third/SHA256SUMS" "$work/sums"
sed -i "\|$header\$|d" "$third/SHA256SUMS"
refuses "a header that is missing from the sums as well" "fmt/format.h: missing in third_party"
mv "$work/kept" "$third/$header"
refuses "a file that the sums do not know" "third_party/$header: not in the sums"
cp "$work/sums" "$third/SHA256SUMS"

mv "$third/chart.js" "$work/kept"
sed -i '\|third_party/chart.js/|d' "$third/SHA256SUMS"
refuses "a library left out altogether" "third_party/chart.js/chart.min.js: missing"
mv "$work/kept" "$third/chart.js"
cp "$work/sums" "$third/SHA256SUMS"

echo "// changed" >> "$folder/harness/cli/main.cpp"
refuses "a changed source" "harness/cli/main.cpp: changed"
git -C "$root" show HEAD:harness/cli/main.cpp > "$folder/harness/cli/main.cpp"
verify || fail "the folder is whole again and was refused"

rm "$third/SHA256SUMS"
refuses "a folder without sums" "no third_party/SHA256SUMS"
head -c 100000 "$bundle" > "$work/cut.tar.gz"
if "$root/ci/bundle.sh" --verify "$work/cut.tar.gz" 2> /dev/null; then fail "half a file was taken"; fi
echo "refused: half a file"

# Without a device, with or without --arch, nothing is reported as measured.
if [[ ! -e /dev/nvidia0 && ! -e /dev/kfd ]]; then
  status=0
  said=$("$root/ci/on-gpu.sh" --output "$work/results" 2>&1) || status=$?
  ((status == 5)) || fail "on-gpu.sh without a device: exit code $status, expected 5: $said"
  [[ $said == *"no device here"*"nothing is measured"* ]] || fail "on-gpu.sh said: $said"
  [[ ! -e $work/results ]] || fail "on-gpu.sh left results of nothing"
  echo "refused: a machine without a device"
fi
