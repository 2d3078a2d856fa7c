# The whole command surface. Each target needs only itself: it makes the environment when needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Begun last, these would keep one process at work and leave the others idle.
DEAR := tests/e2e tests/crash tests/dbt_project tests/test_contract_compliance.py tests/browser
TESTS := $(patsubst %/,%,$(wildcard tests/*/)) $(wildcard tests/test_*.py)

.DEFAULT_GOAL := help
.PHONY: help setup run slim docs test crash soundness check style types sql imports bench lock

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.installed ## make .venv and install the locked versions into it

$(VENV)/.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python \
		--require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps \
		--no-build-isolation --editable .
	@touch $@

run: setup ## load the bundled APIs, build, check, and say where the report is
	$(BIN)/hallmark run --demo

slim: setup ## what a change of models breaks, and whether what it touches builds
	$(BIN)/hallmark slim

docs: setup ## models, columns and lineage as one offline page beside the reports
	$(BIN)/hallmark docs

test: setup ## all tests, dear ones first, a file per process and as many processes as cores
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder \
		$(DEAR) $(filter-out $(DEAR) %/__pycache__,$(TESTS))

crash: setup ## kill loads fifty times, at any moment, and see that nothing is lost
	$(BIN)/pytest tests/crash --crash-kills 50

soundness: setup ## look long for a document that contradicts a verdict on two JSON Schemas
	$(BIN)/pytest tests/contracts/json_schema/test_soundness.py --soundness-examples 20000

check: style types sql imports ## style, types, SQL, imports

style: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

sql: setup
	$(BIN)/sqlfluff lint --disable-progress-bar --nocolor dbt_project/models dbt_project/tests

imports: setup
	$(BIN)/lint-imports --no-cache

bench: setup ## measure loads, builds, the gate and the registry; takes long
	$(BIN)/python -m scripts.benchmarks.load
	$(BIN)/python -m scripts.benchmarks.warehouse
	$(BIN)/python -m scripts.benchmarks.gate
	$(BIN)/python -m scripts.benchmarks.registry

lock: setup ## resolve the dependencies anew and pin them with hashes
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-strip-extras \
		--python-version 3.11 --extra dev --custom-compile-command "make lock" \
		pyproject.toml --output-file requirements.lock
