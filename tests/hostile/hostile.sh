#!/bin/bash
# Gives the built program broken or malicious inputs. It must end with exit code 2 and one message that
# states the user's input, the value found there and the expected value. A signal, another exit code or
# an empty output fails the test.
#
#   hostile.sh PROGRAM CHECKOUT
set -uo pipefail
program=$1
checkout=$2
export KERNELGATE_ROOT=$checkout
work=$(mktemp -d)
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
cd "$work"
failures=0
ran=0

complain() {
  failures=$((failures + 1))
  printf 'FAILED  %s\n        %s\n' "$what" "$1"
  head -c 2000 said
}

# refuses "what it is" 'pattern' … -- arguments: expects exit code 2 and every pattern in the output.
refuses() {
  what=$1
  shift
  local patterns=()
  while [ "$1" != -- ]; do
    patterns+=("$1")
    shift
  done
  shift
  ran=$((ran + 1))
  timeout 120 "$program" "$@" >said 2>&1 </dev/null
  local code=$?
  if [ $code -ne 2 ]; then
    complain "exit code $code, expected 2: $*"
    return
  fi
  local pattern
  for pattern in "${patterns[@]}"; do
    grep -qE -e "$pattern" said || complain "said nothing like '$pattern': $*"
  done
  if grep -q 'internal error' said; then complain "an error that nobody put into words"; fi
  if [ "$(wc -c <said)" -gt 8192 ]; then complain "$(wc -c <said) bytes of message"; fi
  if LC_ALL=C tr -d '\n\t' <said | LC_ALL=C grep '[[:cntrl:]]' >/dev/null; then
    complain "control characters in the message"
  fi
}

# refuses_checkpoint "what it is" 'pattern' …: the folder `c` as a checkpoint.
refuses_checkpoint() {
  refuses "$@" -- forward --checkpoint c --input-ids 2,39 --output out.safetensors
  if [ -e out.safetensors ]; then complain "wrote an output nevertheless"; fi
  rm -f out.safetensors
}

fresh_checkpoint() {
  rm -rf c
  cp -r "$checkout/tests/oracle/data/${1:-full_attention}" c
  chmod -R u+w c
}

# header_file LENGTH TEXT DATA_BYTES: a safetensors file, LENGTH as eight bytes in octal escapes.
safetensors() {
  { printf "$1"; printf '%s' "$2"; head -c "$3" /dev/zero; } >c/model.safetensors
}

. "$(dirname "${BASH_SOURCE[0]}")/checkpoints.sh"
. "$(dirname "${BASH_SOURCE[0]}")/suites_and_options.sh"
. "$(dirname "${BASH_SOURCE[0]}")/outputs.sh"

printf '%d hostile inputs, %d failures\n' "$ran" "$failures"
[ "$ran" -gt 0 ] && [ "$failures" -eq 0 ]
