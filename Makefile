# Everything happens in .venv, which the first target that needs it makes.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help demo test test-slow dependencies lint types check clean

help:            ## Show these targets
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/:/' | column -t -s:

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt torch
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: .venv/installed            ## Train on an embedded table, check, save, reload, predict
	$(BIN)/netable demo

test: .venv/installed            ## Run the test suite
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 8 --dist worksteal

test-slow: .venv/installed       ## Run the tests that take minutes
	$(BIN)/python -m pytest -m slow

dependencies:    ## Run the tests with the lowest and the newest versions of what is needed
	.ci/dependencies

lint: .venv/installed            ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed           ## Check the types, strictly
	$(BIN)/mypy

check: lint types test           ## Everything that must pass before a change lands

clean:           ## Remove what the targets made
	rm -rf .venv .venv-lowest .venv-newest build dist netable-demo
