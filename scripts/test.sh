#!/usr/bin/env bash
# All tests: first, on all cores at once, those that start no servers, browsers and processes by the dozen; then the
# others, one after the other, for each of them wants the machine.
# Usage: test.sh [PYTEST'S ARGUMENTS]; with arguments there is one run, with these.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ $# -gt 0 ]; then
  exec .venv/bin/python -m pytest "$@"
fi
alone=(tests/acceptance tests/cli tests/docs tests/executors tests/faults tests/integration tests/porting)
.venv/bin/python -m pytest --numprocesses logical "${alone[@]/#/--ignore=}"
exec .venv/bin/python -m pytest "${alone[@]}"
