#!/bin/bash
# A fake build: `sample` prints times from a table instead of running a kernel, so that the test controls
# the measurements of a comparison. Copied to a folder as kernelgate, beside these files: times (one line
# per process, with its samples in seconds), count (the number of processes so far) and optionally
#   verify     the status of checks (default passed); verify.later applies from the second check on
#   die_at     number of the process that crashes instead of timing
#   marked     JSON list of a process's marked samples; without the file, no process watches for waiting
#   bandwidth  of the machine, in bytes per second
here=${0%/*}
say() {
  echo "kernelgate-sample {\"status\": \"$1\", \"message\": \"as the test says\", \"seconds\": [$2]," \
    "\"commit\": \"${here##*/}\", \"bytes\": 1000, \"flops\": 1000$3}"
}
value() {  # of a file, or the default
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
