"""No secret leaves: planted in the connection and in settings, then looked for in everything that can be shown."""

from __future__ import annotations

import datetime as dt
import json
import logging
import pickle
import traceback
from collections.abc import Callable, Collection, Iterator
from typing import Any

import pytest

from airflow_provider_rooms import errors
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.models import RoomSpec
from airflow_provider_rooms.sandbox.client import RoomsSandbox
from airflow_provider_rooms.testing import wire as w
from airflow_provider_rooms.testing.fault_table import create
from airflow_provider_rooms.testing.rows import each_vendor, pytest_generate_tests
from airflow_provider_rooms.testing.traits import Traits
from airflow_provider_rooms.testing.wire import Fault, Wire
from airflow_provider_rooms.vendors.flow import Patience
from airflow_provider_rooms.vendors.plans import checked_plan

__all__ = [
    "eavesdropped",
    "pytest_generate_tests",
    "test_a_wait_in_the_triggerer_holds_no_secret",
    "test_drift_of_a_secret_setting_shows_stars",
    "test_no_error_shows_a_secret",
    "test_no_log_shows_a_secret",
    "test_nothing_shows_a_secret_by_its_repr",
    "test_the_text_of_test_connection_shows_no_secret",
]

#: Planted in connections …
EXTRA = {
    "webhook_headers": {"Authorization": "Bearer canary-webhook-of-connection", "X-School": "canary-school"},
    "storage_credentials": {"key": "canary-key-of-connection", "secret": "canary-secret-of-connection"},
}
#: … and in settings.
GIVEN, OTHER = "canary-of-settings", "canary-of-other-settings"
CANARIES = [GIVEN, OTHER, *(value for part in EXTRA.values() for value in part.values())]


def leaks(text: str, secrets: Collection[str]) -> list[str]:
    """The secrets that a text shows, in clear or as JSON or a URL would write them."""
    found = []
    for secret in secrets:
        forms = {secret, json.dumps(secret)[1:-1], secret.replace(" ", "%20"), secret.replace(" ", "+")}
        if any(form in text for form in forms):
            found.append(secret)
    return found


def echo(exchange: w.Exchange) -> None:
    """400, repeating everything that was sent."""
    sent = exchange.body.decode()
    told = f"bad request: {exchange.headers.get('authorization')} sent {sent}"
    body = json.dumps({"code": 400, "message": told, "details": [sent]}).encode()
    exchange.send(400, {"content-type": "application/json", "x-request-id": "req-1"}, body)


def garbled(exchange: w.Exchange) -> None:
    """200 with what was sent in a body that nobody can read."""
    exchange.send(200, {"content-type": "application/json"}, exchange.body[:-1])


class Eavesdropped:
    """A vendor of the sandbox whose requests are seen on the wire."""

    def __init__(self, traits: Traits, wire: Wire) -> None:
        self.traits = traits
        self.wire = wire
        self.hook: Any = get_rooms_hook(traits.conn_id)
        self.hook.patience = Patience(tries=2, first_wait=0.01, longest_wait=0.02)

    def settings(self, canary: str) -> dict[str, Any]:
        """Settings with a secret, if the vendor has a place for one."""
        filled: dict[str, Any] = json.loads(json.dumps(self.traits.secret or {}).replace("{canary}", canary))
        return filled

    def secrets(self) -> list[str]:
        """Everything that must not be shown."""
        sent = {seen[2]["authorization"].rpartition(" ")[2] for seen in self.wire.seen if "authorization" in seen[2]}
        return [*CANARIES, self.hook.vendor.config.secret, *self.hook.vendor.minted(), *sent]


@pytest.fixture
def eavesdropped(
    rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Traits], Eavesdropped]]:
    """Listens to a vendor whose connection holds canaries."""
    with Wire(rooms_sandbox.url) as wire:

        def listen(traits: Traits) -> Eavesdropped:
            connection = rooms_sandbox.connection(traits.conn_type)
            connection["host"] = connection["host"].replace(rooms_sandbox.url, wire.url)
            connection["extra"] = {**connection.get("extra", {}), **EXTRA}
            monkeypatch.setenv(f"AIRFLOW_CONN_{traits.conn_id.upper()}", json.dumps(connection))
            return Eavesdropped(traits, wire)

        yield listen


def _everything(error: BaseException) -> str:
    shown = [str(error), repr(error), *traceback.format_exception(error), str(vars(error))]
    return "\n".join([*shown, pickle.dumps(error).decode("latin-1")])


ACTS = {"echo": echo, "garbled": garbled, "refused": w.answers(401, '"canary"'), "reset": w.reset_before}


@pytest.mark.parametrize("act", ACTS)
@each_vendor()
def test_no_error_shows_a_secret(traits: Traits, act: str, eavesdropped: Callable[[Traits], Eavesdropped]) -> None:
    place = eavesdropped(traits)
    place.wire.faults += create(ACTS[act], -1)(traits)
    with pytest.raises(errors.RoomsError) as raised:
        place.hook.ensure_room({"name": "algebra", **place.settings(GIVEN)})
    assert leaks(_everything(raised.value), place.secrets()) == []
    again = pickle.loads(pickle.dumps(raised.value))
    assert (str(again), type(again)) == (str(raised.value), type(raised.value))


@pytest.mark.parametrize("act", ACTS)
@each_vendor()
def test_the_text_of_test_connection_shows_no_secret(
    traits: Traits, act: str, eavesdropped: Callable[[Traits], Eavesdropped]
) -> None:
    place = eavesdropped(traits)
    place.wire.faults += [Fault("*", ACTS[act], -1)]
    works, told = place.hook.test_connection()
    assert not works
    assert told
    assert leaks(told, place.secrets()) == []


@each_vendor()
def test_nothing_shows_a_secret_by_its_repr(traits: Traits, eavesdropped: Callable[[Traits], Eavesdropped]) -> None:
    place = eavesdropped(traits)
    hook, vendor = place.hook, place.hook.vendor
    spec = RoomSpec.read({"name": "algebra", **place.settings(GIVEN)})
    plan = checked_plan(vendor, spec, "fail", "fail")
    request = next(vendor.submit("/v0/any", lambda response: response, vendor.with_secrets(plan.body)))
    room = hook.ensure_room(spec)
    things = [hook, vendor, vendor.config, vendor.runtime, spec, plan, request, room, room.as_dict(), room.details]
    for thing in [*things, hook.get_conn(), hook.transport, hook.aio]:
        assert leaks(f"{thing!r} {thing}", place.secrets()) == []


@each_vendor()
def test_no_log_shows_a_secret(
    traits: Traits, eavesdropped: Callable[[Traits], Eavesdropped], caplog: pytest.LogCaptureFixture
) -> None:
    place = eavesdropped(traits)
    place.wire.faults += create(w.answers(503), 1)(traits)
    with caplog.at_level(logging.DEBUG):
        made = place.hook.ensure_room({"name": "algebra", **place.settings(GIVEN)}, on_drift="ignore")
        place.hook.ensure_room({"name": "algebra", **place.settings(OTHER)}, on_drift="ignore")
        list(place.hook.list_rooms())
        place.hook.close_room(made.id)
    assert leaks(caplog.text, place.secrets()) == []


@each_vendor(rows=lambda traits: [()] if traits.vendor.can("list_sessions") else [])
def test_a_wait_in_the_triggerer_holds_no_secret(
    traits: Traits, eavesdropped: Callable[[Traits], Eavesdropped]
) -> None:
    from airflow.providers.common.compat.sdk import TaskDeferred

    from airflow_provider_rooms.sensors.rooms import SessionStartedSensor
    from airflow_provider_rooms.testing.stage import pretended_context

    place = eavesdropped(traits)
    room = place.hook.ensure_room({"name": "algebra", **place.settings(GIVEN)})
    sensor = SessionStartedSensor(task_id="wait", conn_id=traits.conn_id, room_id=room.as_dict(), deferrable=True)
    with pytest.raises(TaskDeferred) as deferred:
        sensor.execute(pretended_context(lambda key, value: None, lambda: dt.datetime.now(dt.UTC)))
    trigger = deferred.value.trigger
    shown = f"{trigger.serialize()} {deferred.value.kwargs} {vars(trigger)} {trigger!r}"
    assert leaks(shown, place.secrets()) == []


@each_vendor(rows=lambda traits: [()] if traits.secret else [])
def test_drift_of_a_secret_setting_shows_stars(traits: Traits, eavesdropped: Callable[[Traits], Eavesdropped]) -> None:
    place = eavesdropped(traits)
    place.hook.ensure_room({"name": "algebra", **place.settings(GIVEN)})
    with pytest.raises(errors.DriftError) as drifted:
        place.hook.ensure_room({"name": "algebra", **place.settings(OTHER)})
    assert [(row["asked"], row["actual"]) for row in drifted.value.drift] == [("***", "***")]
    assert leaks(_everything(drifted.value), place.secrets()) == []
