"""A feature whose library is not installed says which extra it needs, when the DAG file is parsed if the DAG shows it."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowOptionalProviderFeatureException

from airflow_provider_rooms.errors import MissingExtraError
from airflow_provider_rooms.notifications.invitations import InvitationNotifier
from airflow_provider_rooms.operators.rooms import (
    ClassesToStorageOperator,
    SendInvitationOperator,
    SessionsToStorageOperator,
)
from airflow_provider_rooms.timetable import parse_timetable, read_timetable
from stack import REPO

CALENDAR = REPO / "example_dags" / "data" / "timetable.csv"
FEATURES: dict[str, tuple[str, str, Callable[[], object]]] = {
    "invitations": (
        "icalendar",
        "[calendar]",
        lambda: SendInvitationOperator(task_id="a", attendees=["a@example.org"]),
    ),
    "the mail provider": (
        "airflow.providers.smtp",
        "apache-airflow-providers-smtp",
        lambda: SendInvitationOperator(task_id="a", attendees=["a@example.org"]),
    ),
    "the notifier": ("icalendar", "[calendar]", lambda: InvitationNotifier(attendees=["a@example.org"])),
    "a calendar": ("dateutil", "[calendar]", lambda: parse_timetable("BEGIN:VCALENDAR\nEND:VCALENDAR\n")),
    "a table": (
        "pyarrow",
        "[tables]",
        lambda: SessionsToStorageOperator(task_id="a", conn_id="c", to="file:///tmp/{{ ds }}.parquet"),
    ),
    "planned classes": (
        "pyarrow",
        "[tables]",
        lambda: ClassesToStorageOperator(task_id="a", specs=[], to="file:///tmp/a.parquet"),
    ),
}


@pytest.mark.parametrize("feature", FEATURES)
def test_a_missing_library_is_named_with_its_extra(feature: str, monkeypatch: pytest.MonkeyPatch) -> None:
    library, extra, use = FEATURES[feature]
    use()
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtraError, match=f"need {library}, which is not installed.* pip install .*") as caught:
        use()
    assert extra in str(caught.value)
    assert isinstance(caught.value, AirflowOptionalProviderFeatureException)
    assert isinstance(caught.value, AirflowFailException)


def test_what_needs_no_extra_works_without_all_of_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for library in ("icalendar", "dateutil", "airflow.providers.smtp", "pyarrow"):
        monkeypatch.setitem(sys.modules, library, None)
    assert read_timetable(CALENDAR).on(dt.date(2026, 11, 20)).classes
    SessionsToStorageOperator(task_id="a", conn_id="c", to=f"file://{tmp_path}/a.csv")
