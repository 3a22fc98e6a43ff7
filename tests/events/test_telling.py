"""From the state file to Airflow's own API server, through a proxy that loses requests and answers: each event once."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from airflow_server import AIRFLOW_2, PASSWORD, USER, LosingProxy, make_asset, serving, stored

from airflow_provider_rooms.errors import (
    AccessDeniedError,
    AirflowDownError,
    AuthenticationError,
    NotFoundError,
    PassingError,
    RoomsError,
)
from airflow_provider_rooms.events import telling
from airflow_provider_rooms.events.rest import AirflowApi, Credentials
from airflow_provider_rooms.events.statefile import StateFile
from airflow_provider_rooms.events.telling import Teller
from airflow_provider_rooms.models import EventType, RoomEvent

LOGIN = Credentials(user=USER, password=PASSWORD)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateFile]:
    file = StateFile(tmp_path / "state")
    yield file
    file.close()


@pytest.fixture
def losing(airflow: str) -> Iterator[Callable[..., LosingProxy]]:
    """Makes a proxy in front of Airflow."""
    made = []

    def make(loses: Callable[[str, int], str | None]) -> LosingProxy:
        made.append(LosingProxy(airflow, loses))
        return made[-1]

    yield make
    for proxy in made:
        proxy.close()


def event(number: int, kind: EventType = "other", conn_id: str = "school") -> RoomEvent:
    return RoomEvent(id=f"{kind}:{number}", type=kind, vendor="acme", conn_id=conn_id, room_id="r")


def tell_all(teller: Teller, tries: int = 60) -> None:
    """Until nothing waits, however often Airflow cannot be reached."""
    for _ in range(tries):
        try:
            if teller.tell()[1] == 0:
                return
        except PassingError:
            pass
    raise AssertionError("something still waits")


def test_what_waits_is_told_in_order_and_once(airflow: str, asset: str, state: StateFile) -> None:
    state.publish([event(n) for n in range(150)])
    teller = Teller(state, AirflowApi(airflow, LOGIN))
    assert teller.tell() == (100, 50)
    assert teller.tell() == (50, 0)
    state.publish([event(n) for n in range(150)])
    assert teller.tell() == (0, 0)
    assert stored(asset) == [f"other:{n}" for n in range(150)]


@pytest.mark.parametrize("seed", range(2))
def test_lost_requests_and_answers_neither_lose_nor_double_an_event(
    seed: int, asset: str, state: StateFile, losing: Callable[..., LosingProxy]
) -> None:
    chance = random.Random(seed)
    proxy = losing(lambda method, number: chance.choice(["before", "after", None, None, None]))
    teller = Teller(state, AirflowApi(proxy.url, LOGIN))
    for start in range(0, 20, 10):
        state.publish([event(n) for n in range(start, start + 10)])
        tell_all(teller, 200)
    assert sorted(stored(asset)) == sorted(f"other:{n}" for n in range(20))


def test_a_new_process_reads_back_what_the_last_one_told(
    airflow: str, asset: str, state: StateFile, losing: Callable[..., LosingProxy]
) -> None:
    """The last one was told nothing of it: it died while it waited for the answer."""
    proxy = losing(lambda method, number: "after" if method == "POST" and number > 4 else None)
    state.publish([event(1)])
    with pytest.raises(AirflowDownError):
        Teller(state, AirflowApi(proxy.url, LOGIN)).tell()
    assert stored(asset) == ["other:1"]
    state.publish([event(2)])
    tell_all(Teller(state, AirflowApi(airflow, LOGIN)))
    assert stored(asset) == ["other:1", "other:2"]


@pytest.mark.slow
def test_with_a_new_state_file_the_week_is_read_back(
    airflow: str, asset: str, state: StateFile, tmp_path: Path
) -> None:
    state.publish([event(n) for n in range(230)])
    tell_all(Teller(state, AirflowApi(airflow, LOGIN)))
    fresh = StateFile(tmp_path / "fresh")
    fresh.publish([event(0), event(229), event(230)])
    tell_all(Teller(fresh, AirflowApi(airflow, LOGIN)))
    fresh.close()
    assert stored(asset) == [f"other:{n}" for n in range(231)]


def test_what_no_active_asset_asks_for_is_left_out_and_nothing_is_made(
    airflow: str, asset: str, state: StateFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    inactive = make_asset("school", "room_closed", active=False)
    state.publish([event(1, "room_closed"), event(2, "session_ended"), event(3)])
    teller = Teller(state, AirflowApi(airflow, LOGIN))
    assert teller.tell() == (1, 2)  # a DAG file may just be replaced
    monkeypatch.setattr(telling, "GRACE", dt.timedelta(0))
    assert teller.tell() == (0, 0)
    assert stored(inactive) == []
    assert list(AirflowApi(airflow, LOGIN).assets()) == [asset]


def test_what_is_accepted_but_never_listed_is_not_sent_for_ever(
    airflow: str, asset: str, state: StateFile, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(telling, "LISTED_AFTER", (0.0,))
    monkeypatch.setattr(AirflowApi, "told", lambda self, asset_id: iter(()))
    state.publish([event(1)])
    teller = Teller(state, AirflowApi(airflow, LOGIN))
    assert [teller.tell() for _ in range(4)] == [(0, 1), (0, 1), (0, 0), (0, 0)]
    assert stored(asset) == ["other:1"] * 3
    assert "does not list it" in caplog.text


@pytest.mark.skipif(AIRFLOW_2, reason="Airflow 2 has no tokens")
def test_a_token_that_has_run_out_is_renewed(airflow: str, asset: str, state: StateFile) -> None:
    api = AirflowApi(airflow, LOGIN)
    api.assets()
    api._authorization = "Bearer gone"
    assert list(api.assets()) == [asset]


@pytest.mark.skipif(AIRFLOW_2, reason="Airflow 2 has no tokens")
def test_a_token_of_the_environment_is_used_as_it_is(airflow: str, asset: str) -> None:
    api = AirflowApi(airflow, LOGIN)
    api.assets()
    token = api._authorization.removeprefix("Bearer ")
    given = Credentials.read({"AIRFLOW_CLI_TOKEN": token, "AIRFLOW_USERNAME": "nobody"})
    assert list(AirflowApi(airflow, given).assets()) == [asset]
    assert token not in repr(given)


@pytest.mark.parametrize(
    ("path", "login", "error"),
    [
        ("", Credentials(user=USER, password="guess-canary"), AccessDeniedError if AIRFLOW_2 else AuthenticationError),
        ("", Credentials(token="guess-canary"), AuthenticationError if AIRFLOW_2 else AccessDeniedError),
        ("/api/v2", LOGIN, NotFoundError),
        ("/airflow", LOGIN, NotFoundError),
    ],
)
def test_what_only_a_person_can_mend_says_so(airflow: str, path: str, login: Credentials, error: type) -> None:
    with pytest.raises(error) as raised:
        AirflowApi(airflow + path, login).assets()
    assert airflow in str(raised.value) or "AIRFLOW_CLI_TOKEN" in str(raised.value)
    assert "canary" not in str(raised.value)


def test_a_page_of_a_proxy_is_not_an_empty_list(state: StateFile) -> None:
    """Nothing may be left out because of it."""

    async def page(scope: dict, receive: object, send: Callable) -> None:
        text = b'{"version": "3.3.2", "access_token": "x"}'
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(text))]})
        await send({"type": "http.response.body", "body": text})

    state.publish([event(1)])
    with serving(page) as url, pytest.raises(PassingError, match="not one of Airflow's"):
        Teller(state, AirflowApi(url, LOGIN)).tell()
    assert state.count() == 1


def test_an_airflow_that_is_away_is_asked_again_and_told_in_the_end(
    airflow: str, asset: str, state: StateFile, losing: Callable[..., LosingProxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    from events_help import until

    monkeypatch.setattr(telling, "FIRST_PAUSE", 0.05)
    away = {"so": True}
    proxy = losing(lambda method, number: "before" if away["so"] else None)
    teller = Teller(state, AirflowApi(proxy.url, LOGIN))
    teller.start()
    state.publish([event(1)])
    until(lambda: "does not respond" in teller.trouble)
    away["so"] = False
    until(lambda: state.count() == 0 and not teller.trouble)
    assert teller.stop(10)
    assert stored(asset) == ["other:1"]


def test_errors_are_of_the_package() -> None:
    with pytest.raises(RoomsError, match="connection refused"):
        AirflowApi("http://127.0.0.1:9", LOGIN).version()
