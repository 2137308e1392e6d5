#!/bin/bash
# Installs the tools that test the page in a browser into a Python environment: Playwright, which
# controls Debian's Chromium, and axe-core's accessibility rules. Both come from PyPI.
# Usage: ci/deps/page-tools.sh [PREFIX]   (default .deps/page-tools in the checkout)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. ci/lib.sh
prefix=${1:-.deps/page-tools}
if [[ -x $prefix/bin/python ]] &&
  "$prefix/bin/python" -c 'import axe_playwright_python, playwright' 2> /dev/null; then
  exit 0
fi
python3 -m venv "$prefix"
PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 "$prefix/bin/pip" -q install \
  'playwright>=1.40' 'axe-playwright-python>=0.1.4'
say "tools for the page are in $prefix"
