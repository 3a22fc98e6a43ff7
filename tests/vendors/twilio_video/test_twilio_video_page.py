"""Our page about Twilio Video, compared with its own."""

from __future__ import annotations

import re
from pathlib import Path

from docs_site import SEEDS, seeds, text_of, with_seeds


@with_seeds
def test_every_field_of_the_create_page_is_on_our_page(site: Path) -> None:
    text = text_of(site / "vendors" / "twilio_video.html")
    (page,) = [(SEEDS / name).read_text() for name in seeds("POST /v1/Rooms")]
    request, _, _ = page.partition("## Responses")
    fields = re.findall(r"\*\*(\w+)\*\* \(", request)
    assert len(fields) == 17
    for field in fields:
        assert field in text, field
