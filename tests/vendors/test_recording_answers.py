"""What a vendor's or a storage's answer about a recording may hold that no reader expects."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from airflow_provider_rooms.errors import UnreadableAnswerError
from airflow_provider_rooms.vendors.recordings import _elsewhere
from airflow_provider_rooms.vendors.videosdk.recordings import _duration, _number


@pytest.mark.parametrize("place", ["", "http://[", "https://[::1", "ftp://files.example/x"])
def test_a_storage_that_sends_us_to_no_place(place: str) -> None:
    vendor = cast("Any", SimpleNamespace(title="100ms"))
    with pytest.raises(UnreadableAnswerError, match="invalid address"):
        _elsewhere(vendor, "https://storage.example/file", place, "r1")


@pytest.mark.parametrize(
    ("size", "read"), [(12, 12), (0.5, 0.5), (float("inf"), None), (float("nan"), None), (True, None)]
)
def test_a_size_is_a_finite_number(size: object, read: float | None) -> None:
    assert _number(size) == read


@pytest.mark.parametrize(("meta", "read"), [({"duration": 3.5}, 3.5), ({}, None), ("long", None), (None, None)])
def test_a_file_without_details_has_no_length(meta: object, read: float | None) -> None:
    assert _duration(meta) == read
