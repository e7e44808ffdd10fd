#!/usr/bin/env bash
# Install what builds the console, from the npm registry, in locked versions.
set -euo pipefail
cd "$(dirname "$0")/../console"

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "The console is built with Node.js 20.19 or newer, and there is no \`node\` or \`npm\` here." >&2
  echo "Install Node.js, or install livedeck's wheel instead: it holds the built console." >&2
  exit 1
fi
if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
  echo "The console is built with Node.js 20.19 or newer; this is $(node --version)." >&2
  exit 1
fi
echo "Installing what builds the console ..."
npm ci --silent --no-audit --no-fund
