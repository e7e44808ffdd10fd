#!/usr/bin/env bash
# Everything that reads the code without running it, and the console's own tests.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin

step() {
  local name=$1
  shift
  local output
  if ! output=$("$@" 2>&1); then
    printf '%s\n' "$output"
    echo "$name: failed" >&2
    exit 1
  fi
  echo "$name: ok"
}

step "ruff check" $bin/ruff check
step "ruff format" $bin/ruff format --check
step "mypy --strict" $bin/mypy
step "import-linter" $bin/lint-imports
if git grep -nE '\b(TODO|FIXME|XXX)\b' -- . ':!scripts/check.sh' ':!pyproject.toml' ':!requirements' ':!console/package-lock.json'; then
  echo "unfinished work: failed" >&2
  exit 1
fi
cd console
step "console: tsc, eslint, vitest" npm run --silent check
