# shellcheck shell=bash
# Shared by tests that run the built program: a temporary folder, and failure messages with the program's output.
# Source it with `program` set; it changes to the folder.
set -uo pipefail
work=$(mktemp -d) || exit 1
clean_up() { rm -rf "$work"; }
trap clean_up EXIT
cd "$work" || exit 1
failures=0

# complain TEXT: reports a failure of the command in `what`, whose output is in the file `said`.
complain() {
  failures=$((failures + 1))
  printf 'FAILED  %s\n        %s\n' "$what" "$1"
  head -c 3000 said
}

# ended CODE GOT TEXT: expects GOT to be CODE and the output to match TEXT.
ended() {
  [ "$2" -eq "$1" ] || complain "expected exit $1, got exit $2"
  grep -qE -e "$3" said || complain "expected to say '$3'"
}

# run CODE TEXT ARGUMENT…: runs the program and compares its exit code and output.
run() {
  local code=$1 text=$2
  shift 2
  what="$*"
  # shellcheck disable=SC2154 # set by the test
  timeout 120 "$program" "$@" >said 2>&1 </dev/null
  ended "$code" $? "$text"
}

# Ends the test; it fails if there were failures.
finish() {
  echo "$failures failures"
  [ $failures -eq 0 ]
}
