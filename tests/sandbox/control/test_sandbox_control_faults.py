"""`/control/faults`: what goes wrong, where, how often, and with or without the work done."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest
from sandbox_help import ANY, FACTS, VENDORS, create

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


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


def test_status_faults_are_worded_as_the_vendor_does(
    rooms_sandbox: RoomsSandbox, client: httpx.Client, vendor: str
) -> None:
    rooms_sandbox.fault(vendor, "status", status=429)
    assert FACTS[vendor].is_throttled(client.get(FACTS[vendor].ROOMS).json())


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
    rooms_sandbox.fault(ANY, "drop_before")
    parts = urlsplit(rooms_sandbox.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as link:
        link.sendall(f"GET /{ANY}{FACTS[ANY].ROOMS} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
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

    rooms_sandbox.fault(ANY, "delay", seconds=2.0)
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(httpx.get, f"{rooms_sandbox.url}/{ANY}{FACTS[ANY].ROOMS}", trust_env=False)
        time.sleep(0.2)
        started = time.perf_counter()
        web.get(f"/{VENDORS[-1]}{FACTS[VENDORS[-1]].ROOMS}")
        assert time.perf_counter() - started < 1.5
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
    rooms_sandbox: RoomsSandbox, anyone: httpx.Client, body: Any, kind: str, text: str
) -> None:
    rooms_sandbox.fault(ANY, "body", body=body)
    answer = create(anyone, ANY)
    assert (answer.status_code, answer.text) == (200, text)
    assert answer.headers["content-type"].startswith(kind)
    assert rooms_sandbox.rooms(ANY) == []


def test_body_fault_with_work_and_status(rooms_sandbox: RoomsSandbox, anyone: httpx.Client) -> None:
    rooms_sandbox.fault(ANY, "body", body="gateway", status=502, work=True)
    answer = create(anyone, ANY)
    assert (answer.status_code, answer.text) == (502, "gateway")
    assert len(rooms_sandbox.rooms(ANY)) == 1


def test_a_fault_has_the_last_word_on_headers(rooms_sandbox: RoomsSandbox, anyone: httpx.Client) -> None:
    rooms_sandbox.fault(ANY, "status", status=502, body="{", headers={"Content-Type": "text/html"})
    assert create(anyone, ANY).headers.get_list("content-type") == ["text/html"]


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_leaves_the_connection_usable(
    rooms_sandbox: RoomsSandbox, anyone: httpx.Client, status: int
) -> None:
    rooms_sandbox.fault(ANY, "status", status=status)
    answer = anyone.get(FACTS[ANY].ROOMS)
    assert (answer.status_code, answer.content) == (status, b"")
    # a body sent all the same would be read as the head of this answer
    assert anyone.get(FACTS[ANY].ROOMS).json()[FACTS[ANY].LISTED] == []


@pytest.mark.parametrize(
    ("order", "status", "reason"),
    [
        ({"vendor": "zoom", "kind": "status", "status": 500}, 404, "the vendors are"),
        ({"vendor": ANY, "kind": "explode"}, 422, "kind"),
        ({"vendor": ANY, "kind": "status"}, 422, "needs a status"),
        ({"vendor": ANY, "kind": "delay"}, 422, "needs seconds"),
        ({"vendor": ANY, "kind": "body"}, 422, "needs a body"),
        ({"vendor": ANY, "kind": "status", "status": 500, "times": 0}, 422, "times"),
        ({"vendor": ANY, "kind": "status", "status": 500, "secnods": 1}, 422, "secnods"),
        ({"vendor": ANY, "kind": "status", "status": 99}, 422, "status"),
        ({"vendor": ANY, "kind": "status", "status": 500, "headers": {"a b": "1"}}, 422, "'a b'"),
        ({"vendor": ANY, "kind": "status", "status": 500, "headers": {"A": "1\r\nB: 2"}}, 422, "printable"),
        ({"vendor": ANY, "kind": "status", "status": 500, "headers": {"A": "€"}}, 422, "printable"),
        ({"vendor": ANY, "kind": "status", "status": 500, "headers": {"Content-Length": "1"}}, 422, "cannot"),
    ],
)
def test_bad_faults_are_refused_with_a_reason(
    web: httpx.Client, order: dict[str, Any], status: int, reason: str
) -> None:
    answer = web.post("/control/faults", json=order)
    assert answer.status_code == status
    assert reason in answer.text
