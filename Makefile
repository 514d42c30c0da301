# Everything runs in .venv; the first target that needs it makes it. Python 3.11 or later, pip and make are assumed.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python -m

.PHONY: demo test check bench battery lock messages clean

demo: $(VENV)/.runtime  ## the demo municipality on http://127.0.0.1:8000
	@$(RUN) catalog demo

test: $(VENV)/.development  ## all tests; what a machine lacks is skipped with a reason
	@$(RUN) pytest

check: $(VENV)/.development  ## style, types, imports, schema
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(RUN) tests.check_schema

bench: $(VENV)/.development  ## the figures of docs/performance.md, as ratios of one run
	@$(RUN) tests.bench

messages: $(VENV)/.development  ## bring the sentences of the source into the catalogues of each language
	@$(RUN) deploy.messages

lock: $(VENV)/.development  ## renew the pins; for maintainers
	cd deploy && ../$(BIN)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --strip-extras -o requirements.lock ../pyproject.toml
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["dev"], sep="\n")' > deploy/dev.in
	cd deploy && ../$(BIN)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --strip-extras --allow-unsafe -o requirements-dev.lock ../pyproject.toml dev.in
	rm deploy/dev.in

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# A virtual environment without Debian's python3-venv: the machine's own pip fills it.
$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python is missing: install the package python3 (3.11 or later)."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "This Python is too old: install the package python3.11 and run make with PYTHON=python3.11."; exit 1; }
	@$(PYTHON) -c 'import venv' 2>/dev/null || { echo "Python lacks its module venv: install the package python3.11-venv."; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || { echo "pip is missing: install the package python3-pip."; exit 1; }
	@$(PYTHON) -m venv --without-pip $(VENV)

$(VENV)/.runtime: $(VENV)/bin/python deploy/requirements.lock
	@echo "Installing what Hylde needs into $(VENV) (once) ..."
	@$(PYTHON) -m pip --python $(VENV)/bin/python --disable-pip-version-check install -q --require-hashes -r deploy/requirements.lock
	@touch $@

$(VENV)/.development: $(VENV)/bin/python deploy/requirements-dev.lock pyproject.toml
	@$(PYTHON) -m pip --python $(VENV)/bin/python --disable-pip-version-check install -q --require-hashes -r deploy/requirements-dev.lock
	@$(PYTHON) -m pip --python $(VENV)/bin/python --disable-pip-version-check install -q --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.runtime
