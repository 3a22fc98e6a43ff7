# Airflow as a person sees it, in a real browser.

UI_STAMP := $(VENV)/.browser

.PHONY: test-ui

$(UI_STAMP): $(STAMP)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint $(PINS) --editable '.[demo]' --group dev --group browser
	@touch $@

test-ui: $(UI_STAMP) ## forms, buttons, XComs and links in Chromium (UI_VERSION=3.1: the forms on that Airflow; pictures in build/screenshots)
	ROOMS_UI_VERSION=$(UI_VERSION) $(BIN)/python -m pytest -m slow tests/browser$(if $(UI_VERSION),/test_forms.py) $(PYTEST_ARGS)
