# Airflow as a person sees it, in a real browser.

UI_STAMP := $(VENV)/.browser
# Checks that a page can be used by everybody. Without npm its tests are skipped.
AXE := build/axe/node_modules/axe-core/axe.min.js
# Tests of the page by itself need no Airflow, so no other version of it.
UI_TESTS := tests/browser/test_forms.py tests/browser/test_rooms_page.py

.PHONY: test-ui page-pictures

$(UI_STAMP): $(STAMP)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint $(PINS) --editable '.[demo]' --group dev --group browser
	@touch $@

$(AXE):
	@mkdir -p build/axe
	-@npm install --prefix build/axe --no-save --no-audit --no-fund --ignore-scripts --loglevel=error axe-core@4.14.1

test-ui: $(UI_STAMP) $(AXE) ## forms, buttons, XComs, links and the Rooms page in Chromium (UI_VERSION=3.1: on that Airflow; pictures in build/screenshots)
	ROOMS_UI_VERSION=$(UI_VERSION) $(BIN)/python -m pytest -m slow $(if $(UI_VERSION),$(UI_TESTS),tests/browser) $(PYTEST_ARGS)

page-pictures: $(UI_STAMP) ## the Rooms page with 0, 1, 40 and 400 classes, light and dark, narrow and wide, in build/screenshots/page
	$(BIN)/python -m pytest -m slow tests/browser/test_page_looks.py -k cut_off $(PYTEST_ARGS)
