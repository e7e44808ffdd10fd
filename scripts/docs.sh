#!/usr/bin/env bash
# Build the user guide. Whatever the builder has to say, a warning of the API's reader too, is a mistake in a page.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! said=$(.venv-docs/bin/zensical build --clean --strict 2>&1) || grep -qiE 'warning|griffe|issues? found' <<<"${said//No issues found/}"; then
  printf '%s\n' "$said" >&2
  exit 1
fi
echo "docs: ok (build/docs/index.html)"
