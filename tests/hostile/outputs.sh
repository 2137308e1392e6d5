# Paths that cannot be written or read. Sourced by hostile.sh. shellcheck shell=bash

writes_to() { refuses "$1" "$3" -- forward --model t0 --input-ids 2,39 --output "$2"; }
# Uses a link, so that a program that replaces the device by a file damages only the link.
ln -s /dev/full full
writes_to "a full disk" full "full: cannot be written: No space left on device"
what="a device"
[ -L full ] && [ -c full ] || complain "was replaced by a file"
writes_to "a folder that is not there" nowhere/out.safetensors "nowhere/out.safetensors: cannot be written"
writes_to "a folder as output" folder.csv "folder.csv: cannot be written"
writes_to "a system folder" /proc/out.safetensors "/proc/out.safetensors: cannot be written"
writes_to "an empty name" "" "output"

# Paths to which records cannot be written.
case=linear/kokkos/tokens=3,out=8,in=8,f32
records_to() { refuses "$1" "$3" -- check --case $case --records "$2"; }
records_to "records on a full disk" full "records: cannot write to 'full': No space left on device; 0 rows"
records_to "records in a folder that is not there" nowhere/r.csv "records: cannot open 'nowhere/r.csv': No such file"
records_to "a folder for records" folder.csv "records: cannot open 'folder.csv': Is a directory"
printf 'name,size\n' >other.csv
records_to "a file of someone else" other.csv "other.csv:1: expected the columns of records schema"
what="a file of someone else"
[ "$(cat other.csv)" = name,size ] || complain "was changed"

# A disk that fills up: a file-size limit allows the first rows. Finished rows are kept, the last line
# is complete, and the same file accepts more rows after the limit is lifted.
ran=$((ran + 1))
what="a disk that fills up under the records"
(
  trap '' XFSZ
  ulimit -f 8
  "$program" check --suite smoke --kernel top_k --records r.csv >said 2>&1
)
code=$?
[ $code -eq 2 ] || complain "exit code $code, expected 2"
grep -qE "records: cannot write to 'r.csv': File too large; [1-9][0-9]* rows of this run are kept" said ||
  complain "did not say how many rows are kept"
rows=$(($(wc -l <r.csv) - 1))
grep -q "; $rows rows of this run are kept" said || complain "$rows rows in the file, another number said"
[ -z "$(tail -c 1 r.csv | tr -d '\n')" ] || complain "a torn last line"
"$program" check --case $case --data real --records r.csv >said 2>&1 || complain "takes no more rows"
[ "$(wc -l <r.csv)" -gt $((rows + 1)) ] || complain "no row was added"

# Folders without permission. Needs a user other than root, who can read everything.
if [ "$(id -u)" -ne 0 ]; then
  fresh_checkpoint
  chmod 0 c
  refuses_checkpoint "a folder without permission" "c"
  chmod u+rwx c
  chmod 0 c/model.safetensors
  refuses_checkpoint "a file without permission" "c/model.safetensors: cannot be read: Permission denied"
  mkdir locked
  chmod a-w locked
  writes_to "a folder without permission" locked/out.safetensors "locked/out.safetensors: cannot be written"
fi
