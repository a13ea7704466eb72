# What a contributor does. Everything happens inside .venv, which is made from requirements-dev.lock.

PYTHON ?= python3
VENV := .venv
MINUTES ?= 8
PY := $(VENV)/bin/python
READY := $(VENV)/.ready
# What `make check` runs: the tests that start nothing, or little.
QUICK := tests/test_*.py tests/pipelines tests/dummy/query tests/dummy/api tests/archive/test_store.py tests/archive/test_commands.py tests/replay/test_player.py tests/replay/test_selection.py

# An environment of a Python that is too old would stay, and fail again when a newer one is named.
MAKE_VENV = test -x $(PY) || { $(PYTHON) -c 'import sys; sys.exit("gracetape needs Python 3.11 or later, and this is %d.%d: name a newer one, as in make demo PYTHON=python3.12" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)' && $(PYTHON) -m venv $(VENV); }

.PHONY: help demo test told check lint types docs dist sbom unit clients coverage torture real-data fixtures bench lock clean

help:
	@echo "make demo       a real event served, captured and replayed; then one of our own writing"
	@echo "make test       everything that CI checks: lint, types, the site, tests (10 to 15 minutes on two cores)"
	@echo "make check      lint, types and the quick tests, for every day (2 minutes)"
	@echo "make dist       build wheel and source archive, try each in an empty environment, and list what they bring (make sbom: the same)"
	@echo "make docs       build the site into site/ (its first page: site/index.html)"
	@echo "make clients    drive public packages through a dummy, each in an environment of its own, and write docs/clients.md (CLIENTS=\"meg gracedb\")"
	@echo "make torture    kill commands, fail their writes, let many at one dummy: nothing may be lost (10 minutes; SEED=, MINUTES=)"
	@echo "make coverage   the tests again, with a report of the lines that they never reach"
	@echo "make real-data  fetch the real superevent that the demo and some tests use"
	@echo "make fixtures   write the archives in tests/fixtures again"
	@echo "make bench      measure the figures that the project claims"
	@echo "make lock       write requirements-dev.lock from pyproject.toml"

$(READY): requirements-dev.lock pyproject.toml
	@$(MAKE_VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $(READY)

# The demo needs what a user installs, in the versions that everything is checked with.
DEMO := $(VENV)/.demo-ready
$(DEMO): requirements-dev.lock pyproject.toml
	@echo "making an environment in $(VENV) with what the demo needs (a minute or two, once)"
	@$(MAKE_VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check --constraint requirements-dev.lock --editable .
	@touch $(DEMO)

demo: $(DEMO)
	@$(PY) -m demo.run

real-data: $(READY)
	$(PY) -m demo.real_data

test: told lint types docs dist unit

told: $(READY)
	@echo "make test: ruff, import-linter, mypy and the site, wheel and source archive in empty environments, then all tests on all cores with real brokers: 10 to 15 minutes on two cores (make check: 2)"

check: $(READY) lint types
	$(PY) -m pytest -n auto -q $(QUICK)

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/lint-imports --no-cache

types: $(READY)
	$(VENV)/bin/mypy

# The variable: no word about what may follow mkdocs; docs/dependencies.md has it.
docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict --quiet

unit: $(READY)
	@sh tests/system.sh
	-@$(PY) -m demo.real_data
	$(PY) -m pytest -n auto --dist worksteal

# Wheel and source archive, each tried in an empty environment, and a bill of materials (CycloneDX), in dist/.
dist sbom: $(READY)
	$(PY) -m tests.release dist

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
	rm -rf $(VENV) .cache build site *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
