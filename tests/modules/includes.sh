#!/bin/bash
# Checks every #include "…" of the project against the allowed arrows between modules.
#
#   includes.sh TREE MODULES
set -euo pipefail
cd "$1"
modules=$2
find harness kernels reference tests \( -name '*.hpp' -o -name '*.cpp' -o -name '*.cu' -o -name '*.hip' \) -print0 |
  xargs -0 grep -Ho '^ *#include "[^"]*"' | sed 's/: *#include "/ /; s/"$//' |
  awk -v modules="$modules" '
    BEGIN {
      while ((getline line < modules) > 0) {
        sub(/#.*/, "", line)
        n = split(line, word, " ")
        if (n == 0) continue
        known[word[1]] = 1
        for (i = 2; i <= n; ++i) allowed[word[1] " " word[i]] = 1
      }
    }
    function module_of(path) {
      while (sub(/\/[^\/]*$/, "", path)) if (path in known) return path
      return path
    }
    $1 ~ /_test\.cpp$/ || $1 ~ /\/tests?\// { next }
    {
      from = module_of($1); to = module_of($2)
      if (index($2, "/") == 0 || from == to || (from " *") in allowed || (from " " to) in allowed) next
      print $1 ": includes " $2 "; module " from " may not include module " to; ++bad
    }
    END {
      print bad + 0 " faults"
      exit bad > 0
    }'
