# Many rooms at once.

.PHONY: bench-batch

bench-batch: $(STAMP) ## 1000 rooms in one task: ours, the physical limit, the twilio SDK, mapped HttpOperator tasks
	$(BIN)/python benchmarks/batch.py
