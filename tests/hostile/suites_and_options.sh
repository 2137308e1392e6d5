# Suites, case ids and options. Sourced by hostile.sh. shellcheck shell=bash

refuses "an unknown suite" "unknown suite 'nightly'; there are: .*smoke" -- check --suite nightly
refuses "a suite that is not there" "none.csv: no such file" -- check --suite none.csv
mkdir folder.csv
refuses "a folder for a suite" "folder.csv: not a regular file" -- check --suite folder.csv
refuses "a name longer than any file's" "unknown suite" -- check --suite "$(head -c 5000 /dev/zero | tr '\0' a)"

# refuses_suite "what it is" TEXT 'pattern' …
refuses_suite() {
  local name=$1
  printf '%b' "$2" >s.csv
  shift 2
  refuses "$name" "$@" -- check --suite s.csv
  refuses "$name" "$@" -- list --suite s.csv
}
head="kernel,cases,variants\n"
refuses_suite "an unknown kernel" "${head}top_k,@smoke,*\nquadratic,f32,*\n" \
  "s.csv:3: column 'kernel': got 'quadratic', expected one of .*linear"
refuses_suite "a bad number" "${head}linear,\"tokens=7x,f32\",*\n" \
  "s.csv:2: column 'cases': got 'tokens=7x,f32'" "axis 'tokens': expected a whole number from 1 to .*, got '7x'"
refuses_suite "a number too large" "${head}linear,\"tokens=99999999999999999999\",*\n" \
  "s.csv:2: .*axis 'tokens': expected a whole number"
refuses_suite "a case larger than any memory" \
  "${head}linear,\"tokens=1048576,out=16777216,in=1048576,f32\",*\n" "s.csv:2: .*take at most [0-9]+ bytes"
refuses_suite "an unknown axis" "${head}linear,rows=7,*\n" "s.csv:2: .*no axis 'rows'; it has: tokens"
refuses_suite "an unknown type" "${head}linear,f128,*\n" "s.csv:2: .*expected one of f32 bf16 f16, got 'f128'"
refuses_suite "an unknown variant" "${head}linear,f32,magic\n" \
  "s.csv:2: column 'variants': got 'magic', expected one of \* kokkos"
refuses_suite "an unknown list" "${head}linear,@nightly,*\n" "s.csv:2: column 'cases': got '@nightly', expected a list that exists"
refuses_suite "a list elsewhere" "${head}linear,@../../../../etc/passwd,*\n" "s.csv:2: column 'cases': got '@../../"
refuses_suite "a missing column" "kernel,cases\nlinear,f32\n" "s.csv" "variants" "expected the columns kernel,cases,variants"
refuses_suite "too few fields" "${head}linear,f32\n" "s.csv" "line 2|:2:"
refuses_suite "too many fields" "${head}linear,f32,*,*\n" "s.csv" "line 2|:2:"
refuses_suite "a quote without end" "${head}linear,\"tokens=7,*\n" "s.csv" "line 2|:2:"
refuses_suite "an empty file" "" "s.csv" "expected the columns"
refuses_suite "a zero byte" "${head}lin\\0000ear,f32,*\n" "s.csv:2: expected text, got a zero byte"
printf 'kernel,cases,variants\n' >s.csv
head -c 17000000 /dev/zero | tr '\0' x >>s.csv
refuses "a line of 17 MB" "s.csv" -- check --suite s.csv

# refuses_case "what it is" ID 'pattern' …
refuses_case() {
  local name=$1 id=$2
  shift 2
  refuses "$name" "$@" -- check --case "$id"
  refuses "$name" "$@" -- bench --case "$id"
}
refuses_case "an unknown kernel" quadratic/f32 "unknown kernel 'quadratic'; this build has: "
refuses_case "an unknown variant" linear/magic/f32 "has no variant 'magic'; it has: kokkos"
refuses_case "a bad number" linear/tokens=seven,f32 "axis 'tokens': .*got 'seven'"
refuses_case "an axis twice" linear/tokens=1,tokens=2 "axis 'tokens' occurs twice"
refuses_case "no value" linear/tokens= "case 'tokens='"
refuses_case "axes that contradict each other" top_k/columns=5,valid=6,f32 "axis 'valid': expected at most columns = 5, got 6"
refuses_case "a terminal's commands" $'linear/\033[31m' "got '.x1b\[31m'"

refuses "an unknown command" "transmogrify" -- transmogrify
refuses "no command" "subcommand" --
refuses "an unknown option" "magic" -- check --magic
refuses "an unknown backend" "backend.*abacus" -- check --backend abacus
refuses "an unknown kernel" "unknown kernel 'quadratic'" -- check --kernel quadratic
refuses "a seed that is no number" "seed" -- check --case linear/f32 --seed x
refuses "no threads" "threads" -- --threads 0 list

refuses_ids() {
  refuses "$1" "$3" -- forward --model t0 --input-ids "$2" --output out.safetensors
  if [ -e out.safetensors ]; then complain "wrote an output nevertheless"; fi
}
refuses_ids "a word among the ids" 2,x,76 "input-ids: expected token ids such as 2,39,76, got 'x'"
refuses_ids "no id between commas" 2,,76 "input-ids: expected token ids"
refuses_ids "no ids" "" "input-ids: expected token ids"
refuses_ids "a negative id" 2,-1 "got '-1'"
refuses_ids "an id beyond 2^31" 2,2147483648 "got '2147483648'"
refuses_ids "an id beyond the vocabulary" 2,512 "token 1: expected an id from 0 to 511, got 512"
refuses_ids "a list that is not there" none.csv "none.csv"
refuses_ids "a folder for a list" folder.csv "folder.csv"
printf 'token\n2\n' >ids.csv
refuses_ids "a list without its column" ids.csv "ids.csv.*expected the column id"
printf 'id\n2\nx\n' >ids.csv
refuses_ids "a word in a list" ids.csv "ids.csv:3: expected token ids.*got 'x'"
printf 'id\n' >ids.csv
refuses_ids "a list of nothing" ids.csv "ids.csv"

forward() { refuses "$@" --input-ids 2 --output out.safetensors; }
forward "an unknown backend" "backend.*abacus" -- forward --model t0 --backend abacus
forward "an unknown model" "9b" -- forward --model 9b
forward "an unknown rounding" "f8" -- forward --model t0 --precision f8
forward "an unknown skip rule" "perhaps" -- forward --model t0 --skip-expert perhaps
forward "neither model nor checkpoint" "forward: give either --checkpoint" -- forward
forward "a chunk of nothing" "chunk" -- forward --model t0 --chunk 0

mkdir root
KERNELGATE_ROOT=$work/root refuses "a root without suites" "no folder of suites; looked for .*/root/suites" -- list

# Every reader reports a Git LFS pointer in place of a file.
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:00ff\nsize 17683\n' >pointer
kind='got a Git LFS pointer in place of a file of 17683 bytes; run `git lfs pull`'
cp pointer pointer.csv
cp pointer pointer.so

rsa=(--model t1 --n 1 --c 1 --t 0 --beta 2 --tau 1 --output out)
refuses "a pointer for a suite" "pointer.csv: expected a CSV file, $kind" -- check --suite pointer.csv
refuses "a pointer for records" "pointer.csv: expected a records file \(CSV\), $kind" -- report --records pointer.csv --output out
refuses "a pointer for ids" "pointer: expected a CSV file, $kind" -- forward --model t1 --input-ids pointer --output out
refuses "a pointer for prompts" "pointer: expected text, $kind" -- rsa "${rsa[@]}" --input-ids 2 --prompts pointer
refuses "a pointer for a tokenizer" "pointer: expected a SentencePiece model, $kind" -- rsa "${rsa[@]}" --prompt x --tokenizer pointer
refuses "a pointer for vectors" "pointer: expected a safetensors file, $kind" -- vectors check --vectors pointer --outputs pointer
refuses "a pointer for a plugin" "expected a shared library, $kind" -- check --plugin ./pointer.so
rm -f pointer pointer.csv pointer.so
