#!/bin/bash
# Tests `kernelgate rsa` on T1: the output lines, the same tokens for any number of threads, text input
# and output, a full disk, settings that must be rejected.
#
#   rsa.sh PROGRAM TOKENIZER CHECKOUT      TOKENIZER: writes a SentencePiece model; or none
program=$1
tokenizer=$2
checkout=$3
# shellcheck source=tests/program.sh
. "$(dirname "${BASH_SOURCE[0]}")/../program.sh"

rsa() { timeout 300 "$program" "$@" >said 2>&1 </dev/null; }

# shellcheck disable=SC2034 # by name, in arguments()
small=(rsa --model t1 --input-ids "2,39,76,113" --n 4 --c 2 --t 2 --beta 10 --beta-final 12 --tau 4 --seed 7)
# shellcheck disable=SC2034
text=(rsa --model t1 --n 4 --c 2 --t 1 --beta 12 --tau 6 --seed 3 --tokenizer tokenizer.model)

# arguments small|text [OPTION VALUE]…: the list's arguments, with these options replaced or appended.
arguments() {
  local -n list=$1
  args=("${list[@]}")
  shift
  local i
  while [ $# -ge 2 ]; do
    for i in "${!args[@]}"; do
      if [ "${args[i]}" = "$1" ]; then
        args[i + 1]=$2
        shift 2
        continue 2
      fi
    done
    args+=("$1" "$2")
    shift 2
  done
}

# ends_with CODE "what it is" 'pattern' … -- arguments
ends_with() {
  local wanted=$1
  what=$2
  shift 2
  local patterns=()
  while [ "$1" != -- ]; do
    patterns+=("$1")
    shift
  done
  shift
  case $1 in
    small | text | loaded | many) arguments "$@" ;;
    *) args=("$@") ;;
  esac
  rsa "${args[@]}"
  local code=$?
  [ $code -eq "$wanted" ] || complain "exit code $code, expected $wanted: ${args[*]}"
  local pattern
  for pattern in "${patterns[@]}"; do
    grep -qE -e "$pattern" said || complain "said nothing like '$pattern'"
  done
}

# |x| = 4, C tau = 8: at most 12 tokens per prompt, 4 (12 + 12) = 96 cached. 3 rounds, 4 rollouts of 10,
# 10 and 12 tokens without an eos; all but the last token of each are cached.
ends_with 0 "a run" \
  '^round 0  prompts of up to 4 tokens, 40 generated, peak cache 52 tokens, ended by 4 budget$' \
  '^round 1  prompts of up to 12 tokens, 40 generated, peak cache 84 tokens' \
  '^round 2  prompts of up to 12 tokens, 48 generated, peak cache 92 tokens' \
  '^tokens   112 in prompts, 128 generated$' \
  '^prompt   longest 12 tokens, bound 12: ' \
  '^cache    peak 92 tokens, 0.188 MB; bound 96, 0.197 MB: ' \
  '^state    0.029 MB fixed' \
  '^time     prefill [0-9.]+ s, decode [0-9.]+ s, sampling [0-9.]+ s$' \
  '^margins  [0-9]+ of 128 tokens' \
  -- small --output one
[ "$(wc -l <one)" -eq 4 ] || complain "$(wc -l <one) lines in the file, expected 4"
[ "$(grep -cE '^[0-9]+(,[0-9]+){11}$' one)" -eq 4 ] || complain "not 12 ids in each line: $(cat one)"

for threads in 1 3; do
  ends_with 0 "the run again with $threads threads" -- small --output again --threads "$threads"
  cmp -s one again || complain "other tokens than before"
done
ends_with 0 "another seed" -- small --seed 8 --output other
if cmp -s one other; then complain "the same tokens"; fi
mkfifo pipe
cat pipe >piped &
ends_with 0 "into a pipe" -- small --output pipe
wait $!
cmp -s one piped || complain "other tokens than in a file"

# Plain sampling, then the same with an id of its first rollout as eos: cut after its first occurrence.
ends_with 0 "plain sampling" 'round 0 and 0 aggregation rounds' -- small --t 0 --beta-final 10 --output plain
eos=$(head -1 plain | cut -d, -f5)
ends_with 0 "an eos" 'ended by .*eos' -- small --t 0 --beta-final 10 --eos "$eos" --output short
awk -F, -v OFS=, -v eos="$eos" '{ for (i = 1; i <= NF; ++i) if ($i == eos) { NF = i; $1 = $1 } print }' plain >ended
cmp -s ended short || complain "not cut behind the first $eos: $(cat short) of $(cat plain)"

# Ids that end a rollout come from the option, generation_config.json, config.json and the tokenizer, in this order.
fresh() {
  rm -rf c
  cp -r "$checkout/tests/oracle/data/full_attention" c
  chmod -R u+w c
}
# shellcheck disable=SC2034
loaded=(rsa --checkpoint c --input-ids "2,39,76" --n 4 --c 1 --t 0 --beta 40 --tau 4 --seed 5)
fresh
ends_with 0 "no eos on request" '^ends     eos none \(--eos\)' -- loaded --eos none --output plain
first=$(head -1 plain | cut -d, -f3)
second=$(sed -n 2p plain | cut -d, -f5)
# cut_at ID…: the lines of `plain`, each cut after the first of these ids.
cut_at() {
  awk -F, -v OFS=, -v ids=" $* " '{ for (i = 1; i <= NF; ++i) if (index(ids, " " $i " ")) { NF = i; $1 = $1 } print }' plain
}
ends_with 0 "an eos of generation_config.json" '^ends     eos 1 \(generation_config.json\)' -- loaded --output short
cut_at 1 | cmp -s - short || complain "not cut behind 1: $(cat short)"
sed -i "s/\"eos_token_id\": 1/\"eos_token_id\": [$first, $second]/" c/generation_config.json
ends_with 0 "a list of generation_config.json" \
  "^ends     eos $first,$second \(generation_config.json; config.json has 1\)" 'ended by .*eos' -- loaded --output short
cut_at "$first" "$second" | cmp -s - short || complain "not cut behind $first or $second: $(cat short)"
ends_with 0 "a list as option" "^ends     eos $second \(--eos\)" -- loaded --eos "$second" --output short
cut_at "$second" | cmp -s - short || complain "the option did not win: $(cat short)"
ends_with 0 "the kernels with the same list" "^ends     eos $first,$second \(--eos\)" -- \
  loaded --backend kokkos --eos "$first,$second" --output short
cut_at "$first" "$second" | cmp -s - short || complain "kokkos did not cut behind $first or $second"
rm c/generation_config.json
ends_with 0 "an eos of config.json" '^ends     eos 1 \(config.json\)' -- loaded --output short
cut_at 1 | cmp -s - short || complain "not cut behind 1: $(cat short)"
sed -i 's/"eos_token_id": 1/"eos_token_id": 128/' c/config.json
ends_with 2 "an eos beyond the vocabulary" "c/config.json: key 'eos_token_id': expected ids below the vocabulary's 128, got 128" \
  -- loaded --output x
ends_with 2 "an eos that is no list" "eos: expected token ids such as 1,106, got '1,,2'" -- loaded --eos 1,,2 --output x
printf '{"added_tokens_decoder": {"9": {"content": "<end>"}}, "eos_token": "<end>"}' >c/tokenizer_config.json
sed -i 's/"eos_token_id": 128/"eos_token_id": null/' c/config.json
ends_with 0 "an eos of tokenizer_config.json" '^ends     eos 9 \(tokenizer_config.json\)' -- loaded --output short
cut_at 9 | cmp -s - short || complain "not cut behind 9: $(cat short)"
ends_with 0 "an eos that is padding" 'note: eos 127 is never drawn: ids below 100 may be \(--valid\)' -- \
  loaded --valid 100 --eos 127 --output short
fresh
ends_with 2 "an end of think that is the eos of a file" \
  'end-of-think: expected an id that ends no rollout, got 1, which does by generation_config.json; --eos overrides it' \
  -- loaded --end-of-think 1 --output x
sed -i 's/"use_cache": true/"use_cache": true, "temperature": 0.5, "do_sample": false/' c/generation_config.json
ends_with 0 "sampling that the checkpoint states" 'note: .*generation_config.json states temperature 0.5 \(used: 1.0\), do_sample false \(used: true\)' \
  -- loaded --output short

# A marker that is never drawn: forced 4 tokens before the end, and an answer after it.
ends_with 0 "a forced answer" '4 answers forced' -- \
  small --valid 500 --end-of-think 511 --answer 4 --output forced
[ "$(cut -d, -f9 forced | sort -u)" = 511 ] || complain "no marker at the cut: $(cat forced)"
[ "$(grep -cE '^[0-9]+(,[0-9]+){11}$' forced)" -eq 4 ] || complain "not 12 ids: $(cat forced)"

# A full disk: the older file is kept.
ln -s /dev/full full
ends_with 2 "a full disk" "full.*No space left on device" -- small --output full
[ -L full ] || complain "the device was replaced by a file"
what="a disk that takes no more"
cp one kept
arguments small --output kept --seed 9
(
  trap '' XFSZ
  ulimit -f 0
  exec "$program" "${args[@]}"
) 2>&1 >/dev/null </dev/null | cat >said
code=${PIPESTATUS[0]}
[ "$code" -eq 2 ] || complain "exit code $code, expected 2"
grep -q "cannot write 'kept': File too large" said || complain "did not say why"
cmp -s one kept || complain "the older file was lost"
[ -e kept.part ] && complain "left a part of a file"

# The kernels draw the same tokens as the reference.
ends_with 0 "the reference" 'rollouts, reference' -- small --output reference.txt
ends_with 0 "kernels" 'backend kokkos' -- small --backend kokkos --output kernels.txt
cmp -s reference.txt kernels.txt || complain "kokkos drew other tokens than the reference"

ends_with 5 "a backend without its device" 'cuda|CUDA' -- small --backend cuda --output x
ends_with 2 "an unknown backend" 'abacus' -- small --backend abacus --output x

refuses() { ends_with 2 "$1" "$2" -- "${@:3}"; }
refuses "beta below tau" 'beta: expected at least --tau 4.*got 3' small --beta 3 --output x # S1
refuses "more tails than rollouts" 'c: expected at most --n 4.*got 5' small --c 5 --output x
refuses "no rollouts" 'n: expected a whole number from 1 to 65536, got .0.' small --n 0 --output x
refuses "a last budget without a last round" 'beta-final: expected --beta 10' small --t 0 --output x
refuses "an unknown sampling argument" 'top-q' small --top-q 1 --output x # S3
refuses "a sampling argument out of its range" 'top-p: expected a finite decimal number from 0 to 1, got .1[.]5.' small --top-p 1.5 --output x
refuses "a temperature that is no number" 'temperature' small --temperature nan --output x
refuses "an answer without a marker" 'answer: an answer is forced' small --answer 3 --output x
refuses "an id beyond the vocabulary" 'input-ids: token 0: expected an id from 0 to 511, got 512' small --input-ids 512 --output x
refuses "an eos that is a word" "eos: expected a token id, got '</s>'" small --eos '</s>' --output x
refuses "no model" 'rsa: give either --checkpoint' rsa --input-ids 1 --beta 2 --tau 1 --output x
refuses "no query" 'rsa: give either --input-ids' rsa --model t1 --beta 2 --tau 1 --output x
refuses "no tau" 'tau' rsa --model t1 --input-ids 1 --beta 2 --output x
refuses "text without a tokenizer" 'tokenizer' rsa --model t1 --prompt hello --beta 2 --tau 1 --output x
ends_with 7 "too much memory" 'rsa: keys, values and state of [0-9]+ tokens and logits of 65536 rollouts on reference: needs [0-9.]+ GB' \
  -- rsa --model t1 --input-ids 1 --n 65536 --c 2 --beta 9999999 --tau 1 --output x
if [ -e x ]; then complain "a refused run wrote a file"; fi

ends_with 0 "the default templates" '"plain"' '\{query\}' '\{candidate\}' -- rsa --show-prompts
cp said prompts.json
ends_with 0 "the printed templates read back" -- small --prompts prompts.json --output again
cmp -s one again || complain "other tokens than with the defaults"
echo '{"plain": ["{query}", {"ids": [512]}], "aggregate": ["{query}", {"each": ["{candidate}"]}]}' >bad.json
refuses "a template's id beyond the vocabulary" 'expected ids from 0 to 511, got 512' small --prompts bad.json --output x
echo '{"plain": ["{tail}"]}' >bad.json
refuses "a template without its parts" 'bad.json: prompts: expected the keys plain and aggregate' small --prompts bad.json --output x
refuses "templates that are not there" 'none.json: no such file' small --prompts none.json --output x

if [ "$tokenizer" != none ]; then
  "$tokenizer" tokenizer.model >made 2>/dev/null || { what="a tokenizer"; : >said; complain "was not made"; }
  # Braces, LaTeX and multi-byte characters (S2) are accepted, and the answer is text.
  ends_with 0 "text in and out" '^answer   ' -- text --prompt '{} \frac{1}{2} größe {query}' \
    --end-of-think '</think>' --selection majority --output ids --text-output text
  [ "$(grep -cE '^\{"boxed":.*"rollout":[0-3].*"text":' text)" -eq 4 ] || complain "not 4 objects: $(cat text)"
  [ "$(wc -l <ids)" -eq 4 ] || complain "not 4 lines of ids"
  # No file lists the tokenizer's added ids, so no id counts as padding.
  grep -q "^ids      all 512 may be drawn: no file states where the tokenizer's ids end" said || complain "guessed which ids are padding"
  [ "$(tr , '\n' <ids | sort -n | tail -1)" -ge 330 ] || complain "no id behind the pieces was drawn"
  # added_tokens.json adds two ids after the pieces, which may be drawn; the ids after them are padding.
  pieces=$(grep -oE 'pieces [0-9]+' made | cut -d' ' -f2)
  printf '{"<tool>": %d, "</tool>": %d}' "$pieces" $((pieces + 1)) >added_tokens.json
  # shellcheck disable=SC2034
  many=(rsa --model t1 --n 32 --c 1 --t 0 --beta 40 --tau 6 --seed 3 --temperature 100 --tokenizer tokenizer.model --eos none)
  ends_with 0 "added tokens" "^ids      below $((pieces + 2)) of 512 may be drawn \(added_tokens.json\)" -- \
    many --prompt 'a<tool>b' --output ids
  [ "$(tr , '\n' <ids | sort -n | tail -1)" -lt $((pieces + 2)) ] || complain "a padding id was drawn"
  # Not grep -q, which ends the pipe early, so that tr would fail.
  tr , '\n' <ids | grep -E "^($pieces|$((pieces + 1)))\$" >/dev/null || complain "an added token was never drawn"
  ends_with 0 "an added token as eos" "^ends     eos $((pieces + 1)) \(--eos\)" -- text --prompt x --eos '</tool>' --output ids
  printf '{"<tool>": %d}' 600 >added_tokens.json
  ends_with 0 "an added token beyond the vocabulary" "^ids      below 512 of 512" "note: .*'<tool>' has id 600" -- \
    text --prompt x --output ids
  printf '{"</think>": %d}' "$pieces" >added_tokens.json
  ends_with 0 "a token with two ids" "note: added_tokens.json: token '</think>' has id $pieces and is piece 4" -- \
    text --prompt x --output ids
  rm added_tokens.json
  ends_with 0 "templates of text" 'Attempt ' 'Problem:' -- rsa --show-prompts --tokenizer tokenizer.model
  cp said text.json
  ends_with 0 "they too read back" -- text --prompt x --prompts text.json --output again
  ends_with 0 "the same by default" -- text --prompt x --output one
  cmp -s one again || complain "other tokens than with the defaults"
  # The extra rollout of msgl has tails in its prompt, although the run has no round with tails. It
  # must fit the slots of the kernels.
  ends_with 0 "one more rollout behind round 0" 'wrote' -- \
    text --prompt x --t 0 --selection msgl --backend kokkos --output again
  # The prompt in a file with a byte order mark.
  printf '\xef\xbb\xbfx' >question
  ends_with 0 "a prompt in a file" 'wrote' -- text --prompt question --output again
  cmp -s one again || complain "other tokens than with the text itself"
  # In a checkpoint's folder, the tokenizer is found by its name.
  cp -r "$checkout/tests/oracle/data/full_attention" c
  chmod u+w c
  head -c 100 tokenizer.model >c/tokenizer.model
  refuses "a broken tokenizer" 'c/tokenizer.model: expected a SentencePiece model' \
    rsa --checkpoint c --prompt x --n 2 --c 1 --t 1 --beta 3 --tau 1 --output x
  head -c 100 /dev/urandom >noise.model
  refuses "noise for a tokenizer" 'noise.model: expected a SentencePiece model' text --tokenizer noise.model --prompt x --output x
  refuses "text that is none" 'UTF-8' text --prompt $'\xff' --output x
fi

finish
