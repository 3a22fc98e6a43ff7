"""Answers that no vendor should give: real ones, mangled, and noise. Each flow is fed with them until it ends."""

from __future__ import annotations

import copy
import datetime as dt
import random
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from airflow_provider_rooms import errors
from airflow_provider_rooms.hooks import hook_class
from airflow_provider_rooms.hooks.base import RoomsHook
from airflow_provider_rooms.hooks.methods import file_method, flow_method, list_method
from airflow_provider_rooms.hooks.rooms import Rooms
from airflow_provider_rooms.models import Room, RoomSpec
from airflow_provider_rooms.testing.traits import Traits
from airflow_provider_rooms.transport.drivers import BlockingTransport
from airflow_provider_rooms.vendors.directory import Budget, read_directory
from airflow_provider_rooms.vendors.ensure import ensure_room
from airflow_provider_rooms.vendors.exchange import Config
from airflow_provider_rooms.vendors.flow import Page, Patience, Request, Response, Runtime, Sleep
from airflow_provider_rooms.waiting.waits import Wait

#: An answer: the method, the path without ids, and the decoded body.
Heard = tuple[str, str, Any]

NAME = "algebra"
START = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
ROOM = {"id": "5f2a00000000000000000000", "name": NAME, "starts_at": START.isoformat()}
_DAY = {"since": "2026-11-20T00:00:00Z", "until": "2026-11-21T00:00:00Z"}
#: What every hook method is asked with. A method that is missing here fails a test.
QUESTIONS: dict[str, list[dict[str, Any]]] = {
    "ensure_room": [
        {"spec": {"name": NAME}},
        {"spec": {"name": NAME}, "on_closed": "reopen", "on_drift": "ignore"},
        {"spec": {"name": NAME, "starts_at": START, "ends_at": START + dt.timedelta(hours=1)}},
        {"spec": {"name": NAME, "region": "eu", "max_duration": 3600}, "on_closed": "reopen"},
    ],
    "inspect_room": [{"spec": {"name": NAME}}, {"spec": {"name": NAME, "starts_at": START}}],
    "get_room": [{"room": NAME}, {"room": ROOM["id"]}, {"room": "RM" + "0" * 32}],
    "find_room": [{"name": NAME}],
    "list_rooms": [{}, {"prefix": "a", "since": START}, {"only_open": True}],
    "close_room": [{"room": NAME}],
    "sessions": [{"room": NAME}, {"room": ROOM, "since": START}],
    "look": [
        {"room": NAME, "wait": Wait(purpose=purpose, starts_at=START, ends_at=end)}
        for purpose in ("started", "ended", "recording")
        for end in (None, START + dt.timedelta(hours=1))
    ],
    "occupied": [{"room": Room(vendor="v", conn_id="c", id="x", name=NAME, state="open")}],
    "survey": [{}],
    **{f"{table}_between": [dict(_DAY)] for table in ("rooms", "sessions", "recordings")},
    "participants": [{"session": "abc"}, {"session": "PA" + "0" * 32}],
    "attendance": [{"session": "abc"}],
    "end_session": [{"room": NAME}],
    "recordings": [
        {"room": NAME, "kind": kind} for kind in (None, "recording", "track", "composition", "hls", "transcript")
    ],
    "start_recording": [{"room": NAME}],
    "stop_recording": [{"room": NAME}],
    "open_recording": [
        {"recording": "abc"},
        {"recording": {"id": "abc", "kind": "hls"}},
        {"recording": "RT" + "0" * 32},
    ],
    "delete_recording": [{"recording": "abc"}, {"recording": {"id": "abc", "kind": "hls"}}],
    "join_url": [{"room_id": NAME}, {"room_id": NAME, "role": "host", "user": "ada"}],
    "join_token": [{"room_id": NAME}],
}


def methods() -> Iterator[tuple[str, Callable[..., Any]]]:
    """The names of all methods of hooks that are flows, with what makes the flow of a hook."""
    for name, method in vars(Rooms).items():
        if isinstance(method, (flow_method, list_method, file_method)):
            yield name, getattr(RoomsHook, name).__wrapped__


def through_the_lists(hook: Any, names: Sequence[str]) -> Iterator[Any]:
    """Each name made sure of, as the account's lists show it."""
    specs = {name: RoomSpec.read({"name": name, "region": "eu"}) for name in names}
    directory = yield from read_directory(hook.vendor, specs, Budget(hook.vendor, 50, creating=True))
    for name, spec in specs.items():
        try:
            yield from ensure_room(hook.vendor, spec, known=directory.take(name))
        except errors.RoomsError as error:
            str(error)


class Listening(BlockingTransport):
    """Keeps the answers, to be mangled later."""

    def __init__(self, *args: Any, read: Callable[[bytes], Any]) -> None:
        super().__init__(*args)
        self.heard: list[Heard] = []
        self._read = read

    def send(self, request: Request) -> Response:
        answer = super().send(request)
        try:
            self.heard.append((request.method, kind_of(request.path), self._read(answer.body)))
        except ValueError:
            pass
        return answer


def kind_of(path: str) -> str:
    """A path without ids and names."""
    return re.sub(r"/[^/]*[0-9_][^/]*|/(algebra|abc)\b", "/*", path.replace("/v2", "/v").replace("/v1", "/v"))


def make_hook(traits: Traits, config: Config, clock: Callable[[], float]) -> Any:
    """A hook without an Airflow connection."""
    hook = hook_class(traits.kind)("c")
    hook._vendor = traits.vendor(
        config, runtime=Runtime(monotonic=clock, random=lambda: 0.5), patience=Patience(tries=3)
    )
    return hook


# -- answers --------------------------------------------------------------------------------------------------------------

JUNK: list[Any] = [
    None, True, False, 0, 1, -1, 2**63, 10**30, 0.5, -0.0, 1e308, float("nan"), float("inf"), "", " ", "null", "0", "-1",
    "x" * 5000, "\x00", "🎓", "\ud800", "../..", "%2F", "a b", [], {}, [None], [[]], {"": ""}, [0], ["a"], {"id": None},
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "2026-11-20T09:00:00.123456789Z", "2026-11-20", "today",
    "2026-11-20T09:00:00+25:00", "https://evil.example/x", "http://[", "in-progress", "completed", "ongoing", "ended",
]  # fmt: skip
STATUSES = [200] * 14 + [
    201,
    202,
    204,
    206,
    301,
    302,
    304,
    307,
    400,
    401,
    402,
    403,
    404,
    405,
    409,
    410,
    413,
    415,
    422,
    425,
]
STATUSES += [429, 500, 502, 503, 504, 599, 100, 999]
HEADERS = {
    "retry-after": [
        "0",
        "1",
        "-3",
        "999999999999",
        "soon",
        "Fri, 20 Nov 2026 09:00:00 GMT",
        "Fri, 99 Nov 2026",
        "",
        "1e9",
        "٣",
    ],
    "date": ["Fri, 20 Nov 2026 09:00:00 GMT", "yesterday", "", "Fri, 20 Nov 99999 09:00:00 GMT"],
    "x-request-id": ["req", "x" * 500, "\x7f"],
    "location": ["https://evil.example/", "//evil", "", "http://["],
    "content-type": ["application/json", "text/html", "x"],
}
RAW = [
    b"",
    b" ",
    b"null",
    b"{",
    b"[",
    b'"',
    b"<html>",
    b"<?xml",
    b"\xff\xfe{}",
    b"\x1f\x8b\x08",
    b"[" * 3000,
    b"{}" * 2,
    b"NaN",
]
RAW += [b'"created"', b"9" * 5000, b'{"a":' * 60 + b"1" + b"}" * 60, b'{"id": "\\ud800"}', b'{"id":1,"id":2}']


def answer(chance: random.Random, request: Any, heard: list[Heard], traits: Traits) -> Response | Exception:
    """Something to answer with."""
    roll = chance.random()
    if roll < 0.06:
        return chance.choice(
            [errors.TransportError("lost"), errors.DeadlineError("late"), errors.UnreadableAnswerError("?")]
        )
    headers = {key: chance.choice(values) for key, values in HEADERS.items() if chance.random() < 0.15}
    status = chance.choice(STATUSES) if roll < 0.4 else 200
    if not isinstance(request, Request):
        return Response(status=status, headers=headers | {"content-length": str(chance.choice(["5", "x", -1, ""]))})
    kind = kind_of(request.path)
    alike = [body for method, known, body in heard if method == request.method and known == kind]
    if chance.random() < 0.08:
        body = chance.choice(RAW)
    else:
        known = chance.choice(alike or [body for _, _, body in heard])
        tree = copy.deepcopy(known)
        for _ in range(chance.choice([0, 0, 1, 1, 1, 2, 4])):
            tree = mangled(chance, tree)
        body = traits.write_body(tree)
        if chance.random() < 0.04:
            body = body[: chance.randrange(len(body) + 1)]
    return Response(status=status, headers=headers, body=body)


def junk(chance: random.Random) -> Any:
    """A value that fits nowhere, as a thing of its own: it may be mangled in turn."""
    return copy.deepcopy(chance.choice(JUNK))


def mangled(chance: random.Random, tree: Any) -> Any:
    """The tree with one thing about it changed, anywhere."""
    places: list[tuple[Any, Any]] = []
    level = [tree]
    while level:
        node = level.pop()
        keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        for key in keys:
            places.append((node, key))
            level.append(node[key])
    if not places or chance.random() < 0.03:
        return junk(chance)
    node, key = chance.choice(places)
    match chance.randrange(5):
        case 0 if isinstance(node, dict):
            del node[key]
        case 1 if isinstance(node, list):
            node.append(node[key])
        case 2:
            other, where = chance.choice(places)
            if where in other if isinstance(other, dict) else where < len(other):
                node[key] = copy.deepcopy(other[where])
        case _:
            node[key] = junk(chance)
    return tree


# -- feeding --------------------------------------------------------------------------------------------------------------

#: A flow that asks more often than this is in a loop; where lists are read, the answers end sooner.
MOST_STEPS = 400


def feed(flow: Any, chance: random.Random, heard: list[Heard], clock: list[float], traits: Traits) -> int:
    """Run a flow on mangled answers; how many it was given. Anything but its end or an error of ours is raised."""
    given = 0
    reply: Any = None
    for _ in range(MOST_STEPS):
        try:
            step = flow.throw(reply) if isinstance(reply, Exception) else flow.send(reply)
        except StopIteration:
            return given
        except errors.RoomsError as error:
            str(error)
            return given
        reply = None
        if isinstance(step, Sleep):
            assert 0 <= step.seconds < 4000
            clock[0] += step.seconds
        elif not isinstance(step, Page):
            if isinstance(step, Request):
                assert step.timeout > 0
                step.target.encode()
            given += 1
            # A server that never ends a list is told of by a test of its own.
            reply = Response(status=404) if given > 100 else answer(chance, step, heard, traits)
    raise AssertionError("the flow does not end")
