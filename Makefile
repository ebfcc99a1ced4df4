# Every command that a person or CI runs. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
PYTEST := $(BIN)/pytest
# Each file in one process. Who talks with stores and services mostly waits, so that more go side by side than there are cores.
SIDE_BY_SIDE := --dist loadfile --no-loadscope-reorder
DOMAIN := -n auto --maxprocesses 4 $(SIDE_BY_SIDE)
ADAPTERS := -n 3 $(SIDE_BY_SIDE)
SERVICES := -n 5 $(SIDE_BY_SIDE)
PUNCTUAL := -n 3
TOGETHER := $(MAKE) -j2 --output-sync=target --no-print-directory
PAGE := frontend/dist/index.html
PAGE_SOURCES := $(shell find frontend -name node_modules -prune -o -name dist -prune -o -type f -print)

# Tests start the service hundreds of times; without kept bytecode each start compiles all of it, a quarter of a second.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run page tools system test test-page test-domain test-adapters test-services test-punctual check check-python check-page
.PHONY: format soak contract bench scale-demo golden screenshots lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/run.stamp page ## Set everything up and serve the page and the API on 127.0.0.1:8000
	@GALLEY_PORT=$${GALLEY_PORT:-$(PORT)} exec $(BIN)/galley serve

page: ## Build the page, where there is Node; without it the API is served alone
	@if command -v npm >/dev/null; then $(MAKE) -s $(PAGE); else echo "Node 20+ is missing: the page is left out, the API runs."; fi

# Packages of Python, of Node and, where something is going to be tested, of the system come side by side.
tools:
	@$(MAKE) -s -j4 $(VENV)/dev.stamp $(PAGE) tests/clients/node_modules/.stamp $(if $(filter test soak,$(MAKECMDGOALS)),system)

system:
	@sh requirements/system.sh

test: tools ## Set everything up and run every test
	@$(TOGETHER) test-page test-domain
	@$(MAKE) --no-print-directory test-adapters test-services test-punctual

# The parts of `make test`, for whoever works on one.
test-page:
	cd frontend && npm run --silent size && npm test

test-domain:
	$(PYTEST) tests/domain $(DOMAIN) --cov=domain --cov-branch --cov-fail-under=100 -q

test-adapters:
	$(PYTEST) tests --ignore=tests/domain --ignore=tests/e2e $(ADAPTERS) -q

test-services:
	$(PYTEST) tests/e2e -m "not punctual" $(SERVICES) -q

test-punctual:
	$(PYTEST) tests/e2e -m punctual $(PUNCTUAL) -q

check: tools ## Lint, format check, types, import rules
	@$(TOGETHER) check-python check-page

check-python:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check-page:
	cd frontend && npm run --silent check

format: $(VENV)/dev.stamp ## Format the code
	$(BIN)/ruff check --fix-only -q .
	$(BIN)/ruff format -q .

soak: tools ## Run the long programs in full; the output goes to benchmarks/results/soak.txt
	GALLEY_SOAK=1 $(PYTEST) tests/e2e tests/adapters tests/contract tests/entrypoints tests/domain/content/test_value_is_data.py -q --durations=0 | tee benchmarks/results/soak.txt

# By the environment alone: what stands in a command line can be read by everybody on the machine.
contract: export GALLEY_URL := $(or $(URL),$(GALLEY_URL))
contract: export GALLEY_USERNAME := $(or $(if $(findstring command,$(origin USERNAME)),$(USERNAME)),$(GALLEY_USERNAME))
contract: export GALLEY_PASSWORD := $(or $(PASSWORD),$(GALLEY_PASSWORD))
contract: export GALLEY_CONTRACT_EXAMPLES := $(or $(EXAMPLES),$(GALLEY_CONTRACT_EXAMPLES))
contract: $(VENV)/dev.stamp ## Judge the deployment at URL by the HTTP contract; the log-in is in GALLEY_USERNAME and GALLEY_PASSWORD
	@$(BIN)/python -m tests.http_contract

bench: $(VENV)/dev.stamp $(PAGE) ## Run the benchmarks in full; they print ratios and write benchmarks/results/
	$(BIN)/python -m benchmarks.relay
	$(BIN)/python -m benchmarks.cancels
	$(BIN)/python -m benchmarks.checks
	$(BIN)/python -m benchmarks.repair
	$(BIN)/python -m benchmarks.silent_upstreams
	$(BIN)/python -m benchmarks.scale
	cd frontend && npm run bench

scale-demo: $(VENV)/dev.stamp ## Show a run that survives a killed worker: PostgreSQL, two fronts and three workers on this machine
	@$(BIN)/python -m benchmarks.scale_demo

screenshots: $(PAGE) ## Take a picture of each view of the service at GALLEY_URL, with its GALLEY_PASSWORD
	cd frontend && npm run --silent screenshots

golden: tools ## Write the committed copies of generated contracts anew: events and API description
	$(BIN)/python -m tests.golden
	cd frontend && npm run --silent types

lock: $(VENV)/dev.stamp ## Resolve the locked dependencies anew from setup.cfg
	sh requirements/lock.sh

clean: ## Remove environments, caches and build output, but no data
	rm -rf $(VENV) build tests/clients/node_modules frontend/node_modules frontend/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Galley needs Python 3.11 or newer; set PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "The venv module is missing; on Debian: apt-get install python3-venv"; exit 1; }

$(VENV)/run.stamp: requirements/run.txt setup.cfg pyproject.toml clients/python/pyproject.toml | $(VENV)/bin/python
	@echo "Installing Galley into $(VENV) (once)..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements/run.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . -e clients/python
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	@echo "Installing what the tests need into $(VENV) (once)..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-compile --no-deps --require-hashes -r requirements/dev.txt
	@touch $@

%/node_modules/.stamp: %/package-lock.json %/package.json
	@command -v npm >/dev/null || { echo "Node 20 or newer is missing; on Debian: apt-get install nodejs npm"; exit 1; }
	@echo "Installing the packages of $* (once)..."
	@cd $* && npm ci --silent --no-audit --no-fund </dev/null
	@touch $@

$(PAGE): frontend/node_modules/.stamp $(PAGE_SOURCES)
	@echo "Building the page..."
	@cd frontend && npm run --silent build </dev/null
	@touch $@
