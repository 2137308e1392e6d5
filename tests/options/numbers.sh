#!/bin/bash
# Gives every numeric option of every command texts that are not numbers of its type. Each must end with
# exit code 2 and a message with the option, the expected and the given value. The options come from the
# program's help, so that later options are tested too.
#
#   numbers.sh PROGRAM CHECKOUT
set -uo pipefail
program=$1
export KERNELGATE_ROOT=$2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0
tried=0

# refuses OPTION TEXT EXPECTED WORD…: expects that `program WORD… OPTION TEXT` is rejected.
refuses() {
  local option=$1 text=$2 expected=$3
  shift 3
  tried=$((tried + 1))
  timeout 20 "$program" "$@" "$option" "$text" >said 2>&1 </dev/null
  local code=$?
  if [ $code -eq 2 ] && grep -qF -- "$option: $expected" said && grep -qF -- "got '$text'" said; then return; fi
  failures=$((failures + 1))
  printf 'FAILED  %s\n        expected exit code 2 and "%s: %s … got", got exit code %d\n' \
    "$* $option '$text'" "$option" "$expected" "$code"
  head -c 500 said
}

# numeric_options WORD…: "option type" for each numeric option of that command.
numeric_options() {
  "$program" "$@" --help |
    awk '/^  +(-[a-zA-Z],)?--/ { n = split($1, names, ","); split($2, type, /[:=]/)
      if (type[1] ~ /^(UINT|INT|FLOAT)$/) print names[n], type[1] }'
}

subcommands() { "$program" "$@" --help | awk '/^Subcommands:/ { in_list = 1; next } in_list && /^  [a-z]/ { print $1 }'; }

check_command() {
  local option type text
  while read -r option type; do
    case $type in
      UINT)
        for text in -1 18446744073709551616 1e3 ''; do
          refuses "$option" "$text" 'expected a whole number from 0 to 18446744073709551615' "$@"
        done
        ;;
      INT)
        # Each option has a lower limit, so it also rejects the minimum of the type.
        for text in 9223372036854775808 -9223372036854775809 -9223372036854775808 1e3; do
          refuses "$option" "$text" 'expected a whole number from ' "$@"
        done
        ;;
      FLOAT)
        for text in nan inf -1 ''; do
          refuses "$option" "$text" 'expected a finite decimal number' "$@"
        done
        ;;
    esac
  done < <(numeric_options "$@")
}

check_command # the options before the command
for command in $(subcommands); do
  check_command "$command"
  for nested in $(subcommands "$command"); do check_command "$command" "$nested"; done
done

# One option of each type is given every text that CLI11 itself would interpret differently.
for text in 100000000000000000000000 0x10 +5 2.5 ' 5' x; do
  refuses --seed "$text" 'expected a whole number from 0 to 18446744073709551615' check
  refuses --repetitions "$text" 'expected a whole number from 1 to 1000' bench
done
for text in -inf 1e999 0x10 +5 1,5 -1 0; do
  refuses --time-limit "$text" 'expected a finite decimal number above 0' check
done
# A number outside an option's range gives the same message as a text that is not a number.
for text in -1 0 513; do refuses --threads "$text" 'expected a whole number from 1 to 512' list; done
refuses --beta 1e3 'expected a whole number from 1 to 16777216' rsa
refuses --beta 16777217 'expected a whole number from 1 to 16777216' rsa
refuses --top-p 1.5 'expected a finite decimal number from 0 to 1' rsa
refuses --magnitude 0.05 'expected a finite decimal number from 0.1 to 1000' history
refuses --layers 0 'expected a whole number from 1 to 9223372036854775807' forward
refuses --commit -1 'expected a finite decimal number of 0 or more' kv

# Numbers are read as decimal: 010 is ten, and the largest seed is unchanged.
for text in 010 18446744073709551615; do
  "$program" check --case linear/kokkos/tokens=1,out=2,in=2,f32 --data exact --seed $text --records rows.csv >said 2>&1 || {
    failures=$((failures + 1))
    echo "FAILED  --seed $text was refused"
    cat said
  }
done
seeds=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) if ($i == "seed") at = i; next }
  { gsub(/"[^"]*"/, "q"); $0 = $0; print $at }' rows.csv | tr '\n' ' ')
[ "$seeds" = "10 18446744073709551615 " ] || {
  failures=$((failures + 1))
  echo "FAILED  expected the seeds 10 and 18446744073709551615 in the records, got $seeds"
}

echo "$tried texts, $failures failures"
# Eight commands have a seed, and there are twice as many options of other types. Fewer texts mean that
# the help was not parsed.
[ "$tried" -gt 100 ] && [ "$failures" -eq 0 ]
