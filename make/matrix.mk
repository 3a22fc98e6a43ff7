# The five Airflow versions.

.PHONY: test-matrix matrix-pins

test-matrix: $(STAMP) ## what depends on Airflow, on 2.11, 3.0, 3.1, 3.2 and 3.3 (MATRIX="2.11 3.3" for some)
	@$(BIN)/python scripts/matrix.py $(MATRIX)

matrix-pins: $(STAMP) ## renew the pins of each Airflow version but the newest, which is `make constraints`
	@PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python scripts/matrix.py --pins 2.11 3.0 3.1 3.2
