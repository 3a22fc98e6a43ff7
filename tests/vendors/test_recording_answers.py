"""What a vendor's or a storage's answer about a recording may hold that no reader expects."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from airflow_provider_rooms.errors import UnreadableAnswerError
from airflow_provider_rooms.vendors.recordings import _elsewhere


@pytest.mark.parametrize("place", ["", "http://[", "https://[::1", "ftp://files.example/x"])
def test_a_storage_that_sends_us_to_no_place(place: str) -> None:
    vendor = cast("Any", SimpleNamespace(title="Acme"))
    with pytest.raises(UnreadableAnswerError, match="invalid address"):
        _elsewhere(vendor, "https://storage.example/file", place, "r1")
