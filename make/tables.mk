# Tables of what happened.

.PHONY: attendance bench-tables

attendance: $(STAMP) ## play five weeks of three courses, write the tables, draw docs/attendance.svg
	$(BIN)/python scripts/attendance.py

bench-tables: $(STAMP) ## memory and time for the attendance of 100 000 people
	$(BIN)/python benchmarks/tables.py
