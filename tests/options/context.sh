#!/bin/bash
# Tests a checkpoint's maximum context, 64 tokens, in every command that runs tokens through a model: 64
# pass, 65 are rejected with exit code 2 and the limit. Also tests the accepted forms of token id lists.
#
#   context.sh PROGRAM CHECKOUT
program=$1
checkpoint=$2/tests/oracle/data/full_attention
# shellcheck source=tests/program.sh
. "$(dirname "${BASH_SOURCE[0]}")/../program.sh"
limit="expected at most 64, the model's longest context"

grep -q '"max_position_embeddings": 64' "$checkpoint/config.json" || exit 1
whole=$(for i in {1..64}; do printf '%d,' $((i % 100)); done)
whole=${whole%,}
for backend in reference kokkos; do
  forward=(forward --checkpoint "$checkpoint" --backend "$backend" --output logits)
  run 0 'wrote .* 64 tokens' "${forward[@]}" --input-ids "$whole"
  run 2 "input-ids: a sequence of 65 tokens; $limit" "${forward[@]}" --input-ids "$whole,7"
  run 2 "input-ids: a sequence of 65 tokens; $limit" "${forward[@]}" --input-ids "$whole,7" --chunk 8
  # A query of 2 ids, one tail of 4 tokens, and 58 tokens of a rollout.
  rsa=(rsa --checkpoint "$checkpoint" --backend "$backend" --n 1 --c 1 --t 1 --tau 4 --output tokens)
  run 0 'wrote .*1 rollouts' "${rsa[@]}" --input-ids 1,2 --beta 58
  run 2 "a sequence of 65 tokens; $limit" "${rsa[@]}" --input-ids 1,2 --beta 59
  run 2 "a sequence of 65 tokens; $limit" "${rsa[@]}" --input-ids 1,2,3 --beta 58
  run 2 'input-ids: token 1: expected an id from 0 to 127, got 128' "${rsa[@]}" --input-ids 1,128 --beta 9
done
vectors=(vectors export --checkpoint "$checkpoint" --output vectors)
run 2 "input-ids: a sequence of 65 tokens; $limit" "${vectors[@]}" --input-ids "$whole,7"
run 2 'input-ids: token 0: expected an id from 0 to 127, got 128' "${vectors[@]}" --input-ids 128
run 2 'input-ids: expected token ids' "${vectors[@]}"
throughput=(throughput --checkpoint "$checkpoint" --repetitions 1)
run 0 '^pp64 ' "${throughput[@]}" --pp 64
run 2 "--pp 65: a sequence of 65 tokens; $limit" "${throughput[@]}" --pp 64 --pp 65
run 0 '^tg4 b1 c60 ' "${throughput[@]}" --context 60 --tg 4
run 2 "--context 60 and --tg 5: a sequence of 65 tokens; $limit" "${throughput[@]}" --context 60 --tg 5
# No cell of the default grid fits: each gives a row with the reason, and nothing runs.
run 5 "pp128 +unsupported: 128 tokens, the model's longest context is 64" "${throughput[@]}"
run 0 'GQA +65 .*beyond the model.s longest context of 64' kv --checkpoint "$checkpoint" --tokens 65
# kv uses the type in config.json and also times a checkpoint's layers.
kv=(kv --checkpoint "$checkpoint" --tokens 32)
grep -q '"dtype": "float32"' "$checkpoint/config.json" || exit 1
run 0 ' 3 layers, width 32, f32;' "${kv[@]}"
run 0 ' 3 layers, width 32, f16;' "${kv[@]}" --dtype f16
run 0 '8b: 40 layers, width 2048, bf16;' kv --model 8b --tokens 32
run 0 'one layer, f32: prefill of 32 tokens' "${kv[@]}" --time 32 --repetitions 1
run 0 'one layer, f32: one token after 32' "${kv[@]}" --time 32 --repetitions 1
run 0 '  CCGQA +[0-9.]+ ms.* CCGQA +[(]one sample[)] ' "${kv[@]}" --time 32 --repetitions 1
what="kv within the context"
"$program" kv --checkpoint "$checkpoint" --tokens 64 >said 2>&1
grep -q beyond said && complain "expected no mark"

# Different forms of one list give the same result.
forward=(forward --model t0)
run 0 'argmax' "${forward[@]}" --output list --input-ids 2,39,76
printf 'id\r\n2\r\n39\r\n76\r\n' >table.csv
printf '\xef\xbb\xbf[2, 39, 76]\n\n' >ids.json
printf '2\n39\n76' >ids
printf '2 39 76\n' >ids.txt
for file in table.csv ids.json ids ids.txt; do
  run 0 'argmax' "${forward[@]}" --output file --input-ids $file
  cmp -s list file || complain 'expected the logits of the list'
done
run 0 'argmax' "${forward[@]}" --output file --input-ids <(cat ids)
cmp -s list file || complain 'expected the logits of the list'
run 0 'argmax' "${forward[@]}" --output file --input-ids '[2, 39, 76]'
cmp -s list file || complain 'expected the logits of the list'
printf '2\n39x\n' >ids
run 2 "--input-ids ids:2: expected token ids such as 2,39,76, got '39x'" "${forward[@]}" --output file --input-ids ids
printf '\xff\xfe2\0' >utf16
run 2 'utf16: expected a CSV file, got UTF-16 text; save it as UTF-8' "${forward[@]}" --output file --input-ids utf16
run 2 "name of a file, got 'none.txt': no such file" "${forward[@]}" --output file --input-ids none.txt

finish
