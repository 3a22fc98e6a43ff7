# Waiting for classes: the table of situations, the benchmark, and a real triggerer.

.PHONY: waiting waiting-bench waiting-triggerer

waiting: $(STAMP) ## what every wait does in every situation, at every vendor, in every mode, as a table
	ROOMS_WAITING_TABLE=1 $(BIN)/python -m pytest tests/contract/test_waiting.py -q $(PYTEST_ARGS)

waiting-bench: $(STAMP) ## 1000 waits in one process: requests per minute, pauses of the event loop, memory
	$(BIN)/python benchmarks/waiting.py

waiting-triggerer: $(STAMP) ## 100 waits in a real triggerer that is killed in the middle
	$(BIN)/python -m pytest -m slow tests/triggers/test_real_triggerer.py -q $(PYTEST_ARGS)
