#!/usr/bin/env bash
# Graphs of graphviz are drawn by its own program, dot; install it when it is missing and we may.
set -euo pipefail
. "$(dirname "$0")/debian.sh"

if command -v dot >/dev/null; then
  exit 0
fi
can_install graphviz "The tests of what a Deck shows need graphviz" "install it."
echo "Installing graphviz for the tests ..."
install_package graphviz
