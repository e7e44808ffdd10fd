#!/usr/bin/env bash
# Resolve the locked versions anew: run.txt is what `make demo` needs, dev.txt adds what `make test` needs,
# ray.txt adds Ray to that, for `make ray-test` and `make cluster-demo`, flytekit.txt is flytekit, which the porting tests and `make bench` run beside us, peers.txt is the
# other engines that `make bench` runs beside us, trackers.txt other reporters, prefect-ray.txt an engine on Ray, docs.txt what builds the user guide.
set -euo pipefail
cd "$(dirname "$0")/.."

compile() {
  .venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
    --no-emit-index-url --quiet "$@"
}
compile pyproject.toml --extra examples --output-file requirements/run.txt
compile pyproject.toml --extra examples --extra otel --extra postgres --group dev --group show --constraint requirements/run.txt --output-file requirements/dev.txt
compile pyproject.toml --extra examples --extra otel --extra postgres --extra ray --group dev --constraint requirements/dev.txt --output-file requirements/ray.txt
compile --group flytekit --output-file requirements/flytekit.txt
compile --group peers --output-file requirements/peers.txt
compile --group trackers --output-file requirements/trackers.txt
compile --group prefect-ray --constraint requirements/peers.txt --output-file requirements/prefect-ray.txt
compile --group docs --output-file requirements/docs.txt
