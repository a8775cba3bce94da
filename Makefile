# The two commands a newcomer needs: `make run` and `make test`. Everything else is for those who work on it.
PYTHON := $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help install install-test run demo test test-quick lint bench backup requirements clean

help:
	@echo "make run     install, load the demonstration county once, serve http://127.0.0.1:8000"
	@echo "make test    the whole suite: SQLite, PostgreSQL and Redis, browser"
	@echo "make lint | bench | demo | backup | install | requirements"

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
	  || { echo "Python 3.11 is needed; found: $$($(PYTHON) --version 2>&1). 需要 Python 3.11。"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: requirements/base.txt | $(VENV)/bin/python
	$(BIN)/pip install --quiet --no-deps --require-hashes -r requirements/base.txt
	@touch $@

$(VENV)/.test: requirements/test.txt $(VENV)/.base | $(VENV)/bin/python
	$(BIN)/pip install --quiet --no-deps --require-hashes -r requirements/test.txt
	@touch $@

install: $(VENV)/.base

install-test: $(VENV)/.test

run: install
	@exec $(MANAGE) serve --demo

demo: install
	$(MANAGE) migrate --verbosity 0
	$(MANAGE) demo

test: install-test
	$(BIN)/python tests/run.py

# Only SQLite, without browser and killed workers: what one runs while writing.
test-quick: install-test
	$(BIN)/python -m pytest -q -m "not browser and not kill and not slow"

lint: install-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/djade --check $$(git ls-files 'templates/*.html')
	$(BIN)/codespell README.md CHANGELOG.md docs federation orgs accounts committees ledgers assessments bench tests

# Every figure on both databases; fails where one is missing or misses its goal.
bench: export BENCH_DATABASE_URL ?= postgres://postgres@127.0.0.1:5432/federation_bench
bench: install-test
	$(BIN)/python -m bench

backup: install
	$(MANAGE) backup

# Needs the tool `uv`; writes no addresses into the files (a test checks).
requirements:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  pyproject.toml -o requirements/base.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --extra test pyproject.toml -o requirements/test.txt

clean:
	rm -rf .pytest_cache .ruff_cache .hypothesis
