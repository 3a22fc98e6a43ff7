# Webhooks into Airflow under load. The bars: DATABASE=postgres EVENTS_ARGS="--seconds 10 --burst 1000 --week 70000".

DATABASE ?= sqlite
EVENTS_ARGS ?=
MARIADB := $(FLEET_VENV)/mariadb

.PHONY: bench-events

bench-events: $(FLEET_STAMP) $(if $(filter mariadb,$(DATABASE)),$(MARIADB)) ## webhooks under load: answers in time, each event read once (DATABASE=sqlite, postgres or mariadb)
	@PYTHONPATH=$(abspath $(MARIADB)) $(FLEET_VENV)/bin/python benchmarks/events.py --database $(DATABASE) $(EVENTS_ARGS)

$(MARIADB): $(FLEET_STAMP) constraints/mariadb.txt
	@$(FLEET_VENV)/bin/uv pip install --quiet --python $(FLEET_VENV)/bin/python --target $@ --no-deps --requirement constraints/mariadb.txt
	@touch $@
