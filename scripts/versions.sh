#!/usr/bin/env bash
# The quick tests with the oldest and with the newest versions of what livedeck depends on that pyproject.toml allows.
# Usage: versions.sh oldest|newest [PYTEST'S ARGUMENTS]
set -euo pipefail
cd "$(dirname "$0")/.."
uv=.venv/bin/uv
which=${1:?oldest or newest} && shift
venv=.venv-$which

case $which in
  oldest) resolution=lowest-direct ;;
  newest) resolution=highest ;;
  *) echo "Which versions: oldest or newest, not \`$which\`." >&2 && exit 2 ;;
esac

if [ ! "$venv/.ready" -nt pyproject.toml ]; then
  echo "Installing livedeck with the $which versions that it allows ..."
  $uv venv --quiet --clear --python .venv/bin/python "$venv"
  $uv pip compile --quiet --no-header --no-annotate --no-emit-index-url --python "$venv/bin/python" --upgrade \
    --resolution $resolution --extra postgres --output-file "$venv/versions.txt" pyproject.toml
  $uv pip install --quiet --python "$venv/bin/python" --requirements "$venv/versions.txt" --group dev --editable .
  touch "$venv/.ready"
fi
grep -E '^(flyteidl|grpcio|protobuf|sqlalchemy|starlette|uvicorn)==' "$venv/versions.txt" | paste -sd ' '
exec "$venv/bin/python" -m pytest --quiet -m "not slow" "$@" \
  --ignore tests/acceptance --ignore tests/integration --ignore tests/cli --ignore tests/faults
