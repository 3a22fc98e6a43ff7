"""Assets of events: their names, and what is refused."""

from __future__ import annotations

import pytest

from airflow_provider_rooms.errors import InvalidSpecError
from airflow_provider_rooms.events import room_events
from airflow_provider_rooms.events.assets import EVENT_TYPES, event_uri, read_uri
from airflow_provider_rooms.events.reading import uris_in


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
    assert read_uri(f"rooms://videosdk/{kind}") is None


@pytest.mark.parametrize("conn_id", ["", "a b", "a/b", "ä", "{{ var.x }}", "x" * 251, None])
def test_a_connection_that_no_asset_can_be_named_after_is_refused(conn_id: str) -> None:
    with pytest.raises(InvalidSpecError, match="cannot be used for events"):
        room_events(conn_id, "session_ended")


def test_no_type_and_a_misspelt_one_are_refused() -> None:
    with pytest.raises(InvalidSpecError, match="no type"):
        room_events("c")
    with pytest.raises(InvalidSpecError, match="recording_ready"):
        room_events("c", "recordings_ready")


def test_asking_the_vendor_instead_is_refused_until_it_works() -> None:
    with pytest.raises(InvalidSpecError, match="not supported yet"):
        room_events("c", "session_ended", watch=True)
