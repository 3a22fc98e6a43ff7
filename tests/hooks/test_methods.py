"""Every method of the hook, blocking and awaited: the same flows, so the same requests and the same answers."""

from __future__ import annotations

import asyncio
import datetime as dt
import inspect
import json
import pydoc
import re
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from vendor_traits import ANY, TRAITS_OF, TYPES

from airflow_provider_rooms.errors import InvalidConnectionError, InvalidSpecError
from airflow_provider_rooms.hooks import get_rooms_hook, hook_class
from airflow_provider_rooms.hooks.aio import AsyncRooms
from airflow_provider_rooms.hooks.base import RoomsHook

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox

METHODS = {
    *("ensure_room", "get_room", "find_room", "list_rooms", "close_room", "end_session", "sessions", "participants"),
    *("attendance", "recordings", "start_recording", "stop_recording", "open_recording", "delete_recording"),
    *("join_url", "join_token", "test_connection"),
}


class Story:
    """The life of a class through a hook, told by ``call``; what each method answered, and what was asked for it."""

    def __init__(self, sandbox: RoomsSandbox, hook: RoomsHook, call: Any) -> None:
        self.sandbox = sandbox
        self.hook = hook
        self.call = call
        self.answers: dict[str, Any] = {}
        self.asked: dict[str, list[str]] = {}

    def do(self, name: str, *args: Any) -> Any:
        """Call a method; note its answer and the requests it sent."""
        before = len(self.sandbox.requests())
        answer = self.call(name, *args)
        self.asked[name] = [f"{row['method']} {row['path']}" for row in self.sandbox.requests()[before:]]
        self.answers[name] = answer
        return answer

    def tell(self) -> None:
        """All methods once, in an order that makes sense."""
        conn_type = self.hook.conn_type
        room = self.do("ensure_room", {"name": "algebra"})
        for name, given in (("get_room", room.id), ("find_room", "algebra"), ("list_rooms", "alg")):
            self.do(name, given)
        self.do("join_token", room.id, "guest", "ada")
        if self.hook.vendor.can("page_url"):
            self.do("join_url", room.id, "guest", "ada")
        self.sandbox.start_session(conn_type, room.id, [{"name": "Ada", "identity": "ada"}])
        self.do("start_recording", room.id)
        self.do("stop_recording", room.id)
        (session,) = self.do("sessions", room.id)
        self.do("participants", session)
        self.do("attendance", session)
        self.do("end_session", room.id)
        self.sandbox.advance(600)
        recording = self.do("recordings", room.id)[0]
        self.do("open_recording", recording)
        if self.hook.vendor.can("delete_recording"):
            self.do("delete_recording", recording)
        self.do("close_room", room.id)
        self.do("test_connection")


def blocking(hook: RoomsHook) -> Any:
    def call(name: str, *args: Any) -> Any:
        answer = getattr(hook, name)(*args)
        if name == "open_recording":
            with answer as file:
                return len(b"".join(file))
        return list(answer) if inspect.isgenerator(answer) else answer

    return call


def awaited(hook: RoomsHook, loop: asyncio.AbstractEventLoop) -> Any:
    async def wait_for(name: str, *args: Any) -> Any:
        answer = getattr(hook.aio, name)(*args)
        if name == "open_recording":
            async with answer as file:
                return len(b"".join([piece async for piece in file]))
        if inspect.isasyncgen(answer):
            return [item async for item in answer]
        return await answer

    return lambda name, *args: loop.run_until_complete(wait_for(name, *args))


#: Ids as vendors write them.
IDS = re.compile(r"(RM|RT|PA)[0-9a-f]{32}|[0-9a-f]{24}|[a-z0-9]{4}(-[a-z0-9]{4}){2}")


def anonymous(lines: list[str]) -> list[str]:
    """Requests without ids, which differ each time; the same one again and again (until a session has ended) once."""
    found: list[str] = []
    for line in lines:
        plain = IDS.sub("*", line)
        if found[-1:] != [plain]:
            found.append(plain)
    return found


@pytest.mark.parametrize("conn_type", TYPES)
def test_blocking_and_awaited_ask_the_same_and_answer_the_same(
    conn_type: str, rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = rooms_sandbox.connection(conn_type)
    connection["extra"] = {**connection["extra"], **TRAITS_OF[conn_type].settings}
    monkeypatch.setenv("AIRFLOW_CONN_ROOMS", json.dumps(connection))
    monkeypatch.setattr("airflow_provider_rooms.vendors.made._LOOKS", (0.01,) * 4)
    monkeypatch.setattr("airflow_provider_rooms.vendors.sessions._END_WAITS", (0.1,) * 30)
    told = []
    loop = asyncio.new_event_loop()
    try:
        for way in (blocking, lambda hook: awaited(hook, loop)):
            rooms_sandbox.reset()
            hook = get_rooms_hook("rooms")
            story = Story(rooms_sandbox, hook, way(hook))
            story.tell()
            asked = {name: anonymous(lines) for name, lines in story.asked.items()}
            kinds = {name: _kind(answer) for name, answer in story.answers.items()}
            told.append((asked, kinds))
            loop.run_until_complete(hook.aio.aclose())
    finally:
        loop.close()
    assert told[0] == told[1]
    assert set(told[0][0]) >= METHODS - {"join_url", "delete_recording"}
    for name, lines in told[0][0].items():
        assert lines or name == "join_token", name


@pytest.mark.parametrize("conn_type", TYPES)
def test_what_a_hook_answers_can_be_given_back_to_it(
    conn_type: str, rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ROOMS", json.dumps(rooms_sandbox.connection(conn_type)))
    hook = get_rooms_hook("rooms")
    ends_at = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(hours=1)
    room = hook.ensure_room({"name": "algebra", "ends_at": ends_at})
    assert hook.get_room(room).id == room.id
    token = hook.join_token(room)
    assert jwt.decode(token, options={"verify_signature": False})["exp"] == ends_at.timestamp() + 900
    assert hook.close_room(room).state == "closed"


@pytest.mark.parametrize("conn_type", TYPES)
def test_rooms_by_the_time_at_which_they_were_made(
    conn_type: str, rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ROOMS", json.dumps(rooms_sandbox.connection(conn_type)))
    hook = get_rooms_hook("rooms")
    hook.ensure_room({"name": "algebra"})
    rooms_sandbox.advance(600)
    hook.ensure_room({"name": "botany"})
    since = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)
    assert [room.name for room in hook.list_rooms(since=since)] == ["botany"]
    assert [room.name for room in hook.list_rooms("alg", since.isoformat())] == []
    assert sorted(room.name or "" for room in hook.list_rooms()) == ["algebra", "botany"]
    hook.close_room("algebra")
    assert sorted(room.name or "" for room in hook.list_rooms()) == ["algebra", "botany"]
    assert [room.name for room in hook.list_rooms(only_open=True)] == ["botany"]


def test_what_is_no_spec_and_no_text_is_refused(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ROOMS", json.dumps(rooms_sandbox.connection(ANY.conn_type)))
    hook = get_rooms_hook("rooms")
    for spec in (None, 5, "algebra", [("name", "algebra")]):
        with pytest.raises(InvalidSpecError, match="spec: expected a dict"):
            hook.ensure_room(spec)  # type: ignore[arg-type]
    with pytest.raises(InvalidSpecError, match="prefix: expected text"):
        list(hook.list_rooms(["alg"]))  # type: ignore[arg-type]
    for conn_id in (None, "", "None"):
        with pytest.raises(InvalidConnectionError, match="is not a connection id"):
            get_rooms_hook(conn_id)  # type: ignore[arg-type]
    assert rooms_sandbox.requests() == []


def _kind(answer: Any) -> Any:
    """What an answer is, without what differs each time."""
    if isinstance(answer, list):
        return [_kind(item) for item in answer]
    return answer if isinstance(answer, (int, tuple)) else type(answer).__name__


@pytest.mark.parametrize("conn_type", TYPES)
def test_the_list_of_methods_is_whole(conn_type: str, rooms_sandbox: RoomsSandbox, monkeypatch: Any) -> None:
    for name, value in rooms_sandbox.env().items():
        monkeypatch.setenv(name, value)
    hook = get_rooms_hook(f"{conn_type}_default")
    for name in METHODS:
        assert callable(getattr(hook, name))
        assert callable(getattr(hook.aio, name))
        assert getattr(hook, name).__doc__


@pytest.mark.parametrize(
    ("name", "blocking", "awaited"),
    [
        ("find_room", "Room | None", "Room | None"),
        ("sessions", "Iterator[Session]", "AsyncIterator[Session]"),
        ("open_recording", "OpenFile", "AbstractAsyncContextManager[AsyncOpenFile]"),
    ],
)
def test_help_shows_what_is_returned_and_the_docstring(name: str, blocking: str, awaited: str) -> None:
    for kind, returned in ((hook_class(ANY.kind), blocking), (AsyncRooms, awaited)):
        method = getattr(kind, name)
        assert inspect.signature(method).return_annotation == returned
        assert inspect.getdoc(method) == inspect.getdoc(getattr(RoomsHook, name))
        assert f"{name}(self, " in pydoc.plain(pydoc.render_doc(kind))
