.PHONY: outside

outside: $(STAMP) ## vendors from outside/: built, installed beside the package in environments of their own, and run
	$(BIN)/python -m pytest -m slow tests/outside $(PYTEST_ARGS)
