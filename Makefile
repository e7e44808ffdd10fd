# Two commands do everything: `make demo` runs the main job, `make test` passes the tests.
# Both set up what they need, once, and start in seconds the next time.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

CONSOLE_SOURCES := $(shell find console/src console/public -type f 2>/dev/null) $(wildcard console/*.html console/*.ts console/*.json) livedeck/deck/guards.js livedeck/deck/sizing.js livedeck/deck/tokens.css
CONSOLE := livedeck/admin/static/index.html

.PHONY: help demo test check unit acceptance pictures kill-test fault-test fault-matrix cluster-test cluster-demo chaos torch-test show-test ray-test ray-short versions-test versions-short docs console wheel bench growth lock clean

help:  ## Say what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(VENV)/.run $(CONSOLE)  ## Set up, start the server and run examples/train_digits.py with its Deck live
	@exec $(BIN)/livedeck demo $(ARGS)

# What comes before the tests is done side by side: each part waits for downloads, or keeps one core busy.
test:  ## Set up and pass every test, the browser's included
	@$(MAKE) --jobs 3 --output-sync=target check versions-short ray-short docs for-tests
	@scripts/test.sh $(ARGS)

check: $(VENV)/.dev console/node_modules/.installed  ## Lint and type-check Python and TypeScript
	@scripts/check.sh

unit: $(VENV)/.dev  ## What to run between edits: lint, types and the quick tests
	@scripts/unit.sh $(ARGS)

acceptance: $(VENV)/.dev $(CONSOLE) console/node_modules/.installed chromium graphviz  ## Real server, real browser
	@$(BIN)/python -m pytest tests/acceptance $(ARGS)

pictures: $(VENV)/.dev $(CONSOLE) chromium  ## Take pictures of every page in every state, into build/pictures/all; ARGS=--renew renews the baselines
	@$(BIN)/python -m tests.acceptance.pictures build/pictures/all $(ARGS)

kill-test: $(VENV)/.dev  ## Kill the server with -9 at 20 random moments of a 10-node workflow, and at 40 of one with a node of every kind
	@$(BIN)/python -m pytest tests/integration/test_kill.py -k every_execution --kills 20 $(ARGS)
	@$(BIN)/python -m pytest tests/integration/test_kill.py -k every_kind --kills 40 $(ARGS)

fault-test: $(VENV)/.dev azurite  ## Every fault of a store before, at and after the end of a task's function
	@$(BIN)/python -m pytest tests/faults --all-faults $(ARGS)

fault-matrix: $(VENV)/.dev azurite  ## Every fault of every store at every stage of a task; writes the table in docs/stores.md
	@$(BIN)/python -m pytest tests/faults/test_matrix.py --all-faults --fault-table $(ARGS)

cluster-test: $(VENV)/.dev .venv-ray/.ready $(CONSOLE) postgresql chromium  ## Several servers on one PostgreSQL: each way to lose one, or the database, while they run; the demonstration, and a little chaos
	@$(BIN)/python -m pytest tests/admin --on-postgresql $(ARGS)
	@$(BIN)/python -m pytest tests/cluster --all-losses $(ARGS)
	@.venv-ray/bin/python -m pytest tests/deployment tests/chaos $(ARGS)

cluster-demo: .venv-ray/.ready $(CONSOLE) postgresql  ## PostgreSQL, an S3 server, three Ray nodes, two servers behind a proxy: two examples on them, until Ctrl-C
	@exec .venv-ray/bin/python -m livedeck.testing.cluster.supervisor .venv-ray/bin/python scripts/cluster_demo.py $(ARGS)

chaos: .venv-ray/.ready postgresql  ## Kill a part of such a deployment again and again while it works; ARGS="--kills 200 --seed 1"
	@exec .venv-ray/bin/python -m livedeck.testing.cluster.supervisor .venv-ray/bin/python -m tests.chaos $(ARGS)

torch-test: .venv-torch/.ready  ## Real work in tasks with torch, pandas, scikit-learn and pyarrow: forked with them, and as gangs (5 GB to download)
	@.venv-torch/bin/python -m pytest tests/sdk/types/test_tensors.py tests/integration/test_imports.py tests/integration/test_torch_gangs.py tests/ray/test_torch_gangs.py $(ARGS)

show-test: .venv-torch/.ready $(CONSOLE) chromium graphviz  ## What libraries make, in a Deck: with torch and shap besides those of `make test` (5 GB to download)
	@.venv-torch/bin/python -m pytest tests/deck/test_show.py tests/acceptance/test_show.py $(ARGS)

ray-test: .venv-ray/.ready  ## The Ray executor on real clusters of this machine, with every part of one killed (Ray: 75 MB to download)
	@.venv-ray/bin/python -m pytest tests/ray $(ARGS)

ray-short: .venv-ray/.ready  ## Of these, a server's: executions on a cluster, an abort, a node that is lost, a gang on two nodes
	@.venv-ray/bin/python -m pytest tests/ray/test_server.py

versions-test: $(VENV)/.dev $(CONSOLE) postgresql  ## The quick tests with the oldest and with the newest allowed versions of what we depend on
	@scripts/versions.sh oldest $(ARGS)
	@scripts/versions.sh newest $(ARGS)

versions-short: $(VENV)/.dev $(CONSOLE) postgresql  ## With the oldest allowed versions, the tests of what leans on internals
	@scripts/versions.sh oldest tests/admin/test_front.py tests/admin/test_security.py tests/admin/test_app.py tests/admin/test_view.py tests/admin/test_transfers.py tests/admin/db

docs: .venv-docs/.ready  ## Build the user guide into build/docs, without a warning
	@scripts/docs.sh

console: $(CONSOLE)  ## Build the console and the Deck's runtime script

wheel: $(VENV)/.dev $(CONSOLE)  ## Build dist/*.whl with the console inside
	@$(BIN)/python -m build --wheel --installer uv

bench: $(VENV)/.dev .venv-flytekit/.ready .venv-peers/.ready .venv-trackers/.ready .venv-ray/.ready .venv-prefect-ray/.ready $(CONSOLE) chromium  ## Measure; writes docs/benchmarks.md and bench/results.json
	@$(BIN)/python -m bench $(ARGS)

growth: $(VENV)/.dev postgresql  ## Measure what grows with 1,000,000 executions in PostgreSQL, into docs/benchmarks.md (40 GB of disk for half an hour; ARGS="--executions 100000" for fewer)
	@$(BIN)/python -m bench.growth $(ARGS)

lock: $(BIN)/uv  ## Resolve the locked versions in requirements/ anew
	@scripts/lock.sh

clean:  ## Remove what was built and installed; the demo's data in .livedeck stays
	rm -rf $(VENV) .venv-torch .venv-ray .venv-flytekit .venv-peers .venv-trackers .venv-prefect-ray .venv-docs .venv-oldest .venv-newest console/node_modules tests/clouds/npm/node_modules livedeck/admin/static livedeck/deck/static build dist

.PHONY: for-tests chromium graphviz postgresql azurite
for-tests: $(VENV)/.dev .venv-flytekit/.ready $(CONSOLE) azurite postgresql chromium graphviz

chromium:
	@scripts/install_chromium.sh

graphviz:
	@scripts/install_graphviz.sh

postgresql:
	@scripts/install_postgresql.sh

azurite: tests/clouds/npm/node_modules/.installed

tests/clouds/npm/node_modules/.installed: tests/clouds/npm/package.json tests/clouds/npm/package-lock.json
	@scripts/install_azurite.sh
	@touch $@

$(BIN)/uv:
	@scripts/create_venv.sh "$(PYTHON)" "$(VENV)"

$(VENV)/.run: requirements/run.txt pyproject.toml | $(BIN)/uv
	@echo "Installing livedeck and what its examples need ..."
	@$(UV) --require-hashes -r requirements/run.txt
	@$(UV) --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(BIN)/uv
	@echo "Installing livedeck and its development tools ..."
	@$(UV) --require-hashes -r requirements/dev.txt
	@$(UV) --no-deps --editable .
	@touch $@ $(VENV)/.run

.venv-flytekit/.ready: requirements/flytekit.txt
	@scripts/create_venv.sh "$(PYTHON)" .venv-flytekit
	@.venv-flytekit/bin/uv pip install --quiet --python .venv-flytekit/bin/python --require-hashes -r requirements/flytekit.txt
	@touch $@

.venv-peers/.ready: requirements/peers.txt
	@scripts/create_venv.sh "$(PYTHON)" .venv-peers
	@.venv-peers/bin/uv pip install --quiet --python .venv-peers/bin/python --require-hashes -r requirements/peers.txt
	@touch $@

.venv-trackers/.ready: requirements/trackers.txt
	@scripts/create_venv.sh "$(PYTHON)" .venv-trackers
	@.venv-trackers/bin/uv pip install --quiet --python .venv-trackers/bin/python --require-hashes -r requirements/trackers.txt
	@touch $@

.venv-prefect-ray/.ready: requirements/prefect-ray.txt
	@scripts/create_venv.sh "$(PYTHON)" .venv-prefect-ray
	@.venv-prefect-ray/bin/uv pip install --quiet --python .venv-prefect-ray/bin/python --require-hashes -r requirements/prefect-ray.txt
	@touch $@

.venv-torch/.ready: requirements/dev.txt requirements/ray.txt pyproject.toml
	@scripts/create_venv.sh "$(PYTHON)" .venv-torch
	@.venv-torch/bin/uv pip install --quiet --python .venv-torch/bin/python --require-hashes -r requirements/dev.txt -r requirements/ray.txt
	@.venv-torch/bin/uv pip install --quiet --python .venv-torch/bin/python torch==2.13.0 shap==0.51.0
	@.venv-torch/bin/uv pip install --quiet --python .venv-torch/bin/python --no-deps --editable .
	@touch $@

.venv-ray/.ready: requirements/ray.txt pyproject.toml
	@scripts/create_venv.sh "$(PYTHON)" .venv-ray
	@.venv-ray/bin/uv pip install --quiet --python .venv-ray/bin/python --require-hashes -r requirements/ray.txt
	@.venv-ray/bin/uv pip install --quiet --python .venv-ray/bin/python --no-deps --editable .
	@touch $@

.venv-docs/.ready: requirements/docs.txt
	@scripts/create_venv.sh "$(PYTHON)" .venv-docs
	@.venv-docs/bin/uv pip install --quiet --python .venv-docs/bin/python --require-hashes -r requirements/docs.txt
	@touch $@

console/node_modules/.installed: console/package.json console/package-lock.json
	@scripts/install_console.sh
	@touch $@

$(CONSOLE): console/node_modules/.installed $(CONSOLE_SOURCES)
	@echo "Building the console ..."
	@cd console && npm run --silent build
	@touch $@
