"""Making sure of a room of 100ms, whose create overwrites and whose lists filter by name."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hands import Hand

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import RoomSpec
from airflow_provider_rooms.transport.network import blocking_session
from airflow_provider_rooms.vendors import flow as flows_of_vendors
from airflow_provider_rooms.vendors.ensure import ensure_room
from airflow_provider_rooms.vendors.flow import Response


def test_settings_that_100ms_does_not_keep(hand: Any) -> None:
    worker = hand("hundredms")
    room = worker.ensure(description="A")

    def undo() -> None:
        other = Hand(worker.box, "hundredms", blocking_session())
        other.run(other.vendor.post(f"/v2/rooms/{room.id}", {"description": "C"}))

    with pytest.raises(errors.DriftError, match="did not apply all settings: description: requested 'B'"):
        worker.ensure((4, undo), description="B", on_drift="update")


def test_a_room_that_100ms_lists_but_does_not_show(hand: Any) -> None:
    worker = hand("hundredms")
    room = worker.ensure()
    worker.box.fault("hundredms", status=404, method="GET", path=f"/v2/rooms/{room.id}", times=-1)
    with pytest.raises(errors.NotVisibleYetError, match="lists the room but does not return it"):
        worker.ensure()


@pytest.mark.parametrize("matching", ["exact", "substring"])
@pytest.mark.parametrize("empty", ["list", "null"])
def test_a_name_is_found_among_others_however_100ms_filters(matching: str, empty: str, hand: Any) -> None:
    worker = hand("hundredms")
    worker.box.behave("hundredms", name_filter=matching, empty_data=empty)
    room = worker.ensure(name="Alg")
    for number in range(104):
        worker.run(worker.vendor.post("/v2/rooms", {"name": f"alg-{number}"}))
    again = worker.ensure(name="aLG")
    assert (again.id, again.outcome) == (room.id, "found")
    assert worker.ensure(name="lg").outcome == "created"


def test_a_list_of_100ms_that_does_not_end(hand: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows_of_vendors, "MOST_PAGES", 3)
    worker = hand("hundredms")
    flow = ensure_room(worker.vendor, RoomSpec.read({"name": "a"}))
    answer: Any = None
    pages = iter(range(9))
    with pytest.raises(errors.UnreadableAnswerError, match="does not end"):  # noqa: PT012
        while True:
            flow.send(answer)
            page = {"data": [{"id": "x", "name": "other"}], "limit": 1, "last": f"c{next(pages)}"}
            answer = Response(status=200, body=json.dumps(page).encode())


def test_names_as_100ms_shows_them(hand: Any) -> None:
    vendor = hand("hundredms").vendor
    assert vendor.same_name("ALGEBRA", "algebra")
    assert vendor.same_name(hashlib.sha256(b"algebra").hexdigest(), "algebra")
    assert not vendor.same_name("algebra-2", "algebra")
    older = {"id": "x", "recording": {"enabled": True}}
    assert vendor.shown(older) == {"recording_info": {"enabled": True}}
    assert vendor.shown({**older, "recording_info": None}) == {"recording_info": {"enabled": True}}


def test_options_that_are_no_dict_where_one_is_needed(hand: Any) -> None:
    with pytest.raises(errors.InvalidSpecError, match=r"options\.webhook"):
        hand("hundredms").ensure(options={"webhook": "https://x.example"})
