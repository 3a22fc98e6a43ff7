"""Looking connections up: once per hook, and what Airflow's "not found" is taken for."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook
from sqlalchemy import exc
from vendor_traits import ANY

from airflow_provider_rooms.errors import AirflowDownError, ConnectionNotFoundError
from airflow_provider_rooms.hooks import aget_rooms_hook, get_rooms_hook, hook_class, lookup, outages
from airflow_provider_rooms.sandbox.client import RoomsSandbox


@pytest.fixture
def lookups(rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids that Airflow was asked for; ``rooms`` is one that there is."""
    monkeypatch.setenv("AIRFLOW_CONN_ROOMS", json.dumps(rooms_sandbox.connection(ANY.conn_type)))
    asked: list[str] = []
    for name in ("get_connection", "aget_connection"):
        found = getattr(BaseHook, name, None)
        if found is None:  # before Airflow 3.1
            continue

        def counted(conn_id: str, found: Any = found) -> Any:
            asked.append(conn_id)
            return found(conn_id)

        monkeypatch.setattr(BaseHook, name, staticmethod(counted))
    return asked


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "PATIENCE", 1.0)
    monkeypatch.setattr(outages, "FIRST_PAUSE", 0.05)


def test_a_connection_is_looked_up_once_per_hook(lookups: list[str]) -> None:
    hook = get_rooms_hook("rooms")
    hook.ensure_room({"name": "algebra"})
    assert hook.find_room("algebra")
    assert lookups == ["rooms"]


async def test_a_connection_is_looked_up_once_per_async_hook(lookups: list[str]) -> None:
    hook = await aget_rooms_hook("rooms")
    async with hook.aio as rooms:
        await rooms.ensure_room({"name": "algebra"})
    assert lookups == ["rooms"]


class VaultBackend:
    """A secrets backend that is not Airflow's own."""


def test_where_there_is_another_backend_nothing_is_known_to_be_missing(
    monkeypatch: pytest.MonkeyPatch, lookups: list[str]
) -> None:
    monkeypatch.setattr(lookup, "_backends", lambda: [VaultBackend()])
    began = time.monotonic()
    with pytest.raises(
        AirflowDownError, match=r"Connection 'nobody': Airflow did not respond for 1 s \(AirflowNotFound"
    ):
        get_rooms_hook("nobody")
    assert time.monotonic() - began >= 1
    assert len(lookups) > 3


async def test_the_same_on_an_event_loop(monkeypatch: pytest.MonkeyPatch, lookups: list[str]) -> None:
    monkeypatch.setattr(lookup, "_backends", lambda: [VaultBackend()])
    with pytest.raises(AirflowDownError):
        await hook_class(ANY.kind)("nobody").aio.get_room("x")
    assert len(lookups) > 3


@pytest.mark.parametrize("strange", ["no module", "no answer"])
def test_where_airflows_insides_are_others_it_is_asked_again(
    strange: str, monkeypatch: pytest.MonkeyPatch, lookups: list[str]
) -> None:
    def broken() -> Any:
        raise ImportError(strange)

    monkeypatch.setattr(lookup, "_backends", broken)
    with pytest.raises(AirflowDownError):
        get_rooms_hook("nobody")


def test_a_connection_that_comes_back_is_found(monkeypatch: pytest.MonkeyPatch, lookups: list[str]) -> None:
    found, failing = (
        BaseHook.get_connection,
        [exc.OperationalError("select", {}, Exception()), AirflowNotFoundException()],
    )

    def flaky(conn_id: str) -> Any:
        if failing:
            raise failing.pop()
        return found(conn_id)

    monkeypatch.setattr(lookup, "_known_missing", lambda conn_id: False)
    monkeypatch.setattr(BaseHook, "get_connection", staticmethod(flaky))
    assert get_rooms_hook("rooms").find_room("algebra") is None
    assert failing == []


def test_what_is_wrong_otherwise_is_raised_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(conn_id: str) -> Any:
        raise PermissionError(conn_id)

    monkeypatch.setattr(BaseHook, "get_connection", staticmethod(denied))
    with pytest.raises(PermissionError):
        get_rooms_hook("rooms")


class Comms:
    """A supervisor that gives one answer after the other."""

    def __init__(self, *answers: Any) -> None:
        self._answers = iter(answers)

    def send(self, message: Any) -> Any:
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


def answer(kind: str, status: int | None = None) -> Any:
    comms = pytest.importorskip("airflow.sdk.execution_time.comms", reason="Airflow 2 has no supervisor")
    from airflow.sdk.exceptions import ErrorType

    detail = None if status is None else {"status_code": status}
    return comms.ErrorResponse(error=ErrorType(kind), detail=detail)


def failure(kind: str, status: int | None = None) -> Exception:
    response = answer(kind, status)
    from airflow.sdk.exceptions import AirflowRuntimeError

    return AirflowRuntimeError(response)


def test_only_a_database_that_answers_can_say_that_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    missing, down = answer("CONNECTION_NOT_FOUND"), failure("API_SERVER_ERROR", 500)
    runner = __import__("airflow.sdk.execution_time.task_runner", fromlist=["x"])
    for answers, known in (
        (["a count", missing], True),
        # Its database is away, and it says "not found" all the same.
        ([down], False),
        (["a count", down], False),
        (["a count", answer("API_SERVER_ERROR", 503)], False),
        # It has come back.
        (["a count", "a connection"], False),
    ):
        monkeypatch.setattr(runner, "SUPERVISOR_COMMS", Comms(*answers), raising=False)
        assert lookup._known_missing("nobody") is known, answers


@pytest.mark.parametrize(
    ("kind", "status", "passing"),
    [
        ("API_SERVER_ERROR", 500, True),
        ("API_SERVER_ERROR", 503, True),
        ("API_SERVER_ERROR", 429, True),
        ("API_SERVER_ERROR", None, True),
        ("API_SERVER_ERROR", 409, False),
        ("API_SERVER_ERROR", 422, False),
        ("GENERIC_ERROR", None, True),
        ("XCOM_NOT_FOUND", None, False),
    ],
)
def test_which_errors_of_airflows_api_pass(kind: str, status: int | None, passing: bool) -> None:
    assert outages.passes(failure(kind, status)) is passing


def test_a_token_that_is_refused_for_a_moment_passes() -> None:
    sdk = pytest.importorskip("airflow.sdk.exceptions")
    if not hasattr(sdk, "AirflowSecretsBackendAccessDenied"):
        pytest.skip("Airflow before 3.2 does not tell")
    assert outages.passes(sdk.AirflowSecretsBackendAccessDenied("connection"))


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (exc.OperationalError("select", {}, Exception()), True),
        (exc.InterfaceError("select", {}, Exception()), True),
        (exc.TimeoutError(), True),
        (exc.ProgrammingError("select", {}, Exception()), False),
        (ValueError("x"), False),
    ],
)
def test_which_errors_of_airflows_database_pass(error: Exception, passing: bool) -> None:
    assert outages.passes(error) is passing


def test_a_call_is_made_again_until_it_is_answered() -> None:
    answers: list[Any] = [exc.OperationalError("select", {}, Exception())] * 3

    def call() -> str:
        if answers:
            raise answers.pop()
        return "here"

    assert outages.patiently("XCom 'room'", call) == "here"


def test_a_connection_that_is_missing_is_said_at_once(lookups: list[str], airflow_db: None) -> None:
    with pytest.raises(ConnectionNotFoundError, match="There is no connection 'nobody'"):
        get_rooms_hook("nobody")
    assert lookups == ["nobody"]


def test_without_a_database_the_environment_and_secrets_backends_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    class MetastoreBackend:
        def get_connection(self, conn_id: str) -> None:
            raise AssertionError("the database is not asked")

    class Vault:
        def get_connection(self, conn_id: str) -> str | None:
            if conn_id == "sealed":
                raise OSError("secret-canary")
            return "found" if conn_id == "kept" else None

    monkeypatch.setattr(lookup, "_backends", lambda: [Vault(), MetastoreBackend()])
    assert lookup.find_in_secrets("kept") == "found"
    assert lookup.find_in_secrets("nowhere") is None
    with pytest.raises(AirflowDownError, match=r"'sealed' could not be read from Vault \(OSError\)") as raised:
        lookup.find_in_secrets("sealed")
    assert "canary" not in str(raised.value)
