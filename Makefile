# Every target says what it does; bare `make` lists them. Python 3.11 or newer and the package index are all it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PORT ?= 8000
SANDBOX_PORT ?= $(shell expr $(PORT) + 900)
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test lint format bench chaos drill lock shell reset

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(STAMP): requirements-dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

demo: $(STAMP) ## start everything with made-up data; Ctrl-C stops it
	@DEMO=1 PORT=$(PORT) SANDBOX_PORT=$(SANDBOX_PORT) FETCH_ALLOWED_HOSTS=127.0.0.1:$(SANDBOX_PORT) LOOK_LEASE_SECONDS=20 \
		BROKER_PREFIX=demo: $(BIN)/python manage.py demo

test: $(STAMP) ## run the whole suite
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

lint: $(STAMP) ## style, types, import contracts, templates, migrations, deployment checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/djade --target-version 5.2 --check $$(find templates -name '*.html')
	$(BIN)/djlint --quiet --lint templates
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING

format: $(STAMP) ## rewrite code and templates in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djade --target-version 5.2 $$(find templates -name '*.html')

bench: $(STAMP) ## measure; prints ratios
	$(BIN)/python -m bench

chaos: $(STAMP) ## the long profile of the chaos tests, about half an hour
	CHAOS=long $(BIN)/python -m pytest -n 0 -m chaos tests/chaos -s

drill: $(STAMP) ## rehearse: back up, lose the database, restore, reconcile; a minute or two
	$(BIN)/python -m tests.chaos.drill

lock: $(STAMP) ## compile the locks from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --upgrade --extra dev pyproject.toml -o requirements-dev.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header -c requirements-dev.txt pyproject.toml -o requirements.txt

shell: $(STAMP) ## Django's shell on the development database
	$(BIN)/python manage.py shell

reset: ## throw the development and demonstration data away
	@if [ -x $(BIN)/python ]; then $(BIN)/python -c 'from pathlib import Path; from takedown import embedded; embedded.stop(Path("var").resolve())'; fi
	rm -rf var
