# Every target sets up what it needs: python3, make and the package registry are enough.

VENV := .venv
PYTHON := $(VENV)/bin/python
RUNTIME := $(VENV)/.runtime
DEVELOPMENT := $(VENV)/.development

.PHONY: nightly test tests check lint types sql-style ui dashboard bench torture mutants faults lock

# Exit code 3 is a published but DEGRADED night: said on the terminal, and a success for make.
nightly: $(RUNTIME)
	@$(VENV)/bin/mqp nightly; code=$$?; \
	if [ $$code -eq 3 ]; then echo "The night is published, but DEGRADED: see the reasons above."; exit 0; fi; \
	exit $$code

ui: $(RUNTIME)
	@$(VENV)/bin/mqp ui

dashboard: $(RUNTIME)
	@$(VENV)/bin/mqp dashboard

# Lint and types only: fast enough to run before every commit.
check: lint
	@$(MAKE) --no-print-directory --jobs=2 types sql-style

lint: $(DEVELOPMENT)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: $(DEVELOPMENT)
	$(VENV)/bin/mypy

sql-style: $(DEVELOPMENT)
	$(VENV)/bin/sqlfluff lint dbt_project/models dbt_project/tests

# Everything: lint, types, unit tests, and real nights on the sandbox. Tests wait for disks and
# servers now and then: so types are checked beside them, and there is one process more than cores.
test: lint
	@$(MAKE) --no-print-directory --jobs=2 tests types sql-style

tests: $(DEVELOPMENT)
	$(PYTHON) -m pytest -n 3 --dist loadscope

bench: $(DEVELOPMENT)
	$(PYTHON) -m tests.bench

# Fifty kills of a fetching run, then a hundred of whole nights at seeded moments and one at every
# step boundary; make test has five and ten. Then two weeks of the schedule over a clock change, a
# holiday, an early close, a kill, missed nights and an outage, every run a real one. Then every
# disaster of a table, each mended by the runbook's own commands or refused in a sentence.
torture: $(DEVELOPMENT)
	$(PYTHON) -m tests.durability.torture --moments 50 --seed 1
	$(PYTHON) -m tests.durability.torture_nights
	$(PYTHON) -m tests.durability.week
	$(PYTHON) -m tests.durability.torture_disasters --seed 1

# Plant every look-ahead bug, one at a time, and print what caught it.
mutants: $(DEVELOPMENT)
	@$(PYTHON) -m pytest tests/proof/test_mutants.py -n 2

# What every kind of fault at every provider does to a night: half a minute, no network.
faults: $(DEVELOPMENT)
	@$(PYTHON) -m tests.ingestion.faults

# Set the exact versions anew; the lock carries no registry address.
lock:
	python3 -m venv $(VENV)
	$(PYTHON) -m pip install --quiet uv
	$(VENV)/bin/uv pip compile --quiet --no-emit-index-url --python-version 3.11 \
		--extra dev --no-header pyproject.toml --output-file requirements.lock

# requirements.lock pins every version; which of them are installed is said by pyproject.toml.
$(RUNTIME): pyproject.toml requirements.lock
	@python3 -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
		|| { echo "mqp needs Python 3.11; python3 is $$(python3 --version)."; exit 1; }
	@test -x $(PYTHON) || python3 -m venv $(VENV)
	@echo "Installing mqp into $(VENV) (once; a few minutes) ..."
	@$(PYTHON) -m pip install --quiet --constraint requirements.lock --editable .
	@touch $@

$(DEVELOPMENT): $(RUNTIME)
	@echo "Installing the development tools into $(VENV) ..."
	@$(PYTHON) -m pip install --quiet --constraint requirements.lock --editable '.[dev]'
	@touch $@
