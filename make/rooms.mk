# Many rooms at once.

.PHONY: bench-batch bench-requests

bench-batch: $(STAMP) ## 1000 rooms in one task: ours, the physical limit, the twilio SDK, mapped HttpOperator tasks
	$(BIN)/python benchmarks/batch.py

bench-requests: $(STAMP) ## requests per room for 200 classes beside 400, 5000 and 50 000 other rooms
	$(BIN)/python benchmarks/requests_per_room.py
