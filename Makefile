# The words of this house: serve, test, check, bench. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?= vezne-data
ARGS ?=
# For `make fuzz`: how often an operation is tried, and what makes a run the same again.
EXAMPLES ?= 300
SEED := $(if $(SEED),$(SEED),$(shell date +%s))

# Tests start hundreds of processes, each of which would compile the whole source again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help serve test test-postgres proof check bench soak sim fuzz format lock clean

help: ## List these commands
	@grep -E '^[a-z-]+:.*##' Makefile | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

serve: $(VENV)/serve.stamp ## Run the sandbox on http://127.0.0.1:8080 and https://127.0.0.1:8443
	$(BIN)/vezne serve --sandbox --data $(DATA) $(ARGS)

test: $(VENV)/dev.stamp tests/journeys/node/node_modules/.stamp ## Run the tests, with coverage of core, flows and vault
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not proof" --cov --cov-report=term $(ARGS)

test-postgres: $(VENV)/dev.stamp tests/journeys/node/node_modules/.stamp ## Journeys and contracts on PostgreSQL
	VEZNE_TEST_ENGINE=postgres $(BIN)/python -m pytest -n auto --dist worksteal -m "not proof" \
	  tests/journeys tests/contract $(ARGS)

proof: $(VENV)/dev.stamp tests/journeys/node/node_modules/.stamp ## What takes minutes: fifty kills, the gateway's memory, planted bugs
	$(BIN)/python -m pytest -n auto --dist worksteal -m proof $(ARGS)

check: $(VENV)/dev.stamp ## Lint, format check, types, import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/dev.stamp ## Measure both engines against a bare echo and a peer of the same run
	$(BIN)/python -m tools.bench $(ARGS)

soak: $(VENV)/dev.stamp ## Load a server for half an hour, or with ARGS=--overload three times too much
	$(BIN)/python -m tools.soak $(ARGS)

sim: $(VENV)/dev.stamp ## Simulate crashes, a bad line and impatient clients, and check every lira
	$(BIN)/python -m tools.sim --seconds 60 $(ARGS)

fuzz: $(VENV)/dev.stamp ## Ask every door thousands of odd questions, others each time
	@echo "make fuzz EXAMPLES=$(EXAMPLES) SEED=$(SEED)"
	VEZNE_FUZZ_EXAMPLES=$(EXAMPLES) VEZNE_FUZZ_SEED=$(SEED) \
	  $(BIN)/python -m pytest -n auto tests/fuzz tests/vault/test_intake*.py tests/vault/test_bodies.py $(ARGS)

format: $(VENV)/dev.stamp ## Format the source
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

lock: ## Rewrite the locked dependencies (needs uv)
	uv pip compile pyproject.toml --group build --universal --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url --output-file requirements.lock
	uv pip compile pyproject.toml --group build --group dev --universal --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url --constraint requirements.lock \
	  --output-file requirements-dev.lock

clean: ## Remove the environment and build products; keeps your data
	rm -rf $(VENV) build tests/journeys/node/node_modules

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/serve.stamp: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/serve.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

# The journeys with the npm client say so when they are skipped.
tests/journeys/node/node_modules/.stamp: tests/journeys/node/package-lock.json
	if command -v npm >/dev/null; then \
	  npm ci --prefix tests/journeys/node --no-audit --no-fund --loglevel=error; \
	else mkdir -p tests/journeys/node/node_modules; fi
	touch $@
