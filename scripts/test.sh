#!/usr/bin/env bash
# All tests, in one run: each file in one worker, so that what its tests share is made once. There is a worker more than
# cores, for those that wait for a process or a browser; the long files come first (tests/conftest.py says which they are).
# Usage: test.sh [PYTEST'S ARGUMENTS]; with arguments there is one process, with these.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ $# -gt 0 ]; then
  exec .venv/bin/python -m pytest "$@"
fi
cores=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
exec .venv/bin/python -m pytest --numprocesses "$((cores + 1))" --dist loadfile --no-loadscope-reorder
