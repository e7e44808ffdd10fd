#!/usr/bin/env bash
# The browser tests drive Debian's chromium; install it when it is missing and we may.
set -euo pipefail
. "$(dirname "$0")/debian.sh"

if command -v chromium >/dev/null || [ -n "${LIVEDECK_CHROMIUM:-}" ]; then
  exit 0
fi
can_install chromium "The browser tests need chromium" \
  "install it, or set LIVEDECK_CHROMIUM to the path of a Chromium or Chrome."
echo "Installing chromium for the browser tests ..."
install_package chromium
