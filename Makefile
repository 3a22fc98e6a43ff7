# Everything a developer types. `make` alone lists it.
# Needs Python >= 3.11 and make; the rest is installed into $(VENV).

VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PINS := constraints/airflow-3.3.txt
# Containers often set it. Without compiled files every process that imports Airflow takes seconds longer.
unexport PYTHONDONTWRITEBYTECODE
# Processes that share the tests, two more than two cores: they wait about half of the time. 0 for one that can be debugged.
WORKERS ?= 4

.DEFAULT_GOAL := help
.PHONY: help venv lint format test slow demo ui clients dist import-cost bench constraints clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: $(STAMP) ## create .venv with pinned versions (again only when pyproject.toml or the pins change)

$(STAMP): pyproject.toml $(PINS) scripts/venv.sh
	@sh scripts/venv.sh $(VENV) $(PINS)
	@touch $@

lint: $(STAMP) ## ruff (check and format), mypy, and the layers and circles of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest -q tests/test_imports.py

format: $(STAMP) ## let ruff repair what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: $(STAMP) ## the whole test suite but its slow part (PYTEST_ARGS="-k timetable" for some of it)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

slow: $(STAMP) ## the slow tests, such as a whole university's day on all three vendors
	$(BIN)/python -m pytest -m slow --ignore=tests/clients $(PYTEST_ARGS)

demo: $(STAMP) ## a day of classes on all three vendors, in real Airflow, twice
	@$(BIN)/python scripts/demo.py

ui: $(STAMP) ## Airflow's web UI with the sandbox beside it; Ctrl-C ends both
	@$(BIN)/python scripts/ui.py

clients: $(STAMP) ## the vendors' own published clients against the sandbox (needs node and npm)
	sh tests/clients/install.sh
	ROOMS_REQUIRE_CLIENTS=1 $(BIN)/python -m pytest -m slow tests/clients $(PYTEST_ARGS)

dist: $(STAMP) ## build sdist and wheel, check them, and try the wheel in an environment of its own
	@$(BIN)/python scripts/dist.py

import-cost: $(STAMP) ## what importing the operators costs a DAG file, beside the http provider
	$(BIN)/python benchmarks/import_cost.py

bench: $(STAMP) ## all benchmarks
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

constraints: $(STAMP) ## renew the pins (no URLs in them)
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --all-extras --group dev --group browser \
	  --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
	  pyproject.toml constraints/airflow-3.3.in -o $(PINS)

clean: ## remove everything that can be made again
	rm -rf $(VENV) .demo .ui build dist site htmlcov .coverage* .pytest_cache .mypy_cache .ruff_cache .hypothesis

# Targets of one part of the project each.
-include make/*.mk
