# Broken checkpoints. Sourced by hostile.sh. shellcheck shell=bash

# First, the same command must work on a complete checkpoint.
fresh_checkpoint
what="a whole checkpoint"
"$program" forward --checkpoint c --input-ids 2,39 --output out.safetensors >said 2>&1 ||
  complain "was refused"
rm -f out.safetensors

rm -rf c
refuses_checkpoint "no folder" "c: expected a checkpoint directory, got nothing"
mkdir c
refuses_checkpoint "an empty folder" "c/config.json: cannot be read"
rmdir c
: >c
refuses_checkpoint "a file for a folder" "c: expected a checkpoint directory, got a file"
rm c

fresh_checkpoint
rm c/model.safetensors
refuses_checkpoint "no tensors" "c: expected model.safetensors or model.safetensors.index.json"

fresh_checkpoint
truncate -s -1 c/model.safetensors
refuses_checkpoint "a file cut by one byte" "c/model.safetensors" "expected" "got"
truncate -s 200 c/model.safetensors
refuses_checkpoint "a file cut in its header" "c/model.safetensors" "header length of [0-9]+"
truncate -s 3 c/model.safetensors
refuses_checkpoint "a file of three bytes" "c/model.safetensors: expected at least 8 bytes, got 3"
: >c/model.safetensors
refuses_checkpoint "an empty file" "c/model.safetensors: expected at least 8 bytes, got 0"
rm c/model.safetensors
mkdir c/model.safetensors
refuses_checkpoint "a folder for a file" "c/model.safetensors: cannot be read: expected a regular file"
rmdir c/model.safetensors
mkfifo c/model.safetensors
refuses_checkpoint "a pipe for a file" "c/model.safetensors: cannot be read: expected a regular file"
rm c/model.safetensors

safetensors '\0\0\0\0\0\0\0\200' '{}' 0
refuses_checkpoint "a header of 2^63 bytes" "header length of 9223372036854775808"
safetensors '\377\377\377\377\377\377\377\377' '{}' 0
refuses_checkpoint "a header of 2^64 - 1 bytes" "header length of 18446744073709551615"
safetensors '\076\0\0\0\0\0\0\0' \
  '{"evil":{"dtype":"F32","shape":[-2,-1],"data_offsets":[0,8]}} ' 8
refuses_checkpoint "negative extents" "key 'evil.shape': expected a list of whole numbers" "got \[-2,-1\]"
safetensors '\076\0\0\0\0\0\0\0' \
  '{"evil":{"dtype":"F32","shape":[2],"data_offsets":[0,999999]}}' 8
refuses_checkpoint "offsets beyond the end" "key 'evil.data_offsets': expected .* within the 8 bytes"
safetensors '\003\0\0\0\0\0\0\0' '[1]' 0
refuses_checkpoint "a list for a header" "c/model.safetensors: expected a JSON object, got array"
# 1,000,000 = 0x0f4240 brackets
{ printf '\100\102\017\0\0\0\0\0'; head -c 1000000 /dev/zero | tr '\0' '['; } >c/model.safetensors
refuses_checkpoint "a million brackets" "c/model.safetensors: expected JSON nested at most 16 deep"
# the same number of bytes in one unterminated string
{ printf '\100\102\017\0\0\0\0\0{"'; head -c 999998 /dev/zero | tr '\0' a; } >c/model.safetensors
refuses_checkpoint "a text without end" "c/model.safetensors: expected JSON, got"
safetensors '\010\0\0\0\0\0\0\0' $'{"\033[31m"' 0
refuses_checkpoint "a terminal's commands" "c/model.safetensors: expected JSON, got"

# A NaN as the sixth number of the first tensor, which begins after the header.
fresh_checkpoint
header=$(od -An -tu8 -N8 c/model.safetensors | tr -d ' ')
first=$(head -c $((8 + header)) c/model.safetensors |
  grep -oaE '"[^"]*":\{"dtype":"F32","shape":\[[0-9,]*\],"data_offsets":\[0,' | cut -d'"' -f2)
printf '\0\0\300\177' | dd of=c/model.safetensors bs=1 seek=$((8 + header + 4 * 5)) conv=notrunc 2>/dev/null
refuses_checkpoint "a NaN among the weights" "tensor '$first': expected finite numbers, got -?nan at index 5\$"
printf '\0\0\200\377' | dd of=c/model.safetensors bs=1 seek=$((8 + header + 4 * 5)) conv=notrunc 2>/dev/null
refuses_checkpoint "an infinity" "tensor '$first': expected finite numbers, got -inf at index 5\$"

# Files of another type: the message names the type instead of misread bytes.
fresh_checkpoint
pointer='version https://git-lfs.github.com/spec/v1\noid sha256:00ff\nsize 17683\n'
printf "$pointer" >c/model.safetensors
refuses_checkpoint "a Git LFS pointer for tensors" "c/model.safetensors: expected a safetensors file, got a Git LFS pointer in place of a file of 17683 bytes; run \`git lfs pull\`"
printf '<!DOCTYPE html><html></html>' >c/model.safetensors
refuses_checkpoint "a page for tensors" "got an HTML page, such as a failed download leaves"
head -c 4096 /dev/zero >c/model.safetensors
refuses_checkpoint "zeros for tensors" "got zero bytes from its start on"
fresh_checkpoint
printf "$pointer" >c/config.json
refuses_checkpoint "a Git LFS pointer for a config" "c/config.json: expected JSON, got a Git LFS pointer"
fresh_checkpoint untied_sharded
printf "$pointer" >c/model.safetensors.index.json
refuses_checkpoint "a Git LFS pointer for an index" "index.json: expected JSON, got a Git LFS pointer"
fresh_checkpoint
printf "$pointer" >c/tokenizer.json
refuses "a Git LFS pointer for a tokenizer" "c/tokenizer.json: expected JSON, got a Git LFS pointer" -- \
  rsa --checkpoint c --input-ids 2 --n 1 --c 1 --t 0 --beta 2 --tau 1 --output out.txt

# Sharded checkpoints.
fresh_checkpoint untied_sharded
shard=$(basename "$(find c -name '*.safetensors' ! -name 'expected*' | sort | head -1)")
mv "c/$shard" kept
refuses_checkpoint "a missing shard" "c/$shard: cannot be read: No such file"
mv kept "c/$shard"
truncate -s -7 "c/$shard"
refuses_checkpoint "a shard cut short" "c/$shard"
index=c/model.safetensors.index.json
sed -i "s|\"$shard\"|\"../../etc/passwd\"|" $index
refuses_checkpoint "an index that leaves the folder" "index.json: key 'weight_map\.[^']*': expected the name of a file"
printf '{"weight_map":{}}' >$index
refuses_checkpoint "an index of nothing" "expected a tensor '[^']*' of shape"
printf '{"weight_map":[]}' >$index
refuses_checkpoint "an index without a map" "key 'weight_map': expected an object, got \[\]"

# change KEY VALUE: sets a value of the config.
change() {
  fresh_checkpoint
  sed -i "s|\"$1\": [^,]*|\"$1\": $2|" c/config.json
}
change hidden_size '"wide"'
refuses_checkpoint "a text for a number" "c/config.json: key 'hidden_size': expected a whole number" 'got "wide"'
change hidden_size 1e99
refuses_checkpoint "a number too large" "c/config.json: key 'hidden_size'"
change hidden_size 1048576
refuses_checkpoint "a width that the tensors have not" "expected shape \[[0-9]+,1048576\], got"
change num_hidden_layers 4294967297
refuses_checkpoint "layers beyond 2^32" "c/config.json: key 'num_hidden_layers': expected a whole number from 1 to"
change num_attention_heads 0
refuses_checkpoint "no heads" "c/config.json: key 'num_attention_heads'"
change num_experts -1
refuses_checkpoint "less than no experts" "c/config.json: key 'num_experts'"
change rope_theta 1e999
refuses_checkpoint "a number that no double holds" "c/config.json: key 'rope_parameters\.[a-z]+\.rope_theta': expected a number above 0, got Infinity"
change rms_norm_eps NaN
refuses_checkpoint "a NaN as Python writes it" "c/config.json: key 'rms_norm_eps': expected a number above 0, got NaN"
change num_experts -Infinity
refuses_checkpoint "an infinity for a whole number" "c/config.json: key 'num_experts': expected a whole number" "got -Infinity"
fresh_checkpoint
sed -i '/"vocab_size"/d; s/"use_cache": true,/"use_cache": true/' c/config.json
refuses_checkpoint "a missing key" "c/config.json: key 'vocab_size': expected a whole number" "got nothing"
fresh_checkpoint
truncate -s -20 c/config.json
refuses_checkpoint "a config cut short" "c/config.json: expected JSON" "line"
head -c 1000000 /dev/zero | tr '\0' '[' >c/config.json
refuses_checkpoint "a million brackets" "c/config.json: expected JSON nested at most 16 deep"
printf '\377\376' >c/config.json
refuses_checkpoint "a config that is no text" "c/config.json: expected JSON"
truncate -s 100M c/config.json
refuses_checkpoint "a config of 100 MB" "c/config.json: expected a config of at most 16 MiB"
