#!/usr/bin/env bash
# All tests, in one run: those that start servers, browsers and processes by the dozen one after the other in one
# worker (tests/conftest.py says which they are), and beside it the others, in a worker for each further core.
# Usage: test.sh [PYTEST'S ARGUMENTS]; with arguments there is one process, with these.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ $# -gt 0 ]; then
  exec .venv/bin/python -m pytest "$@"
fi
cores=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
exec .venv/bin/python -m pytest --numprocesses "$((cores > 1 ? cores : 2))" --dist loadgroup
