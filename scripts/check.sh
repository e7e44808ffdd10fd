#!/usr/bin/env bash
# Everything that reads the code without running it, and the console's own tests. Both languages are checked at once;
# mypy, tsc and eslint remember what did not change, so that a second run takes seconds.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin

step() {
  local name=$1
  shift
  local output
  if ! output=$("$@" 2>&1); then
    printf '%s\n%s: failed\n' "$output" "$name" >&2
    exit 1
  fi
  echo "$name: ok"
}

finished() {
  ! git grep -InE '\b(TODO|FIXME|XXX)\b' -- . ':!scripts/check.sh' ':!pyproject.toml' ':!requirements' ':!console/package-lock.json'
}

check_console() {
  cd console
  step "tsc" npm run --silent types
  step "eslint" npm run --silent lint
  step "vitest" npm run --silent test
}

set -m  # a process group of its own, so that the first failure ends all of it
check_console &
console=$!
trap 'kill -- "-$console" 2>/dev/null || true' EXIT
step "ruff check" $bin/ruff check
step "ruff format" $bin/ruff format --check
step "mypy --strict" $bin/mypy
step "import-linter" $bin/lint-imports
step "no unfinished work" finished
wait -f "$console"  # to its end, also when it is paused meanwhile
