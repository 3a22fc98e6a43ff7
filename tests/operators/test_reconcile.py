"""Classes that are planned against rooms that there are: told, created, closed, and when it refuses."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock

import pytest
from airflow.providers.common.compat.sdk import XCOM_RETURN_KEY, AirflowFailException
from vendor_traits import CLOSES_UNUSED, TRAITS, TRAITS_OF, facts

from airflow_provider_rooms.errors import InvalidSpecError, NotFoundError, PassingError, UnsupportedError
from airflow_provider_rooms.hooks import get_rooms_hook
from airflow_provider_rooms.operators.rooms import ReconcileRoomsOperator

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox
    from airflow_provider_rooms.testing import Traits

CONN_IDS = [traits.conn_id for traits in TRAITS]
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(params=CONN_IDS)
def conn_id(request: pytest.FixtureRequest, rooms_sandbox: RoomsSandbox, monkeypatch: pytest.MonkeyPatch) -> str:
    for conn_id in CONN_IDS:
        connection = rooms_sandbox.connection(conn_id.removesuffix("_default"))
        connection["extra"] = {**connection["extra"], "name_prefix": "school-"}
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))
        monkeypatch.setenv(
            f"AIRFLOW_CONN_{conn_id.upper()}_BARE", json.dumps(rooms_sandbox.connection(connection["conn_type"]))
        )
    return str(request.param)


def traits_of(conn_id: str) -> Traits:
    return TRAITS_OF[conn_id.removesuffix("_default")]


def spec(name: str, minutes: int = 5, **more: Any) -> dict[str, Any]:
    start = dt.datetime.now(dt.UTC) + minutes * MINUTE
    return {"name": name, "starts_at": start.isoformat(), "ends_at": (start + 50 * MINUTE).isoformat(), **more}


class Run:
    """One run of the operator: what it returned or raised, and what it pushed."""

    def __init__(self, conn_id: str, specs: Any, **parameters: Any) -> None:
        self.ti = MagicMock()
        operator = ReconcileRoomsOperator(task_id="reconcile", conn_id=conn_id, specs=specs, **parameters)
        try:
            self.returned: Any = operator.execute({"ti": self.ti})
            self.error: Any = None
        except AirflowFailException as error:
            self.returned, self.error = None, error
        except PassingError as error:
            self.returned, self.error = None, error

    @property
    def pushed(self) -> dict[str, Any]:
        return {call.kwargs["key"]: call.kwargs["value"] for call in self.ti.xcom_push.call_args_list}

    @property
    def result(self) -> dict[str, Any]:
        result: dict[str, Any] = self.pushed[XCOM_RETURN_KEY]
        assert self.returned in (None, result)
        return result

    @property
    def verdicts(self) -> list[str]:
        return [row["verdict"] for row in self.result["classes"]]


def open_names(sandbox: RoomsSandbox, conn_id: str) -> set[str]:
    traits = traits_of(conn_id)
    return {room[traits.name_key] for room in sandbox.rooms(traits.conn_type) if traits.usable(room)}


def make(conn_id: str, *names: str) -> None:
    for name in names:
        get_rooms_hook(conn_id).ensure_room(spec(name))


def test_as_it_is_it_only_reads(rooms_sandbox: RoomsSandbox, conn_id: str, logged: Any):
    make(conn_id, "there", "left-over")
    before = len(rooms_sandbox.requests(method="POST"))
    run = Run(conn_id, [spec("there"), spec("missing", ref={"title": "Algebra"}), spec("over", -200), spec("bad name")])
    assert run.verdicts == ["exists", "missing", "over", "refused"]
    assert run.result["counts"] == {"exists": 1, "missing": 1, "over": 1, "refused": 1, "orphans": 1}
    assert [(row["name"], row["outcome"]) for row in run.result["orphans"]] == [("school-left-over", "left")]
    assert len(rooms_sandbox.requests(method="POST")) == before
    assert json.loads(json.dumps(run.result)) == run.result
    log = logged()
    assert "Algebra  school-missing: would be created" in log
    assert "orphan: school-left-over" in log
    assert run.pushed["room_url"].endswith(run.result["classes"][0]["id"])
    assert run.pushed["summary"] == "1 of 4 ready, 1 missing, 1 refused, 1 over"
    rows = run.pushed["rooms"]
    assert [(row["verdict"], row["id"], row["state"]) for row in rows[:2]] == [
        ("exists", run.result["classes"][0]["id"], "open"), ("missing", None, None),
    ]  # fmt: skip
    assert {row["conn_id"] for row in rows} == {conn_id}
    assert [row["url"] for row in rows] == [run.pushed["room_url"], None, None, None]
    assert "error" in rows[3]


def test_rooms_of_others_are_none_of_its_business(rooms_sandbox: RoomsSandbox, conn_id: str):
    get_rooms_hook(f"{conn_id}_bare").ensure_room(spec("somebody-elses"))
    run = Run(conn_id, [spec("mine")], orphans="close")
    assert run.result["orphans"] == []
    assert open_names(rooms_sandbox, conn_id) == {"somebody-elses"}


def test_without_a_prefix_it_refuses(rooms_sandbox: RoomsSandbox, conn_id: str):
    run = Run(f"{conn_id}_bare", [], orphans="close")
    assert isinstance(run.error, UnsupportedError)
    assert "has no name_prefix" in str(run.error)
    assert rooms_sandbox.requests() == []


class TestMissing:
    def test_they_are_created_and_found_at_the_next_run(self, rooms_sandbox: RoomsSandbox, conn_id: str):
        make(conn_id, "there")
        specs = [spec("there"), spec("new"), spec("over", -200)]
        run = Run(conn_id, specs, missing="create")
        assert run.verdicts == ["exists", "created", "over"]
        assert open_names(rooms_sandbox, conn_id) == {"school-there", "school-new"}
        assert Run(conn_id, specs, missing="create").verdicts == ["exists", "exists", "over"]

    def test_a_room_that_is_not_due_is_left_to_a_later_run(self, conn_id: str):
        run = Run(conn_id, [spec("tomorrow", 24 * 60)], missing="create")
        assert run.verdicts == ["not_due" if conn_id == CLOSES_UNUSED.conn_id else "created"]

    def test_a_closed_room_is_reopened_only_if_the_spec_says_so(self, rooms_sandbox: RoomsSandbox, conn_id: str):
        hook, traits = get_rooms_hook(conn_id), traits_of(conn_id)
        hook.close_room(hook.ensure_room(spec("class", **traits.sample)))
        left = Run(conn_id, [spec("class")], missing="create")
        assert (left.verdicts, left.error) == (["closed"], None)
        # Some open the very room, which has other settings.
        again = spec("class", on_closed="reopen", on_drift="ignore", **traits.other)
        run = Run(conn_id, [again], missing="create")
        assert run.verdicts == ["created"]
        # A successor may have another name, and is no orphan.
        assert Run(conn_id, [spec("class")]).result["orphans"] == []
        assert len(open_names(rooms_sandbox, conn_id)) == 1

    def test_the_alarm_before_class(self, conn_id: str):
        make(conn_id, "there")
        specs = [spec("there", 5), spec("gone", 8), spec("running", -10), spec("later", 30), spec("past", -200)]
        run = Run(conn_id, specs, within=10 * MINUTE, missing="fail")
        assert isinstance(run.error, NotFoundError)  # fails at once, without retries
        assert "2 of 3 classes have no usable room:\n  school-gone: missing\n  school-running: missing" in str(
            run.error
        )
        assert run.verdicts == ["exists", "missing", "missing"]
        make(conn_id, "gone", "running")
        assert Run(conn_id, specs, within="600", missing="fail").error is None

    def test_a_closed_room_is_no_room_for_the_alarm(self, conn_id: str):
        make(conn_id, "class")
        get_rooms_hook(conn_id).close_room("class")
        assert "school-class: closed" in str(Run(conn_id, [spec("class")], missing="fail").error)

    def test_within_cuts_no_room_off_from_its_class(self, conn_id: str):
        make(conn_id, "later")
        run = Run(conn_id, [spec("later", 60)], within=10 * MINUTE, orphans="close")
        assert (run.result["classes"], run.result["orphans"]) == ([], [])

    def test_a_vendor_that_fails_is_no_missing_room(self, rooms_sandbox: RoomsSandbox, conn_id: str, monkeypatch):
        monkeypatch.setattr("airflow_provider_rooms.vendors.flow.Patience.wait", lambda *_: 0.0)
        rooms_sandbox.fault(traits_of(conn_id).conn_type, "status", status=503, times=10, headers={"Retry-After": "0"})
        run = Run(conn_id, [spec("b")], missing="fail")
        assert isinstance(run.error, PassingError)


class TestOrphans:
    def test_they_are_closed(self, rooms_sandbox: RoomsSandbox, conn_id: str):
        make(conn_id, "there", "old-1", "old-2")
        run = Run(conn_id, [spec("there")], orphans="close")
        assert {row["outcome"] for row in run.result["orphans"]} == {"closed"}
        assert open_names(rooms_sandbox, conn_id) == {"school-there"}
        assert Run(conn_id, [spec("there")], orphans="close").result["orphans"] == []

    def test_a_room_with_people_in_it_stays_open(self, rooms_sandbox: RoomsSandbox, conn_id: str):
        make(conn_id, "full", "empty")
        rooms_sandbox.start_session(conn_id.removesuffix("_default"), "school-full")
        run = Run(conn_id, [spec("other")], orphans="close")
        assert {row["name"]: row["outcome"] for row in run.result["orphans"]} == {
            "school-full": "occupied",
            "school-empty": "closed",
        }
        assert open_names(rooms_sandbox, conn_id) == {"school-full"}

    @pytest.mark.parametrize(
        ("specs", "said"),
        [
            ([], "specs is empty"),
            ([spec("bad name")], "1 specs are invalid"),
            ([spec("d"), spec("bad name", minutes=600)], "1 specs are invalid"),
            ([spec("x")], "3 rooms belong to no class, more than max_close=2"),
        ],
    )
    def test_nothing_is_closed_when_specs_seem_to_be_missing(
        self, rooms_sandbox: RoomsSandbox, conn_id: str, specs: list[dict[str, Any]], said: str
    ):
        make(conn_id, "a", "b", "c")
        run = Run(conn_id, specs, orphans="close", max_close=2, within=15 * MINUTE)
        assert isinstance(run.error, InvalidSpecError)
        assert said in str(run.error)
        assert len(run.result["orphans"]) == 3
        assert len(open_names(rooms_sandbox, conn_id)) == 3


class TestWhatIsGiven:
    @pytest.mark.parametrize(
        ("parameters", "said"),
        [
            ({"missing": "created"}, r"missing: 'created' is not one of .*Did you mean 'create'"),
            ({"orphans": "delete"}, "orphans: 'delete' is not one of report, close"),
            ({"specs": {"name": "x"}}, "specs: expected a list of dicts, got dict"),
            ({"specs": [1]}, r"specs\[0\]: expected a dict, got 1"),
            ({"within": "soon"}, "within: expected a timedelta"),
            ({"max_close": "many"}, "max_close: expected a whole number"),
            ({"max_close": None}, "max_close: expected a whole number"),
        ],
    )
    def test_wrong_parameters_cost_no_call(self, rooms_sandbox: RoomsSandbox, conn_id: str, parameters: Any, said: str):
        with pytest.raises(InvalidSpecError, match=said):
            raise Run(conn_id, **{"specs": [spec("a")], **parameters}).error
        assert rooms_sandbox.requests() == []

    def test_specs_out_of_a_template_and_of_other_connections(self, conn_id: str):
        rendered = str([spec("a"), spec("b", conn_id=conn_id), spec("c", conn_id="another")])
        assert [row["name"] for row in Run(conn_id, rendered).result["classes"]] == ["school-a", "school-b"]

    def test_one_name_twice(self, conn_id: str):
        run = Run(conn_id, [spec("a"), spec("a")])
        assert run.verdicts == ["missing", "refused"]
        assert "is also the name of specs[0]" in run.result["classes"][1]["told"]

    def test_names_that_differ_in_their_case(self, conn_id: str):
        run = Run(conn_id, [spec("algebra-A"), spec("algebra-a")])
        folds = facts("names")[traits_of(conn_id).conn_type].FOLDS_CASE
        assert run.verdicts == ["missing", "refused" if folds else "missing"]
