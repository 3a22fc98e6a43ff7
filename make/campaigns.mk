# Breaking things on purpose, and what it costs in rooms. Sizes: KILLS=20 RACES=10 ANSWERS=2000 for a fifth.

KILLS ?= 100
RACES ?= 50
ANSWERS ?= 10000

.PHONY: campaign-kill campaign-race fuzz coverage bench-baseline

campaign-kill: $(STAMP) ## kill KILLS workers per vendor with SIGKILL, retry, clear: one room per name
	$(BIN)/python tests/campaigns/kill.py --kills $(KILLS)

campaign-race: $(STAMP) ## RACES races of two workers for one name per vendor: one room
	$(BIN)/python tests/campaigns/race.py --races $(RACES)

# The tests that the pure core and the two drivers are proven by.
COVERED := tests/vendors tests/events tests/tables tests/transport tests/contract/test_faults.py tests/contract/test_fuzz.py tests/faults tests/hooks tests/commands/test_plan_command.py tests/operators/test_reconcile.py

coverage: $(STAMP) ## vendors/ and transport/drivers.py are tested branch by branch to 98 %, or this fails
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal $(COVERED) --cov=airflow_provider_rooms.vendors \
	  --cov=airflow_provider_rooms.transport.drivers --cov-branch --cov-report=term-missing --cov-fail-under=98 $(PYTEST_ARGS)

fuzz: $(STAMP) ## ANSWERS mangled answers per vendor, and long runs of the state machine
	ROOMS_FUZZ_ANSWERS=$(ANSWERS) ROOMS_MACHINE_EXAMPLES=$$(( $(ANSWERS) / 100 )) $(BIN)/python -m pytest -s tests/contract/test_fuzz.py tests/machine

bench-baseline: $(STAMP) ## lost answers and three retries: rooms made by ours, and by Airflow's HttpOperator
	$(BIN)/python benchmarks/baseline.py
