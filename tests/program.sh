# shellcheck shell=bash
# Shared by tests that run the built program: a folder of their own, and complaints with what the program said.
# Source it with `program` set; it changes to the folder.
set -uo pipefail
work=$(mktemp -d) || exit 1
clean_up() { rm -rf "$work"; }
trap clean_up EXIT
cd "$work" || exit 1
failures=0

# complain TEXT: a failure of the command in `what`, whose output is in the file `said`.
complain() {
  failures=$((failures + 1))
  printf 'FAILED  %s\n        %s\n' "$what" "$1"
  head -c 3000 said
}

# ended CODE GOT TEXT: the program ended with this code and said something that matches TEXT.
ended() {
  [ "$2" -eq "$1" ] || complain "expected exit $1, got exit $2"
  grep -qE -e "$3" said || complain "expected to say '$3'"
}

# run CODE TEXT ARGUMENT…: the program ends so and says so.
run() {
  local code=$1 text=$2
  shift 2
  what="$*"
  # shellcheck disable=SC2154 # set by the test
  timeout 120 "$program" "$@" >said 2>&1 </dev/null
  ended "$code" $? "$text"
}

# Ends the test by the number of failures.
finish() {
  echo "$failures failures"
  [ $failures -eq 0 ]
}
