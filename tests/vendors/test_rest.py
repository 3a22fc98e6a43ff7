"""What REST APIs have in common, over a vendor that is made up: pages, one item, conflicts, writes, errors with status 200."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import flows
import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.models import Room, RoomSpec
from airflow_provider_rooms.vendors.base import Vendor
from airflow_provider_rooms.vendors.ensure import ensure_room
from airflow_provider_rooms.vendors.exchange import Config, Fault
from airflow_provider_rooms.vendors.flow import Patience, Request, Response, Sleep, gathered
from airflow_provider_rooms.vendors.options import Int, Options
from airflow_provider_rooms.vendors.rest import LastItem, NextUrl, PageNumbers, Resource, or_none
from airflow_provider_rooms.vendors.rest_rooms import NumberedRooms, RestRooms
from airflow_provider_rooms.vendors.rooms import close, find_or_gone
from airflow_provider_rooms.vendors.sign_in import BasicSignIn, BearerSignIn

BASE = "https://acme.example/api"
CONFIG = Config(conn_id="c", base_url=BASE, key="k", secret="a-secret", settings={})


class Settings(Options):
    size: Int | None = None


class Facts:
    name: ClassVar[str] = "acme"
    title: ClassVar[str] = "Acme"
    options: ClassVar[type[Options]] = Settings
    key_field: ClassVar[str] = "name"
    id_field: ClassVar[str] = "id"
    name_field: ClassVar[str] = "name"
    created_field: ClassVar[str] = "made"
    fields: ClassVar[Mapping[str, Any]] = {"max_participants": "size"}
    unsupported: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("description", "max_duration", "record", "transcribe", "region", "webhook"), "No."
    )
    faults: ClassVar[Mapping[str | int, Fault]] = {"gone": Fault(errors.NotFoundError)}
    rooms: ClassVar[Resource] = Resource(path="/rooms", items="page.rooms")

    def is_closed(self, answer: Mapping[str, Any]) -> bool:
        return bool(answer.get("closed"))

    def close_room(self: Any, room: Room) -> Any:
        yield from self.change(room.id, {"closed": True})

    def check(self: Any) -> Any:
        yield from self.page(self.rooms, {})
        return "ok"


class Acme(Facts, BearerSignIn, NumberedRooms, Vendor):
    cursor = PageNumbers(size=("per", 2), number="page", last="page.last")
    taken = frozenset({409, "taken"})


class Run:
    """Runs flows against answers in turn."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.sent: list[Request] = []
        self.slept: list[float] = []

    def __call__(self, flow: Any) -> Any:
        return flows.run(flow, self._perform)

    def _perform(self, step: Any) -> Any:
        if isinstance(step, Sleep):
            self.slept.append(step.seconds)
        if not isinstance(step, Request):
            return None
        self.sent.append(step)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            return answer
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        return Response(status=status, body=json.dumps(body).encode())


def acme(kind: Any = Acme, **more: Any) -> Any:
    return kind(CONFIG, patience=Patience(tries=2), **more)


@pytest.mark.parametrize(
    ("kind", "header"), [(BearerSignIn, "Bearer a-secret"), (BasicSignIn, "Basic azphLXNlY3JldA==")]
)
def test_ways_to_sign_in_and_what_no_error_shows(kind: Any, header: str) -> None:
    signing = type("Signing", (Facts, kind, NumberedRooms, Vendor), {})
    run = Run((400, {"message": f"no {header}"}))
    with pytest.raises(errors.RequestRefusedError) as refused:
        run(acme(signing).read("1"))
    assert run.sent[0].headers["Authorization"] == header
    assert header.partition(" ")[2] not in str(refused.value)


@pytest.mark.parametrize(
    ("cursor", "pages", "asked"),
    [
        (
            PageNumbers(size=("per", 2), number="page", last="page.last"),
            [{"page": {"rooms": [{"id": "1"}], "last": 2}}, {"page": {"rooms": [{"id": "2"}], "last": 2}}],
            ["/rooms?per=2&open=true&page=1", "/rooms?per=2&open=true&page=2"],
        ),
        (
            LastItem(size=("limit", 1), start="after", last="last"),
            [
                {"page": {"rooms": [{"id": "1"}]}, "limit": 1, "last": "x"},
                {"page": {"rooms": [{"id": "2"}]}, "limit": 1, "last": "x"},
            ],
            ["/rooms?limit=1&open=true", "/rooms?limit=1&open=true&after=x"],
        ),
        (
            NextUrl(size=("n", 1), url="page.next"),
            [
                {"page": {"rooms": [{"id": "1"}], "next": f"{BASE}/rooms?n=1&token=t"}},
                {"page": {"rooms": [{"id": "2"}]}},
            ],
            ["/rooms?n=1&open=true", "/rooms?n=1&token=t"],
        ),
        (None, [{"page": {"rooms": [{"id": "1"}, {"id": "2"}]}}], ["/rooms?open=true"]),
    ],
)
def test_lists_go_on_in_four_ways(cursor: Any, pages: list[Any], asked: list[str]) -> None:
    vendor = acme(type("Listed", (Acme,), {"cursor": cursor}))
    run = Run(*pages)
    assert [item["id"] for item in run(vendor.items(vendor.rooms, {"open": True}))] == ["1", "2"]
    assert [request.target for request in run.sent] == asked


def test_the_first_that_fits_ends_the_reading() -> None:
    vendor = acme()
    run = Run({"page": {"rooms": [{"id": "1"}], "last": 9}}, {"page": {"rooms": [{"id": "2"}], "last": 9}})
    assert run(vendor.first(vendor.rooms, {}, lambda item: item["id"] == "2")) == {"id": "2"}
    assert run.answers == []
    assert Run({"page": {"rooms": []}})(vendor.first(vendor.rooms, {}, bool)) is None


def test_an_answer_without_its_list_counts_as_lost() -> None:
    run = Run({"page": []}, {"page": {"rooms": [], "last": 1}})
    assert run(gathered(acme().list_rooms(bool))) == []
    assert len(run.sent) == 2


def test_what_may_be_answered_by_404_is_empty_and_nothing_else() -> None:
    vendor = acme()
    things = Resource(path="/things", items="things", empty_is_404=True)
    assert Run((404, {}))(vendor.items(things, {})) == []
    assert Run((404, {}))(or_none(vendor.item(things, "1"))) is None
    with pytest.raises(errors.RequestRefusedError, match="rejected"):
        # Where rooms are listed, nothing is sought that could be missing: the address is wrong.
        Run((404, {}))(vendor.items(vendor.rooms, {}))


def test_a_name_that_is_taken_is_somebody_elses_unless_an_answer_of_ours_was_lost() -> None:
    made = {"id": "1", "name": "algebra"}
    spec = RoomSpec.read({"name": "algebra"})
    run = Run((404, {}), (409, {}), made, made)
    assert run(ensure_room(acme(), spec)).outcome == "found"
    run = Run((404, {}), errors.TransportError("lost"), (409, {}), made, made)
    assert run(ensure_room(acme(), spec)).outcome == "created"


def test_a_closed_room_is_followed_by_a_numbered_one() -> None:
    closed, second = {"id": "1", "name": "algebra", "closed": True}, {"id": "2", "name": "algebra-r2"}
    run = Run(closed, (404, {}), second, second)
    room = run(ensure_room(acme(), RoomSpec.read({"name": "algebra"}), on_closed="reopen"))
    assert (room.name, room.outcome) == ("algebra-r2", "reopened")
    assert json.loads(run.sent[2].body or b"") == {"name": "algebra-r2"}


class Forgetful(Facts, BearerSignIn, RestRooms, Vendor):
    """Errors come with 200, writes are GETs, and a closed room is gone."""

    closing = "deletes"

    def look_up(self, name: str, spec: RoomSpec) -> Any:
        yield from ()

    def close_room(self, room: Room) -> Any:
        yield from self.fetch(f"/end/{room.id}", self.decode, writes=True)

    def refuses(self, response: Response) -> bool:
        return super().refuses(response) or bool(self.decode(response).get("failed"))

    def error_parts(self, body: Any) -> tuple[str | int | None, str]:
        return body.get("failed"), ""


GONE = {"failed": "gone"}
ROOM = Room(vendor="acme", conn_id="c", id="1", name="algebra", state="open")


def test_an_error_with_status_200_is_one() -> None:
    with pytest.raises(errors.NotFoundError):
        Run(GONE)(acme(Forgetful).read("1"))


def test_a_room_that_is_gone_is_closed_where_closing_deletes() -> None:
    run = Run({"id": "1", "name": "algebra"}, {}, {"id": "1", "name": "algebra"}, GONE)
    assert run(close(acme(Forgetful), ROOM)).state == "closed"
    assert run.slept == [0.5]
    gone = Run(GONE)(find_or_gone(acme(Forgetful), ROOM.as_dict()))
    assert (gone.id, gone.name, gone.state) == ("1", "algebra", "closed")
    with pytest.raises(errors.NotFoundError):
        Run()(find_or_gone(acme(Forgetful), "algebra"))
    with pytest.raises(errors.NotFoundError):
        Run((404, {}))(find_or_gone(acme(), ROOM))


class Lanes:
    """A pace that only notes who asked for a turn."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def turn(self, lane: str) -> Any:
        yield from ()
        self.seen.append(lane)
        return 0.0


def test_a_get_that_writes_is_paced_as_a_write() -> None:
    lanes = Lanes()
    vendor = acme(Forgetful, pace=lanes)
    run = Run({}, {"id": "1"})
    run(vendor.close_room(ROOM))
    run(vendor.read("1"))
    assert lanes.seen == ["writes", "reads"]
