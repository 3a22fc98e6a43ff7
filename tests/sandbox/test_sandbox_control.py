"""`/control`: faults, the log, the clock, behaviour, reset, and the fixture that wraps them."""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from airflow_provider_rooms.sandbox.client import ControlError

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox

VENDORS = ("videosdk", "hundredms", "twilio")
CREATE = {
    "videosdk": ("/v2/rooms", {"json": {"customRoomId": "algebra"}}),
    "hundredms": ("/v2/rooms", {"json": {"name": "algebra"}}),
    "twilio": ("/v1/Rooms", {"data": {"UniqueName": "algebra"}}),
}


@pytest.fixture(params=VENDORS)
def vendor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def client(vendor: str, request: pytest.FixtureRequest) -> httpx.Client:
    found: httpx.Client = request.getfixturevalue(vendor)
    return found


def create(client: httpx.Client, vendor: str) -> httpx.Response:
    path, body = CREATE[vendor]
    return client.post(path, **body)  # type: ignore[arg-type]


# -- faults -----------------------------------------------------------------------------------------------------


def test_status_fault_does_no_work_and_counts_down(
    rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str
) -> None:
    rooms_sandbox.fault(vendor, "status", status=503, headers={"Retry-After": "7"}, times=2)
    for _ in range(2):
        answer = create(client, vendor)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "7"
    assert rooms_sandbox.rooms(vendor) == []
    assert create(client, vendor).is_success
    assert [row["status"] >= 500 for row in rooms_sandbox.requests()] == [True, True, False]


def test_status_faults_are_worded_as_the_vendor_does(rooms_sandbox: RoomsSandbox, web: httpx.Client) -> None:
    for name in VENDORS:
        rooms_sandbox.fault(name, "status", status=429)
    assert web.get("/videosdk/v2/rooms").json()["error"]
    assert web.get("/hundredms/v2/rooms").json() == {
        "code": 429, "message": "rate limit exceeded, retry after 1 seconds", "details": [],
    }  # fmt: skip
    assert web.get("/twilio/v1/Rooms").json()["code"] == 20429


def test_drop_before_does_no_work(rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str) -> None:
    rooms_sandbox.fault(vendor, "drop_before")
    with pytest.raises(httpx.RemoteProtocolError):
        create(client, vendor)
    assert rooms_sandbox.rooms(vendor) == []
    assert [(row["status"], row["fault"]) for row in rooms_sandbox.requests()] == [(0, "drop_before")]


def test_drop_after_does_the_work(rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str) -> None:
    rooms_sandbox.fault(vendor, "drop_after")
    with pytest.raises(httpx.RemoteProtocolError):
        create(client, vendor)
    assert len(rooms_sandbox.rooms(vendor)) == 1
    assert rooms_sandbox.requests()[0]["fault"] == "drop_after"


def test_a_drop_cuts_the_connection_without_a_byte(rooms_sandbox: RoomsSandbox) -> None:
    rooms_sandbox.fault("twilio", "drop_before")
    parts = urlsplit(rooms_sandbox.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as link:
        link.sendall(b"GET /twilio/v1/Rooms HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            assert link.recv(1) == b""
        except ConnectionResetError:
            pass


def test_delay_waits_and_then_works(rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str) -> None:
    rooms_sandbox.fault(vendor, "delay", seconds=0.4)
    started = time.perf_counter()
    assert create(client, vendor).is_success
    assert time.perf_counter() - started >= 0.4
    assert len(rooms_sandbox.rooms(vendor)) == 1


def test_a_delay_goes_together_with_another_fault(
    rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str
) -> None:
    rooms_sandbox.fault(vendor, "delay", seconds=0.3)
    rooms_sandbox.fault(vendor, "status", status=500)
    started = time.perf_counter()
    assert create(client, vendor).status_code == 500
    assert time.perf_counter() - started >= 0.3


def test_a_delayed_request_does_not_hold_up_others(rooms_sandbox: RoomsSandbox, web: httpx.Client) -> None:
    from concurrent.futures import ThreadPoolExecutor

    rooms_sandbox.fault("twilio", "delay", seconds=1.0)
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(httpx.get, f"{rooms_sandbox.url}/twilio/v1/Rooms", trust_env=False)
        time.sleep(0.2)
        started = time.perf_counter()
        web.get("/hundredms/v2/rooms")
        assert time.perf_counter() - started < 0.5
        assert slow.result().status_code == 401


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ("<html>Bad gateway</html>", "text/plain", "<html>Bad gateway</html>"),
        ('{"cut": ', "application/json", '{"cut": '),
        ({"odd": [1]}, "application/json", '{"odd":[1]}'),
        ([], "application/json", "[]"),
        ("", "text/plain", ""),
    ],
)
def test_body_fault_replaces_the_answer(
    rooms_sandbox: RoomsSandbox, twilio: httpx.Client, body: Any, kind: str, text: str
) -> None:
    rooms_sandbox.fault("twilio", "body", body=body)
    answer = create(twilio, "twilio")
    assert (answer.status_code, answer.text) == (200, text)
    assert answer.headers["content-type"].startswith(kind)
    assert rooms_sandbox.rooms("twilio") == []


def test_body_fault_with_work_and_status(rooms_sandbox: RoomsSandbox, hundredms: httpx.Client) -> None:
    rooms_sandbox.fault("hundredms", "body", body="gateway", status=502, work=True)
    answer = create(hundredms, "hundredms")
    assert (answer.status_code, answer.text) == (502, "gateway")
    assert len(rooms_sandbox.rooms("hundredms")) == 1


def test_a_fault_has_the_last_word_on_headers(rooms_sandbox: RoomsSandbox, twilio: httpx.Client) -> None:
    rooms_sandbox.fault("twilio", "status", status=502, body="{", headers={"Content-Type": "text/html"})
    assert create(twilio, "twilio").headers.get_list("content-type") == ["text/html"]


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_leaves_the_connection_usable(
    rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, status: int
) -> None:
    rooms_sandbox.fault("videosdk", "status", status=status)
    answer = videosdk.get("/v2/rooms")
    assert (answer.status_code, answer.content) == (status, b"")
    # a body sent all the same would be read as the head of this answer
    assert videosdk.get("/v2/rooms").json()["data"] == []


def test_faults_pick_by_method_and_path(rooms_sandbox: RoomsSandbox, videosdk: httpx.Client) -> None:
    rooms_sandbox.fault("videosdk", "status", status=500, method="post", path="/v2/rooms*", times=-1)
    assert videosdk.get("/v2/rooms").status_code == 200
    assert videosdk.get("/v2/sessions").status_code == 200
    for _ in range(5):
        assert videosdk.post("/v2/rooms").status_code == 500
        assert videosdk.post("/v2/rooms/deactivate", json={"roomId": "x"}).status_code == 500
    rooms_sandbox.clear_faults()
    assert videosdk.post("/v2/rooms").status_code == 200


def test_a_path_without_a_glob_is_that_path_alone(rooms_sandbox: RoomsSandbox, videosdk: httpx.Client) -> None:
    rooms_sandbox.fault("videosdk", "status", status=500, path="/v2/rooms", times=-1)
    assert videosdk.get("/v2/rooms/x").status_code == 402
    assert videosdk.get("/v2/rooms").status_code == 500
    assert videosdk.get("/v2/rooms/?page=1").status_code == 500


@pytest.mark.parametrize(
    ("order", "status", "reason"),
    [
        ({"vendor": "zoom", "kind": "status", "status": 500}, 404, "the vendors are"),
        ({"vendor": "twilio", "kind": "explode"}, 422, "kind"),
        ({"vendor": "twilio", "kind": "status"}, 422, "needs a status"),
        ({"vendor": "twilio", "kind": "delay"}, 422, "needs seconds"),
        ({"vendor": "twilio", "kind": "body"}, 422, "needs a body"),
        ({"vendor": "twilio", "kind": "status", "status": 500, "times": 0}, 422, "times"),
        ({"vendor": "twilio", "kind": "status", "status": 500, "secnods": 1}, 422, "secnods"),
        ({"vendor": "twilio", "kind": "status", "status": 99}, 422, "status"),
        ({"vendor": "twilio", "kind": "status", "status": 500, "headers": {"a b": "1"}}, 422, "'a b'"),
        ({"vendor": "twilio", "kind": "status", "status": 500, "headers": {"A": "1\r\nB: 2"}}, 422, "printable"),
        ({"vendor": "twilio", "kind": "status", "status": 500, "headers": {"A": "€"}}, 422, "printable"),
        ({"vendor": "twilio", "kind": "status", "status": 500, "headers": {"Content-Length": "1"}}, 422, "cannot"),
    ],
)
def test_bad_faults_are_refused_with_a_reason(
    web: httpx.Client, order: dict[str, Any], status: int, reason: str
) -> None:
    answer = web.post("/control/faults", json=order)
    assert answer.status_code == status
    assert reason in answer.text


# -- log, state, clock, reset --------------------------------------------------------------------------------------


def test_requests_show_no_secret_and_no_query(rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str) -> None:
    create(client, vendor)
    client.get(CREATE[vendor][0], params={"token": "hush-hush"})
    rows = rooms_sandbox.requests()
    assert [set(row) for row in rows] == [{"method", "path", "status", "vendor", "at"}] * 2
    assert [row["method"] for row in rows] == ["POST", "GET"]
    assert {row["path"] for row in rows} == {CREATE[vendor][0]}
    assert {row["vendor"] for row in rows} == {vendor}
    text = json.dumps(rows)
    assert "hush" not in text
    assert "sandbox-secret" not in text
    assert rooms_sandbox.requests(vendor, "GET")[0]["method"] == "GET"


def test_page_shows_the_newest_requests(rooms_sandbox: RoomsSandbox, web: httpx.Client, twilio: httpx.Client) -> None:
    twilio.get("/v1/Rooms/first")
    assert web.get("/control/page").json()["requests"] == rooms_sandbox.requests()
    for number in range(40):
        twilio.get(f"/v1/Rooms/r{number}")
    shown = web.get("/control/page").json()["requests"]
    assert shown == rooms_sandbox.requests()[1:]


def test_control_itself_is_not_logged(rooms_sandbox: RoomsSandbox) -> None:
    rooms_sandbox.state()
    rooms_sandbox.advance(1)
    assert rooms_sandbox.requests() == []


def test_state_is_in_the_vendors_own_shape(
    rooms_sandbox: RoomsSandbox, videosdk: httpx.Client, hundredms: httpx.Client, twilio: httpx.Client
) -> None:
    for name, client in (("videosdk", videosdk), ("hundredms", hundredms), ("twilio", twilio)):
        create(client, name)
        rooms_sandbox.start_session(name, "algebra", ["Ada"])
    state = rooms_sandbox.state()
    assert {name: set(part) for name, part in state.items()} == {
        key: {"rooms", "sessions", "recordings"} for key in VENDORS
    }
    assert state["videosdk"]["rooms"][0]["customRoomId"] == "algebra"
    assert state["hundredms"]["rooms"][0]["name"] == "algebra"
    assert state["twilio"]["rooms"][0]["unique_name"] == "algebra"
    assert state["videosdk"]["sessions"][0]["participants"][0]["name"] == "Ada"
    assert next(iter(state["hundredms"]["sessions"][0]["peers"].values()))["name"] == "Ada"
    assert set(state["twilio"]["sessions"][0]) == {"room_sid", "participants", "start", "end"}
    assert state["twilio"]["sessions"][0]["participants"][0]["identity"] == "Ada"


def page(web: httpx.Client, **query: Any) -> dict[str, dict[str, Any]]:
    return {vendor["name"]: vendor for vendor in web.get("/control/page", params=query).json()["vendors"]}


def test_page_shows_the_newest_and_finds_the_others(web: httpx.Client, client: httpx.Client, vendor: str) -> None:
    for number in range(5):
        web.post(f"/control/{vendor}/rooms", json={"name": f"Class-{number}"}).raise_for_status()
    part = page(web, newest=2)[vendor]
    assert [card["name"] for card in part["cards"]] == ["Class-4", "Class-3"]
    assert part["count"] == 5
    found = page(web, newest=2, match=" cLASS-1 ")[vendor]["cards"]
    assert [card["name"] for card in found] == ["Class-1"]
    assert page(web, match=found[0]["id"])[vendor]["cards"] == found
    assert page(web, match="nothing")[vendor]["cards"] == []
    assert web.get("/control/page", params={"newest": 0}).status_code == 422


def test_page_tells_every_vendor_in_the_same_words(
    rooms_sandbox: RoomsSandbox, web: httpx.Client, client: httpx.Client, vendor: str
) -> None:
    create(client, vendor)
    rooms_sandbox.start_session(vendor, "algebra", ["Ada"])
    rooms_sandbox.recording(vendor, "algebra", "start")

    def card() -> dict[str, Any]:
        (only,) = page(web)[vendor]["cards"]
        found: dict[str, Any] = only
        return found

    live = card()
    assert (live["name"], live["open"], live["word"]) == ("algebra", True, "open")
    (session,) = live["sessions"]
    assert (session["end"], session["people"][0]) == (None, {"name": "Ada", "here": True})
    (recording,) = live["recordings"]
    assert (recording["busy"], recording["failed"], recording["size"]) == (True, False, None)
    rooms_sandbox.advance(90)
    rooms_sandbox.recording(vendor, "algebra", "complete")
    rooms_sandbox.end_session(vendor, "algebra")
    over = card()
    assert over["sessions"][0]["end"] is not None
    assert not any(person["here"] for person in over["sessions"][0]["people"])
    assert (over["recordings"][0]["busy"], over["recordings"][0]["failed"]) == (False, False)
    assert over["recordings"][0]["seconds"] == pytest.approx(90, abs=5)
    assert over["recordings"][0]["size"] > 0
    rooms_sandbox.start_session(vendor, "algebra", ["Ada"])
    rooms_sandbox.recording(vendor, "algebra", "start")
    rooms_sandbox.recording(vendor, "algebra", "fail")
    assert card()["recordings"][0]["failed"] is True


@pytest.mark.parametrize(
    ("name", "close", "word"),
    [
        ("videosdk", lambda c, r: c.post("/v2/rooms/deactivate", json={"roomId": r["roomId"]}), "deactivated"),
        ("hundredms", lambda c, r: c.post(f"/v2/rooms/{r['id']}", json={"enabled": False}), "disabled"),
        ("twilio", lambda c, r: c.post(f"/v1/Rooms/{r['sid']}", data={"Status": "completed"}), "completed"),
    ],
)
def test_page_has_the_vendors_word_for_closed(
    web: httpx.Client, request: pytest.FixtureRequest, name: str, close: Any, word: str
) -> None:
    client = request.getfixturevalue(name)
    close(client, create(client, name).json()).raise_for_status()
    (card,) = page(web)[name]["cards"]
    assert (card["open"], card["word"]) == (False, word)


def test_page_hides_secrets_that_state_shows(
    rooms_sandbox: RoomsSandbox, web: httpx.Client, hundredms: httpx.Client
) -> None:
    secrets = {
        "webhook": {"url": "https://example.com", "headers": {"x": "hush-1"}},
        "recording_info": {
            "upload_info": {"type": "s3", "location": "b", "credentials": {"key": "hush-2", "secret": "hush-3"}}
        },
    }
    hundredms.post("/v2/rooms", json={"name": "x", **secrets}).raise_for_status()
    assert "hush-1" in json.dumps(rooms_sandbox.state())
    text = web.get("/control/page").text
    assert "hush" not in text
    assert "https://example.com" in text
    assert "•••" in text


def test_make_a_room_by_hand(rooms_sandbox: RoomsSandbox, web: httpx.Client, vendor: str) -> None:
    first = web.post(f"/control/{vendor}/rooms", json={"name": "algebra-1"})
    assert first.json() == web.post(f"/control/{vendor}/rooms", json={"name": "algebra-1"}).json()
    assert len(rooms_sandbox.rooms(vendor)) == 1
    rooms_sandbox.start_session(vendor, "algebra-1")
    for bad in ({}, {"name": ""}, {"name": "a b"}, {"name": "x" * 65}, {"name": "x", "size": 1}):
        assert web.post(f"/control/{vendor}/rooms", json=bad).status_code == 422
    assert web.post("/control/zoom/rooms", json={"name": "x"}).status_code == 404


def test_clock_moves_on_and_never_back(rooms_sandbox: RoomsSandbox, web: httpx.Client) -> None:
    before = web.get("/control/clock").json()
    assert before["ahead_seconds"] == 0
    after = web.post("/control/clock", json={"advance_seconds": 7200}).json()
    assert after["ahead_seconds"] == 7200
    assert after["now"] > before["now"]
    assert web.post("/control/clock", json={"advance_seconds": -1}).status_code == 422
    assert web.post("/control/clock", json={"advance_seconds": 1e12}).status_code == 422
    assert web.post("/control/clock", json={}).status_code == 422
    rooms_sandbox.reset()
    assert web.get("/control/clock").json()["ahead_seconds"] == 0


def test_reset_forgets_everything(rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str) -> None:
    create(client, vendor)
    rooms_sandbox.start_session(vendor, "algebra")
    rooms_sandbox.behave(vendor, read_lag_seconds=60)
    rooms_sandbox.fault(vendor, "status", status=500, times=-1)
    rooms_sandbox.advance(60)
    rooms_sandbox.reset()
    empty = {"rooms": [], "sessions": [], "recordings": []}
    assert rooms_sandbox.state() == dict.fromkeys(VENDORS, empty)
    assert rooms_sandbox.requests() == []
    created = create(client, vendor)
    assert created.is_success
    assert client.get(CREATE[vendor][0]).status_code == 200
    assert len(rooms_sandbox.rooms(vendor)) == 1


# -- behaviour -----------------------------------------------------------------------------------------------------


def test_read_lag_hides_a_fresh_room_from_reads_only(
    rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str
) -> None:
    rooms_sandbox.behave(vendor, read_lag_seconds=0.6)
    first = create(client, vendor)
    assert first.is_success
    id_ = first.json().get("roomId") or first.json().get("id") or first.json().get("sid")
    path = CREATE[vendor][0]
    list_key = {"videosdk": "data", "hundredms": "data", "twilio": "rooms"}[vendor]
    assert client.get(f"{path}/{id_}").status_code in (402, 404)
    assert client.get(path).json()[list_key] == []
    # writes see it: the same room, or the conflict
    again = create(client, vendor)
    if vendor == "twilio":
        assert again.json()["code"] == 53113
        assert client.get(f"{path}/algebra").status_code == 404
    else:
        assert (again.json().get("roomId") or again.json()["id"]) == id_
    time.sleep(0.65)
    assert client.get(f"{path}/{id_}").status_code == 200
    assert len(client.get(path).json()[list_key]) == 1


def test_lag_is_real_time_and_not_the_sandbox_clock(rooms_sandbox: RoomsSandbox, videosdk: httpx.Client) -> None:
    rooms_sandbox.behave("videosdk", read_lag_seconds=30)
    create(videosdk, "videosdk")
    rooms_sandbox.advance(3600)
    assert videosdk.get("/v2/rooms/algebra").status_code == 402


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({"vendor": "zoom"}, 404),
        ({"vendor": "videosdk", "echo": True}, 422),
        ({"vendor": "videosdk", "echo_config": "no"}, 422),
        ({"vendor": "videosdk", "read_lag_seconds": -1}, 422),
        ({"vendor": "videosdk", "read_lag_seconds": True}, 422),
        ({"vendor": "hundredms", "name_filter": "soundex"}, 422),
        ({"read_lag_seconds": 1}, 422),
    ],
)
def test_bad_behaviour_is_refused_with_a_reason(web: httpx.Client, order: dict[str, Any], status: int) -> None:
    answer = web.post("/control/behaviour", json=order)
    assert answer.status_code == status
    assert answer.json()["detail"]


# -- sessions and recordings by /control -----------------------------------------------------------------------------


def test_unknown_rooms_and_vendors_are_404_with_a_reason(rooms_sandbox: RoomsSandbox, vendor: str) -> None:
    for act in (
        lambda: rooms_sandbox.start_session(vendor, "nowhere"),
        lambda: rooms_sandbox.end_session(vendor, "nowhere"),
        lambda: rooms_sandbox.recording(vendor, "nowhere", "start"),
    ):
        with pytest.raises(ControlError, match="nowhere") as refused:
            act()
        assert refused.value.status == 404
    with pytest.raises(ControlError, match="the vendors are") as refused:
        rooms_sandbox.start_session("zoom", "nowhere")
    assert refused.value.status == 404


def test_what_cannot_be_done_is_409_with_a_reason(
    rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str
) -> None:
    create(client, vendor)
    for act in (
        lambda: rooms_sandbox.end_session(vendor, "algebra"),
        lambda: rooms_sandbox.recording(vendor, "algebra", "complete"),
    ):
        with pytest.raises(ControlError) as refused:
            act()
        assert refused.value.status == 409
        assert refused.value.reason


@pytest.mark.parametrize(("first", "then"), [("complete", "fail"), ("fail", "complete")])
def test_a_recording_stays_what_it_has_become(
    rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str, first: str, then: str
) -> None:
    create(client, vendor)
    rooms_sandbox.start_session(vendor, "algebra")
    rooms_sandbox.recording(vendor, "algebra", "start")
    became = rooms_sandbox.recording(vendor, "algebra", first)
    with pytest.raises(ControlError, match="already") as refused:
        rooms_sandbox.recording(vendor, "algebra", then)
    assert refused.value.status == 409
    assert rooms_sandbox.recording(vendor, "algebra", first) == became
    rooms_sandbox.recording(vendor, "algebra", "start")
    rooms_sandbox.recording(vendor, "algebra", then)


def test_actions_answer_what_the_state_then_shows(
    rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str
) -> None:
    create(client, vendor)
    rooms_sandbox.start_session(vendor, "algebra")
    rooms_sandbox.recording(vendor, "algebra", "start")
    recording = rooms_sandbox.recording(vendor, "algebra", "complete")
    session = rooms_sandbox.end_session(vendor, "algebra")
    state = rooms_sandbox.state()[vendor]
    # with links that can be followed
    assert session == state["sessions"][0]
    assert recording in state["recordings"]


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"action": "dance"},
        {"action": "start", "participants": []},
        {"action": "start", "participants": [""]},
        {"action": "start", "participants": [{}]},
        {"action": "start", "participants": [{"name": "Ada", "age": 3}]},
        {"action": "start", "people": []},
    ],
)
def test_bad_session_orders_are_refused(web: httpx.Client, videosdk: httpx.Client, order: dict[str, Any]) -> None:
    create(videosdk, "videosdk")
    assert web.post("/control/videosdk/rooms/algebra/session", json=order).status_code == 422


def test_join_and_leave_one_by_one(rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str) -> None:
    create(client, vendor)
    rooms_sandbox.start_session(vendor, "algebra", ["Ada"])
    rooms_sandbox.start_session(vendor, "algebra", [{"name": "Bob", "identity": "bob-1", "role": "guest"}])
    with pytest.raises(ControlError, match="Zoe"):
        rooms_sandbox.end_session(vendor, "algebra", ["Zoe"])
    rooms_sandbox.end_session(vendor, "algebra", ["Ada"])
    assert len(rooms_sandbox.state()[vendor]["sessions"]) == 1
    rooms_sandbox.end_session(vendor, "algebra", ["bob-1"])
    with pytest.raises(ControlError):
        rooms_sandbox.end_session(vendor, "algebra")


def test_rooms_by_id_or_name(rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str) -> None:
    created = create(client, vendor).json()
    id_ = created.get("roomId") or created.get("id") or created.get("sid")
    rooms_sandbox.start_session(vendor, id_)
    rooms_sandbox.end_session(vendor, "algebra")
    assert len(rooms_sandbox.state()[vendor]["sessions"]) == 1


# -- the fixture -----------------------------------------------------------------------------------------------------


def test_fixture_starts_empty_again(rooms_sandbox: RoomsSandbox, videosdk: httpx.Client) -> None:
    assert rooms_sandbox.state()["videosdk"]["rooms"] == []
    create(videosdk, "videosdk")


def test_fixture_starts_empty_again_after_another_test(rooms_sandbox: RoomsSandbox) -> None:
    assert rooms_sandbox.state()["videosdk"]["rooms"] == []


def test_fixture_gives_airflow_connections(rooms_sandbox: RoomsSandbox) -> None:
    env = rooms_sandbox.env()
    assert set(env) == {f"AIRFLOW_CONN_{kind}_DEFAULT" for kind in ("VIDEOSDK", "HUNDREDMS", "TWILIO_VIDEO")}
    for text in env.values():
        connection = json.loads(text)
        assert set(connection) == {"conn_type", "host", "login", "password", "extra"}
        assert connection["host"].startswith(rooms_sandbox.url)
    twilio = rooms_sandbox.connection("twilio_video")
    assert twilio == rooms_sandbox.connection("twilio")
    with pytest.raises(ValueError, match="twilio_video"):
        rooms_sandbox.connection("zoom")
    assert twilio["conn_type"] == "twilio_video"
    assert (twilio["login"], twilio["extra"]["account_sid"]) == ("SK" + "0" * 32, "AC" + "0" * 32)
    answer = httpx.get(twilio["host"] + "/v1/Rooms", auth=(twilio["login"], twilio["password"]), trust_env=False)
    assert answer.status_code == 200
