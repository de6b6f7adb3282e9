# Everything happens in .venv, which the first target that needs it makes.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help demo test test-slow coverage dependencies format lint types check docs notebooks man release-check clean

help:            ## Show these targets
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/:/' | column -t -s:

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt torch
	$(BIN)/pip install --quiet --constraint constraints.txt --editable .
	@touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

.venv/installed-docs: .venv/installed-dev
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[docs]'
	@touch $@

demo: .venv/installed            ## Train on an embedded table, check, save, reload, predict
	$(BIN)/netable demo

TEST := pytest --numprocesses auto --maxprocesses 8 --dist worksteal
test: .venv/installed-dev        ## Run the test suite
	$(BIN)/python -m $(TEST)

test-slow: .venv/installed-dev   ## Run the tests that take minutes
	$(BIN)/python -m pytest -m slow

coverage: .venv/installed-dev    ## Run the test suite and show the lines of src/ that it leaves out
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run -m $(TEST)
	@$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

dependencies:    ## Run the tests with the lowest and the newest versions of what is needed
	.ci/dependencies

format: .venv/installed-dev      ## Format the code, and mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

SCHEMA := $(BIN)/check-jsonschema --builtin-schema vendor
lint: .venv/installed-dev        ## Check style, formatting and the workflows of GitHub
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/zizmor --offline --quiet --persona pedantic .
	@$(SCHEMA).github-workflows .github/workflows/*.yml
	@$(SCHEMA).github-issue-forms .github/ISSUE_TEMPLATE/bug.yml .github/ISSUE_TEMPLATE/idea.yml
	@$(SCHEMA).dependabot .github/dependabot.yml
	@$(SCHEMA).citation-file-format CITATION.cff

types: .venv/installed-dev       ## Check the types, strictly
	$(BIN)/mypy

check: lint types coverage           ## Everything that must pass before a change lands

docs: .venv/installed-docs       ## Build the site of the documentation into site/, strictly
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

notebooks: .venv/installed-dev   ## Make and run examples/notebooks from their scripts
	$(BIN)/python examples/notebooks/make.py

man: .venv/installed             ## Write the man page from the help of the terminal
	$(BIN)/python packaging/make_man_page.py

release-check:   ## Build wheel and sdist, check them, and run the demo from the wheel in a fresh environment
	.ci/release

clean:           ## Remove what the targets made
	rm -rf .venv .venv-* build dist site netable-demo .coverage .coverage.*
