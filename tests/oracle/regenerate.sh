#!/bin/sh
# Regenerates tests/oracle/data: creates a Python environment below build/ with the pinned packages,
# writes the data and checks the numpy model against it. ORACLE_PYTHON selects another interpreter that
# has the packages.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
environment=$here/../../build/oracle-venv
python=${ORACLE_PYTHON:-$environment/bin/python}
if [ ! -x "$python" ]; then
  mkdir -p "$(dirname "$environment")"
  python3 -m venv "$environment"
  "$environment/bin/python" -m pip install --requirement "$here/requirements.txt"
fi
"$python" "$here/make_oracle.py" "$@"
"$python" "$here/check_spec_model.py"
