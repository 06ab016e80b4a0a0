# The doors of the project. Each makes its own environment in .venv on first use.
#
#   make reproduce   run every study and lesson from a clean kernel; pages and tables in build/
#   make test        style, types and tests
#   make lab         JupyterLab on notebooks/
#   make notebooks   run the studies again and rewrite the .ipynb files beside their .py sources, and docs/replication.md
#   make test-browser  turn the dials of the course in a real JupyterLab (needs Chromium, or fetches one)
#   make bench       time the package against its peers
#
# Needs: make and Python 3.11, 3.12 or 3.13 (with its venv module). `PYTHON=... make test` names one;
# `make UV=no test` installs with pip alone.

VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2
BUILD ?= build
UV ?= yes
PYTHON ?=

# the development environment holds everything the studies need
STUDIES := $(if $(wildcard $(VENV)/.installed-dev),$(VENV)/.installed-dev,$(VENV)/.installed-studies)

.PHONY: help reproduce test lint types tests test-browser lab notebooks bench clean
help:
	@sed -n '3,8s/^# *//p' Makefile

reproduce: $(STUDIES)
	@$(BIN)/python -m cxresearch.course $(BUILD)
	@$(BIN)/python -m cxresearch.studies $(BUILD)

test: lint types tests

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

tests: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup

# Not part of `make test`: a browser is not everywhere. Playwright's own is fetched only where there is none.
test-browser: $(VENV)/.installed-browser
	@command -v chromium || command -v chromium-browser || command -v google-chrome || { \
	  echo "No Chromium on this machine: Playwright fetches its own (about 170 MB, once)."; \
	  $(BIN)/python -m playwright install chromium || { \
	    echo "That failed. Install Chromium with the system's package manager and try again." >&2; exit 1; }; }
	CXRESEARCH_BROWSER=$(BUILD)/browser $(BIN)/python -m pytest tests/browser --durations=0

lab: $(STUDIES)
	$(BIN)/jupyter lab --notebook-dir=notebooks

notebooks: $(STUDIES)
	@$(BIN)/python -m cxresearch.studies --write --replication docs/replication.md $(BUILD)
	@$(BIN)/python -m cxresearch.course --write $(BUILD)

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.importance
	$(BIN)/python -m benchmarks.contacts

clean:
	rm -rf $(VENV) $(BUILD) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

# A stamp per set of packages: installed again when pyproject.toml or constraints.txt change.
$(VENV)/.installed-%: pyproject.toml constraints.txt
	@$(MAKE) --no-print-directory -s venv
	@echo "Installing the packages of '$*' into $(VENV) (a minute or so, once) ..."
	@set -e; what='.[$*]'; done=no; \
	if [ "$(UV)" != no ] && { [ -x $(BIN)/uv ] || $(BIN)/python -m pip install --quiet uv; }; then \
	  if $(BIN)/uv pip install --quiet --python $(BIN)/python -e "$$what" -c constraints.txt; then done=yes; \
	  else echo "uv could not install; trying pip (slower)."; fi; \
	fi; \
	if [ $$done = no ]; then $(BIN)/python -m pip install --quiet -e "$$what" -c constraints.txt; fi
	@touch $@

# An environment that still starts is kept; a missing or broken one (a moved folder) is made anew.
.PHONY: venv
venv:
	@if [ -x $(BIN)/python ] && $(BIN)/python -c 'import pip' 2>/dev/null; then exit 0; fi; \
	for python in $(PYTHON) python3 python3.13 python3.12 python3.11 python; do \
	  if "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then \
	    echo "Making $(VENV) with $$python ($$("$$python" --version))."; \
	    exec "$$python" -m venv --clear $(VENV); \
	  fi; \
	done; \
	echo "cxresearch needs Python 3.11, 3.12 or 3.13; none was found here (python3 is: $$(python3 --version 2>&1))." >&2; \
	echo "Install one, or name it: make PYTHON=/path/to/python3.12 test" >&2; \
	exit 1
