# The documentation, from docs/ and from the code itself.

.PHONY: docs docs-serve

docs: $(STAMP) ## the documentation as a web site in site/, without warnings
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

docs-serve: $(STAMP) ## the documentation on http://127.0.0.1:8000, renewed at every change
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve --dev-addr 127.0.0.1:8000
