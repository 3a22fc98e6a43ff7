"""Credentials go to the vendor and nowhere else: redirects, proxies, certificates, .netrc, and late answers of the vendor."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from vendor_traits import TYPES

from airflow_provider_rooms import errors
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.testing import wire as w
from airflow_provider_rooms.testing.wire import Fault, Wire

# -- redirects ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("conn_type", TYPES)
def test_a_redirect_is_refused_and_nothing_goes_there(
    conn_type: str, status: int, ensure: Any, through: Any, rooms_sandbox: Any
) -> None:
    with Wire(rooms_sandbox.url) as elsewhere:
        through(Fault("*", w.answers(status, location=f"{elsewhere.url}/{conn_type}"), -1))
        with pytest.raises(errors.RequestRefusedError, match="redirects to another address"):
            ensure(f"{conn_type}_default", name="a")
        assert elsewhere.seen == []


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_session_of_the_hook_follows_a_redirect_without_credentials(
    conn_type: str, through: Any, rooms_sandbox: Any
) -> None:
    with Wire(rooms_sandbox.url) as elsewhere:
        # localhost is another host than 127.0.0.1
        target = elsewhere.url.replace("127.0.0.1", "localhost")
        wire = through(Fault("GET", w.answers(302, location=f"{target}/x"), 1))
        hook = get_rooms_hook(f"{conn_type}_default")
        hook.get_conn().get(f"{hook.base_url}/v2/rooms", timeout=5)
        assert [("authorization" in headers) for _, _, headers in wire.seen] == [True]
        assert [("authorization" in headers) for _, _, headers in elsewhere.seen] == [False]
        hook.get_conn().get(f"{elsewhere.url}/v2/rooms", timeout=5)
        assert "authorization" not in elsewhere.seen[-1][2]


# -- .netrc -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_netrc_does_not_replace_the_credentials(
    conn_type: str, ensure: Any, through: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\ndefault login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    through()
    assert ensure(f"{conn_type}_default", name="a").outcome == "created"


# -- a vendor that shows late what it did ---------------------------------------------------------------------------------


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_room_that_is_shown_late_is_waited_for(conn_type: str, ensure: Any, through: Any, rooms_sandbox: Any) -> None:
    wire = through()
    rooms_sandbox.behave(conn_type, read_lag_seconds=0.3)
    assert ensure(f"{conn_type}_default", name="late").outcome == "created"
    assert wire.count("POST") == 1
    assert len(rooms_sandbox.rooms(conn_type)) == 1


@pytest.mark.parametrize("conn_type", TYPES)
def test_two_workers_at_once_get_one_room_also_when_it_is_shown_late(
    conn_type: str, ensure: Any, through: Any, rooms_sandbox: Any
) -> None:
    through()
    rooms_sandbox.behave(conn_type, read_lag_seconds=0.3)
    ids: list[str] = []
    workers = [
        threading.Thread(target=lambda: ids.append(ensure(f"{conn_type}_default", name="late").id)) for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(ids) == 2
    assert set(ids) == {room.get("roomId") or room.get("sid") or room["id"] for room in rooms_sandbox.rooms(conn_type)}
    assert len(rooms_sandbox.rooms(conn_type)) == 1


@pytest.mark.parametrize("conn_type", TYPES)
@pytest.mark.parametrize(
    "name", ["élan", "🎓", "a b", "a" * 65, "None", "", "RM" + "0" * 32, "a/b", [], [""], ["None"]]
)
def test_a_bad_name_is_refused_without_a_request(conn_type: str, name: Any, ensure: Any, through: Any) -> None:
    wire = through()
    with pytest.raises(errors.InvalidSpecError):
        ensure(f"{conn_type}_default", name=name)
    assert wire.seen == []


@pytest.mark.parametrize("conn_type", TYPES)
def test_parts_of_any_script_make_rooms_that_never_meet(
    conn_type: str, ensure: Any, through: Any, rooms_sandbox: Any
) -> None:
    through()
    parts = [
        ["élan"],
        ["elan"],
        ["Elan"],
        ["🎓"],
        ["🎒"],
        ["a", "b"],
        ["a_b"],
        ["x" * 200],
        ["x" * 201],
        ["RM" + "0" * 32],
    ]
    assert {ensure(f"{conn_type}_default", name=name).outcome for name in parts} == {"created"}
    assert len(rooms_sandbox.rooms(conn_type)) == len(parts)
