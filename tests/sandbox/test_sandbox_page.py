"""The live page in a real browser, where there is one."""

from __future__ import annotations

import httpx
import pytest
from sandbox_help import ANY, FACTS, VENDORS, create

pytestmark = pytest.mark.slow


def test_empty_page_says_what_to_do(browse) -> None:  # type: ignore[no-untyped-def]
    document = browse()
    assert document.count("Create a room to play with") == len(VENDORS)
    assert "CreateRoomOperator" in document


def test_a_deep_link_marks_its_room_also_an_old_one(
    anyone: httpx.Client,
    browse,  # type: ignore[no-untyped-def]
) -> None:
    old = create(anyone, ANY, "the-old-one").json()[FACTS[ANY].ID]
    for number in range(60):
        create(anyone, ANY, f"newer-{number}")
    assert f'class="card target" id="room-{ANY}-{old}"' in browse(f"#/{ANY}/{old}")
    assert 'class="card target"' not in browse()
    gone = browse(f"#/{ANY}/abcd-abcd-abcd")
    assert "has no room abcd-abcd-abcd" in gone
