#!/bin/bash
# A build that a test makes up: answers `sample` with times from a table instead of running a kernel, so
# that the test decides what a comparison sees. It lies in a folder under the name kernelgate, with the
# file times (one line a process: its samples in seconds) and a count of the processes so far.
#   verify     the status that judgements end with (passed); verify.later from the second one on
#   die_at     the process of that number dies instead of timing
#   marked     which samples of a process are marked, in JSON; none: no process watches for it
#   bandwidth  of the machine, in bytes a second
here=${0%/*}
say() {
  echo "kernelgate-sample {\"status\": \"$1\", \"message\": \"as the test says\", \"seconds\": [$2]," \
    "\"commit\": \"${here##*/}\", \"bytes\": 1000, \"flops\": 1000$3}"
}
value() {  # of a file, or what stands for it
  local text=$2
  [[ ! -e $here/$1 ]] || read -r text < "$here/$1"
  echo "$text"
}
case " $* " in
  *" --roofs "*) say passed "" ", \"read_bandwidth\": $(value bandwidth 1e12), \"peak_flops\": 1e12" ;;
  *" --verify "*)
    status=$(value verify passed)
    [[ ! -e $here/judged ]] || status=$(value verify.later "$status")
    : > "$here/judged"
    say "$status" ;;
  *)
    count=$(($(value count 0) + 1))
    echo $count > "$here/count"
    [[ $count != "$(value die_at never)" ]] || kill -SEGV $$
    mapfile -t times < "$here/times"
    marks=
    [[ ! -e $here/marked ]] || marks=", \"waiting_watched\": true, \"marked\": $(value marked '[]')"
    say passed "${times[$(((count - 1) % ${#times[@]}))]}" "$marks" ;;
esac
