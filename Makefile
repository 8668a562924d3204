# Every target sets up what it needs in .venv; nothing but Chromium, for `make test` as root on
# Debian, is installed outside the project.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
CLIENT := pond_pipeline/website/client
BUNDLE := pond_pipeline/website/bundle/site.js

.PHONY: help setup setup-dev website demo up test check browser walk pictures docs reference bench torture format requirements clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.installed website ## Make .venv and install what running needs, pinned

setup-dev: .venv/.installed-dev ## Add what tests, benchmarks and checks need, pinned

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps

# Without build isolation and without dependency resolution: the two files are the whole truth.
.venv/.installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "DuckPond needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "Installing into .venv (about a minute, once) ..."
	@$(PYTHON) -m venv .venv
	@$(PIP) --require-hashes -r requirements.txt
	@$(PIP) --no-build-isolation --editable .
	@touch $@

.venv/.installed-dev: .venv/.installed requirements-dev.txt $(BUNDLE)
	@echo "Installing what the tests need (engines to compare with are large) ..."
	@$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@

website: $(BUNDLE) ## Bundle the script of websites, by npm

# Node and npm are those of .venv: nothing of the system is needed.
$(CLIENT)/node_modules/.package-lock.json: .venv/.installed $(CLIENT)/package-lock.json
	@echo "Fetching what the script of websites is bundled of ..."
	@cd $(CLIENT) && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --silent --no-audit --no-fund
	@touch $@

$(BUNDLE): $(CLIENT)/node_modules/.package-lock.json $(wildcard $(CLIENT)/src/*.ts $(CLIENT)/style/*.css)
	@cd $(CLIENT) && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent build
	@touch $@

demo: setup ## Collect from the bundled HydroVu simulator into ./.pond, and say what to try next
	@$(BIN)/pond demo

up: setup ## Start the Dagster UI and daemon on ./.pond
	@$(BIN)/pond up

# `operations/` comes first, on one worker that mostly waits for daemons, while the others compute:
# see tests/conftest.py. For two cores.
test: check browser ## Lint, types, import contracts, tests
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

check: setup-dev ## Everything of `test` but the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@cd $(CLIENT) && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent check
	@cd $(CLIENT) && PATH="$(CURDIR)/$(BIN):$$PATH" npm test --silent

# The package brings the libraries that a browser needs of the system.
browser: ## Install Chromium where that can be done (root on Debian); tests in a browser need it
	@for name in chromium chromium-browser google-chrome; do \
		command -v $$name >/dev/null && exit 0; \
	done; \
	if [ "$$(id -u)" = 0 ] && [ -e /etc/debian_version ] && command -v apt-get >/dev/null; then \
		echo "Installing Chromium (once) ..."; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
			apt-get install -qq --yes --no-install-recommends chromium >/dev/null && exit 0; \
	fi; \
	echo "*** No Chromium, and it cannot be installed here: TESTS IN A BROWSER ARE SKIPPED. ***" >&2

docs: setup-dev ## Make a site of the documentation; warnings are errors
	@$(BIN)/sphinx-build --quiet --fail-on-warning -b html -c docs -d docs/_build/read . docs/_build/html
	@echo "docs/_build/html/index.html"

reference: setup-dev ## Write what the docs say of commands and keys anew, from the code
	@$(BIN)/python -m docs.generated

walk: ## Follow README and the tutorial in a fresh clone (WALK=--tests: `make test` there, too)
	@$(PYTHON) -m tests.docs.walk $(WALK)

pictures: setup-dev browser ## Take the pictures of the docs anew, of what the demo makes
	@$(BIN)/python -m tests.docs.pictures

bench: setup-dev ## Measure the store against its budgets
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/event_log.py

torture: setup-dev ## Crashes, power losses, kills and flipped bits for ten minutes
	$(BIN)/python -m tests.integrity.flips 90
	$(BIN)/python -m tests.faults.torture --minutes 8.5

format: setup-dev ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

PIN := uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	--no-strip-extras

requirements: ## Pin what pyproject.toml asks for, with hashes (needs uv)
	$(PIN) pyproject.toml --group build --output-file requirements.txt
	$(PIN) pyproject.toml --group build --group dev --constraints requirements.txt \
		--output-file requirements-dev.txt

clean: ## Remove what can be made again; the pond stays
	rm -rf $(CLIENT)/node_modules $(dir $(BUNDLE)) docs/_build
	rm -rf .venv .dagster .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
