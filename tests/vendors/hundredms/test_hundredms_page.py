"""Our page about 100ms, compared with its own."""

from __future__ import annotations

from pathlib import Path

from docs_site import text_of, with_seeds


@with_seeds
def test_every_field_of_the_create_page_is_on_our_page(site: Path) -> None:
    text = text_of(site / "vendors" / "hundredms.html")
    fields = [
        "description",
        "template_id",
        "recording_info",
        "region",
        "large_room",
        "size",
        "max_duration_seconds",
    ]
    fields += [
        "webhook",
        "url",
        "headers",
        "enabled",
        "upload_info",
        "polls",
        "type",
        "location",
        "prefix",
        "options",
    ]
    fields += ["credentials", "key", "secret", "azure"]
    for field in fields:
        assert field in text, field
