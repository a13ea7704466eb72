# What a contributor does. Everything happens inside .venv, which is made from requirements-dev.lock.

PYTHON ?= python3
VENV := .venv
MINUTES ?= 8
PY := $(VENV)/bin/python
READY := $(VENV)/.ready

.PHONY: help demo test lint types unit clients coverage torture real-data fixtures bench lock clean

help:
	@echo "make demo       a real event served, captured and replayed; then one of our own writing"
	@echo "make test       everything that CI checks: lint, types, tests"
	@echo "make clients    drive public packages through a dummy, each in an environment of its own, and write docs/clients.md (CLIENTS=\"meg gracedb\")"
	@echo "make torture    kill commands, fail their writes, let many at one dummy: nothing may be lost (10 minutes; SEED=, MINUTES=)"
	@echo "make coverage   the tests again, with a report of the lines that they never reach"
	@echo "make real-data  fetch the real superevent that the demo and some tests use"
	@echo "make fixtures   write the archives in tests/fixtures again"
	@echo "make bench      measure the figures that the project claims"
	@echo "make lock       write requirements-dev.lock from pyproject.toml"

$(READY): requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $(READY)

demo: $(READY)
	$(PY) -m demo.run

real-data: $(READY)
	$(PY) -m demo.real_data

test: lint types unit

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/lint-imports --no-cache

types: $(READY)
	$(VENV)/bin/mypy

unit: $(READY)
	@sh tests/system.sh
	-@$(PY) -m demo.real_data
	$(PY) -m pytest -n auto

clients: $(READY)
	$(PY) -m tests.clients $(CLIENTS)

coverage: $(READY)
	$(PY) -m pytest -n auto --cov --cov-report=term

torture: $(READY)
	$(PY) -m tests.torture $(if $(SEED),--seed $(SEED)) --minutes $(MINUTES) $(if $(WRITE),--write)

fixtures: $(READY)
	$(PY) tests/fixtures/make_fixtures.py

bench: $(READY)
	$(PY) -m benchmarks

lock: $(READY)
	$(VENV)/bin/uv pip compile --quiet --all-extras --no-header --no-emit-index-url --no-annotate --python-version 3.11 pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) .cache build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
