"""A class played at the sandbox's own page, button by button, on every vendor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.sandbox.registry import BUILT_IN

#: What `/control/state` calls a vendor, and its heading on the page.
VENDORS = {vendor.name: vendor.title for vendor in BUILT_IN}
FIRST, SECOND, *_ = VENDORS


@pytest.fixture
def at_the_page(browser: Any, rooms_sandbox: RoomsSandbox) -> Iterator[Any]:
    context = browser.new_context()
    opened = context.new_page()
    opened.set_default_timeout(20_000)
    opened.on("dialog", lambda dialog: dialog.accept())
    opened.goto(rooms_sandbox.url)
    yield opened
    context.close()


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_newcomer_plays_a_class(at_the_page: Any, rooms_sandbox: RoomsSandbox, vendor: str) -> None:
    part = at_the_page.get_by_role("region", name=VENDORS[vendor])

    def press(*buttons: str) -> None:
        for button in buttons:
            part.get_by_role("button", name=button, exact=True).click()

    press("Create a room to play with", "Start session", "One more joins")
    press("Record", "Finish recording", "Record", "Fail recording", "End session")
    part.get_by_role("button", name="Start session", exact=True).wait_for()
    held = rooms_sandbox.state()[vendor]
    assert len(held["rooms"]) == len(held["sessions"]) == 1
    assert "Guest 3" in part.inner_text()
    part.get_by_text("failed").first.wait_for()
    part.get_by_text(re.compile("file ready|completed")).first.wait_for()  # as the vendor calls it


def test_a_newcomer_moves_the_clock_sets_a_fault_and_begins_again(
    at_the_page: Any, rooms_sandbox: RoomsSandbox
) -> None:
    press = at_the_page.get_by_role("button")
    press.filter(has_text="+1 h").click()
    at_the_page.get_by_text("(1 h ahead)").wait_for()
    at_the_page.locator("#fault-kind").select_option("503")
    press.filter(has_text="Set").first.click()
    at_the_page.get_by_text("1 fault waiting").wait_for()
    press.filter(has_text="Clear").click()
    at_the_page.get_by_text("1 fault waiting").wait_for(state="hidden")
    press.filter(has_text="Create a room to play with").first.click()
    at_the_page.get_by_role("button", name="Start session", exact=True).wait_for()
    press.filter(has_text="Reset everything").click()
    at_the_page.get_by_role("button", name="Start session", exact=True).wait_for(state="detached")
    assert not any(held["rooms"] for held in rooms_sandbox.state().values())


def test_a_newcomer_has_webhooks_sent_as_they_come_in_real_life(at_the_page: Any, rooms_sandbox: RoomsSandbox) -> None:
    at_the_page.get_by_label("vendor of the webhooks").select_option(SECOND)
    for mode in ("twice", "shuffled", "late", "lost", "forged", "off"):
        at_the_page.get_by_label("how webhooks are sent").select_option(mode)
        at_the_page.get_by_role("button", name="Apply").click()
        at_the_page.get_by_text(f"{VENDORS[SECOND]}: {mode}").wait_for()
        assert rooms_sandbox.webhooks(FIRST, "on") == {FIRST: "on", SECOND: mode}
    at_the_page.get_by_label("how webhooks are sent").select_option("on")
    at_the_page.get_by_role("button", name="Apply").click()
    at_the_page.locator("#hook-modes").wait_for(state="hidden")
