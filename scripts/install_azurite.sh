#!/usr/bin/env bash
# Install Azurite, the server by which the tests run Azure's store, from the npm registry, in a locked version.
set -euo pipefail
cd "$(dirname "$0")/../tests/clouds/npm"

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "The tests run Azure's store by Azurite, which needs Node.js, and there is no \`node\` or \`npm\` here." >&2
  exit 1
fi
echo "Installing Azurite for the tests ..."
npm ci --silent --no-audit --no-fund
