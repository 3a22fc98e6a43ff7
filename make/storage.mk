# Recordings into S3.

S3 := $(VENV)/s3

.PHONY: test-storage

test-storage: $(STAMP) ## recordings into S3, for which a moto server stands in (60 MB more, in a folder of their own)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --target $(S3) --no-deps --requirement constraints/s3.txt
	PYTHONPATH=$(S3) ROOMS_REQUIRE_S3=1 $(BIN)/python -m pytest -q tests/operators/test_recordings_in_s3.py $(PYTEST_ARGS)
