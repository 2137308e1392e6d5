#!/bin/sh
# no_undefined.sh LLVM-NM OBJECT: fails if a code object has undefined symbols.
undefined=$("$1" -u "$2") || exit 1
if [ -n "$undefined" ]; then
  echo "$2: undefined symbols, which no library is there to define: $undefined" >&2
  exit 1
fi
