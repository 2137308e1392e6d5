#!/bin/sh
# logged.sh LOG COMMAND...: runs the command with its messages in LOG; prints them if it fails.
log=$1
shift
if "$@" > "$log" 2>&1; then exit 0; fi
cat "$log" >&2
exit 1
