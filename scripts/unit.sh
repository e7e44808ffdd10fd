#!/usr/bin/env bash
# What to run between edits: lint, then types and the quick tests side by side, for the types keep one core busy only.
# Usage: unit.sh [PYTEST'S ARGUMENTS]
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin

$bin/ruff check
$bin/ruff format --check
$bin/mypy &
types=$!
trap 'kill "$types" 2>/dev/null || true' EXIT  # also when it is the tests that fail
$bin/python -m pytest -q -n auto -m "not slow and not postgresql" --hypothesis-profile quick \
  --ignore tests/acceptance --ignore tests/integration --ignore tests/cli "$@"
wait "$types"
