"""Our page about VideoSDK, compared with its own."""

from __future__ import annotations

import re
from pathlib import Path

from docs_site import SEEDS, seeds, text_of, with_seeds

from airflow_provider_rooms.vendors.videosdk.options import WEBHOOK_EVENTS


@with_seeds
def test_every_field_of_the_create_page_is_on_our_page(site: Path) -> None:
    text = text_of(site / "vendors" / "videosdk.html")
    pages = "".join((SEEDS / name).read_text() for name in seeds("videosdk"))
    named = set(re.findall(r"'(\w+)'\s*:", pages)) | {
        "theme",
        "mode",
        "quality",
        "orientation",
        "templateUrl",
        "awsDirPath",
    }
    assert {"endPoint", "events", "duration", "gridSize", "prompt"} <= named
    for field in named | {"customRoomId", "region"}:
        assert field in text, field
    events = set(re.findall(r"^\s*[`•] ?([a-z]+(?:-[a-z]+)+)`?\s*$", pages, re.MULTILINE)) - {
        "session-ends",
        "session-end-and-deactivate",
    }
    assert len(events) == 33
    assert events <= WEBHOOK_EVENTS
