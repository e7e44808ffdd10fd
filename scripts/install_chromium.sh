#!/usr/bin/env bash
# The browser tests drive Debian's chromium; install it when it is missing and we may.
set -euo pipefail

if command -v chromium >/dev/null || [ -n "${LIVEDECK_CHROMIUM:-}" ]; then
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "The browser tests need chromium: install it, or set LIVEDECK_CHROMIUM to the path of a Chromium or Chrome." >&2
  exit 1
fi
if [ "$(id -u)" = 0 ]; then
  as_root=()
elif sudo -n true 2>/dev/null; then
  as_root=(sudo -n)
else
  echo "The browser tests need chromium, and installing it needs root: sudo apt-get install chromium" >&2
  exit 1
fi
echo "Installing chromium for the browser tests ..."
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends chromium >/dev/null
