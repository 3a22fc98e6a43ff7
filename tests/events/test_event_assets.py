"""Assets of events: their names, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_rooms.errors import InvalidSpecError, UnsupportedError
from airflow_provider_rooms.events import room_events
from airflow_provider_rooms.events.assets import EVENT_TYPES, WATCHABLE
from airflow_provider_rooms.events.reading import uris_in
from airflow_provider_rooms.events.uris import event_uri, read_uri
from airflow_provider_rooms.testing import airflow_versions
from airflow_provider_rooms.vendors import VENDORS, vendor_class
from airflow_provider_rooms.vendors.exchange import Config


def test_one_type_is_an_asset_with_the_name_of_connection_and_type() -> None:
    asset = room_events("My_school.eu-1", "recording_ready")
    assert asset.uri == "room-events://My_school.eu-1/recording_ready"


def test_several_types_mean_any_of_them() -> None:
    schedule = room_events("c", "session_ended", "recording_ready", "session_ended")
    assert type(schedule).__name__ in ("AssetAny", "DatasetAny")
    assert list(uris_in(schedule)) == ["room-events://c/session_ended", "room-events://c/recording_ready"]


@pytest.mark.parametrize("watched", [True, False])
@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_an_uri_is_read_back(kind: str, watched: bool) -> None:
    assert read_uri(event_uri("a.B_c-1", kind, watched=watched)) == ("a.B_c-1", kind, watched)
    assert read_uri(f"rooms://acme/{kind}") is None


@pytest.mark.parametrize("conn_id", ["", "a b", "a/b", "ä", "{{ var.x }}", "x" * 251, None])
def test_a_connection_that_no_asset_can_be_named_after_is_refused(conn_id: str) -> None:
    with pytest.raises(InvalidSpecError, match="cannot be used for events"):
        room_events(conn_id, "session_ended")


def test_no_type_and_a_misspelt_one_are_refused() -> None:
    with pytest.raises(InvalidSpecError, match="no event type"):
        room_events("c")
    with pytest.raises(InvalidSpecError, match="recording_ready"):
        room_events("c", "recordings_ready")


@pytest.mark.skipif(airflow_versions.version() < (3, 0), reason="assets of Airflow 2 have no watchers")
@pytest.mark.parametrize("kind", WATCHABLE)
def test_a_watched_asset_is_another_one_and_has_its_watcher(kind: Any) -> None:
    from airflow_provider_rooms.triggers.rooms import RoomEventTrigger

    asset = room_events("c", kind, watch=True)
    assert asset.uri == f"room-events://c/{kind}/watched" != room_events("c", kind).uri
    (watcher,) = asset.watchers
    path, arguments = watcher.trigger.serialize()
    assert (path, arguments) == (
        "airflow_provider_rooms.triggers.rooms.RoomEventTrigger",
        {"conn_id": "c", "type": kind},
    )
    assert RoomEventTrigger(**arguments).serialize() == (path, arguments)
    assert list(uris_in(room_events("c", "session_ended", kind, watch=True)))[-1] == asset.uri


@pytest.mark.skipif(airflow_versions.version() >= (3, 0), reason="about Airflow 2")
def test_airflow_2_watches_nothing_and_says_so() -> None:
    with pytest.raises(InvalidSpecError, match="needs Airflow 3"):
        room_events("c", "session_ended", watch=True)


@pytest.mark.parametrize("kind", sorted(set(EVENT_TYPES) - set(WATCHABLE)))
def test_what_no_list_tells_cannot_be_watched(kind: str) -> None:
    with pytest.raises(InvalidSpecError, match="Watchable are session_started, session_ended, participant_joined"):
        room_events("c", kind, watch=True)


def test_what_can_be_watched_is_what_the_vendors_lists_tell() -> None:
    assert {kind for vendor in VENDORS for kind in vendor_class(vendor).watchable} == set(WATCHABLE)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_vendor_refuses_what_its_lists_do_not_tell_and_names_the_others(vendor: str) -> None:
    known = vendor_class(vendor)(Config(conn_id="c", base_url="https://x.test", key="k", secret="s"))
    for kind in known.watchable:
        known.check_watchable(kind)
    with pytest.raises(UnsupportedError, match=f"(?s)room_closed.*{', '.join(sorted(known.watchable))}"):
        known.check_watchable("room_closed")
