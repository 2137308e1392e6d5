#!/bin/bash
# Writes the sample page and lets page_acceptance.py read it in headless Chromium.
# Usage: page_acceptance.sh FOLDER      Environment: TOOLS (a Python environment), SAMPLE (page_sample)
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
if [[ ! -x $TOOLS/bin/python ]] || ! command -v chromium > /dev/null; then
  echo "no tools for the page on this machine: ci/bootstrap.sh page installs them"
  exit 0
fi
"$SAMPLE" "$1"
"$TOOLS/bin/python" "$here/page_acceptance.py" "$1/page.html" "$1/records.csv" "$1"
