# One Airflow on many workers: Postgres, Redis, Celery, everything twice. Sizes: CLASSES=120 WAITS=150 KILLED=5 LIMITED=600.

FLEET_VENV := .venv-fleet
FLEET_STAMP := $(FLEET_VENV)/.installed
FLEET_PINS := constraints/fleet.txt
CLASSES ?= 10
WAITS ?= 100
KILLED ?= 3
LIMITED ?= 120
FLEET_ARGS ?=

.PHONY: fleet fleet-outage

$(FLEET_STAMP): pyproject.toml $(PINS) $(FLEET_PINS) scripts/venv.sh
	@sh scripts/venv.sh $(FLEET_VENV) $(PINS)
	@$(FLEET_VENV)/bin/uv pip install --quiet --python $(FLEET_VENV)/bin/python --constraint $(PINS) --requirement $(FLEET_PINS)
	@touch $@

fleet: $(FLEET_STAMP) ## a fleet in which workers, a triggerer, Postgres, Redis and the API server die (CLASSES=120 WAITS=150 KILLED=5 LIMITED=600)
	@PYTHONPATH=scripts $(FLEET_VENV)/bin/python -m fleet --classes $(CLASSES) --waits $(WAITS) --kills $(KILLED) --limited $(LIMITED) $(FLEET_ARGS)

fleet-outage: $(FLEET_STAMP) ## Airflow's database stops for ten seconds under running tasks, with retries and without
	@PYTHONPATH=scripts $(FLEET_VENV)/bin/python -m fleet outage --schedulers 1 --triggerers 1 $(FLEET_ARGS)
