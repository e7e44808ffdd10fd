#!/usr/bin/env bash
# Make a virtual environment with uv in it. Usage: create_venv.sh PYTHON DIRECTORY
set -euo pipefail
python=$1 directory=$2

if ! command -v "$python" >/dev/null; then
  echo "livedeck needs Python 3.11 or newer, and there is no \`$python\` here." >&2
  echo "Install it (Debian: apt-get install python3 python3-venv), or name another: make PYTHON=python3.12 ..." >&2
  exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "livedeck needs Python 3.11 or newer; \`$python\` is $("$python" --version)." >&2
  echo "Name another one: make PYTHON=python3.12 ..." >&2
  exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  echo "Python's venv module is not installed. On Debian: apt-get install python3-venv" >&2
  exit 1
fi
if [ ! -w . ]; then
  echo "No permission to write in $(pwd): clone livedeck into a folder of your own." >&2
  exit 1
fi
"$python" -m venv "$directory"
"$directory/bin/python" -m pip install --quiet --disable-pip-version-check "uv==0.13.9"
