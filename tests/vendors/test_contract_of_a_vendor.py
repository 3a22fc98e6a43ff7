"""A vendor's class is refused when it is made, if it does not keep to the contract; what a vendor lacks refuses when it is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Room
from airflow_provider_rooms.vendors.base import Vendor
from airflow_provider_rooms.vendors.exchange import Config
from airflow_provider_rooms.vendors.join import join_token, join_url
from airflow_provider_rooms.vendors.options import Bool, Int, Options
from airflow_provider_rooms.vendors.recordings import open_recording, recordings_of, start_recording, stop_recording
from airflow_provider_rooms.vendors.sessions import end_session, look, participants_of, sessions_of
from airflow_provider_rooms.waiting.waits import Wait


class Settings(Options):
    """Of a vendor that is made up."""

    size: Int | None = None
    record: Bool | None = None


def least(**more: Any) -> dict[str, Any]:
    """The least that a vendor has."""
    return {
        "name": "acme",
        "title": "Acme",
        "options": Settings,
        "key_field": "key",
        "id_field": "id",
        "name_field": "key",
        "created_field": "made",
        "closing": "deletes",
        "fields": {"max_participants": "size", "record": "record"},
        "unsupported": dict.fromkeys(("description", "max_duration", "transcribe", "region", "webhook"), "No."),
        "signed": lambda self, request: request,
        "look_up": lambda self, name, spec: iter(()),
        "create": lambda self, name, plan: iter(()),
        "read": lambda self, room_id: iter(()),
        "is_closed": lambda self, answer: False,
        "list_rooms": lambda self, keep: iter(()),
        "close_room": lambda self, room: iter(()),
        "check": lambda self: iter(()),
        **more,
    }


def made(*without: str, **more: Any) -> Any:
    body = {name: value for name, value in least(**more).items() if name not in without}
    return type("Acme", (Vendor,), body)


def test_the_least_is_enough() -> None:
    vendor = made()(Config(conn_id="c", base_url="https://acme.example", key="k", secret="s"))
    assert not any(vendor.can(method) for method in OPTIONAL)
    assert (vendor.closing, vendor.room_url("1")) == ("deletes", "")


@pytest.mark.parametrize("name", [name for name in least() if name != "unsupported"])
def test_what_is_missing_is_named(name: str) -> None:
    with pytest.raises(TypeError, match=rf"Acme is not a complete vendor: .*\b{name}\b"):
        made(name)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"close_rooms": 1}, r"close_rooms is not part of the vendor contract; did you mean close_room\?"),
        ({"secret_field": ()}, r"did you mean secret_fields\?"),
        ({"closing": "in place"}, "closing is 'in place', not one of in_place, final, deletes"),
        ({"closing": "in_place"}, "needs a method reopen"),
        ({"fields": {"max_participants": "size"}}, "record must be in one of fields and unsupported"),
        ({"limits": {"max_people": (1, 2)}}, "limits has 'max_people', which is not a neutral parameter"),
        ({"lacks": {"mintt": "No."}}, "lacks has 'mintt', which is not an optional method"),
        ({"mint": lambda *_: "", "lacks": {"mint": "No."}}, "lacks has 'mint', which it has"),
        ({"options": dict}, "options is not an option model"),
        ({"list_sessions": lambda *_: iter(())}, "it has list_sessions without live_session, read_session"),
        ({"start_recording": lambda *_: iter(())}, "it has start_recording without stop_recording"),
        ({"happened_since": lambda *_: iter(())}, "watchable and happened_since go together"),
        ({"watchable": ("session_started",)}, "watchable and happened_since go together"),
        ({"is_genuine": lambda *_: True}, "it has is_genuine without read_delivery"),
    ],
)
def test_what_is_misspelt_or_does_not_fit_is_named(more: Mapping[str, Any], told: str) -> None:
    with pytest.raises(TypeError, match=told):
        made(**more)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(TypeError, match=r"no attribute title; .*no method create; .*close_rooms"):
        made("title", "create", close_rooms=1)


ROOM = Room(vendor="acme", conn_id="c", id="1", name="a", state="open")
OPTIONAL: dict[str, Callable[[Any], Any]] = {
    "list_sessions": lambda vendor: sessions_of(vendor, ROOM),
    "live_session": lambda vendor: vendor.live_session(ROOM),
    "read_session": lambda vendor: look(vendor, ROOM, Wait(purpose="ended")),
    "list_participants": lambda vendor: participants_of(vendor, "s"),
    "end_live": lambda vendor: end_session(vendor, ROOM),
    "list_recordings": lambda vendor: recordings_of(vendor, ROOM),
    "start_recording": lambda vendor: start_recording(vendor, ROOM),
    "stop_recording": lambda vendor: stop_recording(vendor, ROOM),
    "file_url": lambda vendor: open_recording(vendor, "r"),
    "delete_recording": lambda vendor: vendor.delete_recording(None),
    "is_genuine": lambda vendor: vendor.is_genuine(None, None),
    "read_delivery": lambda vendor: vendor.read_delivery(None),
    "happened_since": lambda vendor: vendor.happened_since(None, ()),
    "mint": lambda vendor: join_token(vendor, ROOM),
    "page_url": lambda vendor: vendor.page_url(ROOM, None),
    "update": lambda vendor: vendor.update({}, None),
}


@pytest.mark.parametrize("method", OPTIONAL)
def test_what_a_vendor_lacks_is_refused_before_any_call(method: str) -> None:
    vendor = made(lacks={"mint": "Use the page."})(Config(conn_id="c", base_url="https://x.example", key="", secret=""))
    with pytest.raises(errors.UnsupportedError, match=r"^Acme (cannot|does not|has no) ") as refused:
        next(OPTIONAL[method](vendor))
    assert refused.value.advice == ("Use the page." if method == "mint" else None)


def test_without_a_page_a_link_needs_the_connections_own() -> None:
    vendor = made()(Config(conn_id="c", base_url="https://x.example", key="", secret=""))
    with pytest.raises(errors.InvalidConnectionError, match="no join_page, and Acme has no join page of its own"):
        next(join_url(vendor, ROOM))


def test_every_optional_method_is_in_the_list_above() -> None:
    assert {name for name in dir(Vendor) if hasattr(getattr(Vendor, name), "lacking")} == set(OPTIONAL)


def test_the_page_for_new_vendors_names_every_optional_method() -> None:
    page = (Path(__file__).parents[2] / "docs" / "vendors" / "adding.md").read_text(encoding="utf-8")
    assert [method for method in OPTIONAL if f"`{method}`" not in page and f"`{method}(" not in page] == []
