"""RoomsRetryPolicy: the vendor's wait instead of the task's, no retry where none can help, for mapped tasks as well."""

from __future__ import annotations

import datetime as dt
import inspect
import subprocess
import sys
from importlib import import_module
from typing import Any

import pytest
from vendor_traits import ANY

from airflow_provider_rooms import errors
from airflow_provider_rooms.testing import dag_lab

sdk = pytest.importorskip("airflow.sdk")
if not hasattr(sdk, "RetryPolicy"):
    pytest.skip("Airflow before 3.3 has no retry policies", allow_module_level=True)

from airflow.sdk import DAG, RetryAction, RetryDecision, RetryPolicy  # noqa: E402

from airflow_provider_rooms.operators.rooms import CreateRoomOperator  # noqa: E402
from airflow_provider_rooms.retry_policy import RoomsRetryPolicy  # noqa: E402

POLICY = RoomsRetryPolicy()
PACKAGE = "airflow_provider_rooms"


def decide(error: BaseException) -> RetryDecision:
    return POLICY.evaluate(error, try_number=1, max_tries=3, context=None)


PASSING = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.PassingError)]
PERMANENT = [
    kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.PermanentError)
]


@pytest.mark.parametrize("kind", PASSING)
def test_a_wait_that_was_named_is_kept_to(kind: type[errors.RoomsError]) -> None:
    for _ in range(20):
        decision = decide(kind("canary text of the vendor", vendor="Acme Rooms", retry_after=120.0, advice="canary"))
        assert decision.action is RetryAction.RETRY
        assert decision.retry_delay is not None
        assert 120 <= decision.retry_delay.total_seconds() <= 132
        assert decision.reason == f"Acme Rooms asked to wait {decision.retry_delay.total_seconds():.0f} s."


@pytest.mark.parametrize("kind", PASSING)
@pytest.mark.parametrize("wait", [None, 0.0])
def test_without_a_wait_the_task_decides(kind: type[errors.RoomsError], wait: float | None) -> None:
    assert decide(kind("x", retry_after=wait)) == RetryDecision.default()


@pytest.mark.parametrize("kind", PERMANENT)
def test_what_cannot_pass_fails(kind: type[errors.RoomsError]) -> None:
    decision = decide(kind("canary", retry_after=5.0))
    assert (decision.action, decision.reason) == (RetryAction.FAIL, f"{kind.__name__}: a retry cannot fix this.")


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), TypeError(), OSError()])
def test_what_is_not_ours_is_left_alone(error: BaseException) -> None:
    assert decide(error) == RetryDecision.default()


def test_it_can_be_stored() -> None:
    assert isinstance(RoomsRetryPolicy.deserialize(POLICY.serialize()), RoomsRetryPolicy)
    assert isinstance(POLICY, RetryPolicy)


def test_tasks_have_it_unless_their_dag_gives_another() -> None:
    class Own(RetryPolicy):
        def evaluate(self, *args: Any, **kwargs: Any) -> RetryDecision:
            return RetryDecision.default()

    own = Own()
    assert isinstance(CreateRoomOperator(task_id="a", conn_id="c").retry_policy, RoomsRetryPolicy)
    assert CreateRoomOperator(task_id="b", conn_id="c", retry_policy=own).retry_policy is own
    with DAG("policies", schedule=None, default_args={"retry_policy": own}):
        assert CreateRoomOperator(task_id="c", conn_id="c").retry_policy is own
    mapped = CreateRoomOperator.partial(task_id="d", conn_id="c").expand(name=["x", "y"])
    assert isinstance(mapped.unmap({"name": "x"}).retry_policy, RoomsRetryPolicy)
    given = CreateRoomOperator.partial(task_id="e", conn_id="c", retry_policy=own).expand(name=["x"])
    assert given.unmap({"name": "x"}).retry_policy is own


TASKS = [("operators", name) for name in import_module(f"{PACKAGE}.operators.rooms").__all__]
TASKS += [("sensors", name) for name in vars(import_module(f"{PACKAGE}.sensors.rooms")) if name.endswith("ySensor")]
TASKS += [("sensors", "SessionStartedSensor"), ("sensors", "SessionEndedSensor")]


@pytest.mark.parametrize(("module", "name"), TASKS)
def test_every_task_of_ours_has_it(module: str, name: str) -> None:
    kind = getattr(import_module(f"{PACKAGE}.{module}.rooms"), name)
    parameters = inspect.signature(kind.__init__).parameters.values()
    needed = [item.name for item in parameters if item.kind is item.KEYWORD_ONLY and item.default is item.empty]
    task = kind(task_id="t", **dict.fromkeys(needed, "x"))
    assert isinstance(task.retry_policy, RoomsRetryPolicy)


@pytest.mark.parametrize("mapped", [False, True])
def test_airflow_waits_as_long_as_the_vendor_asked(
    mapped: bool, rooms_sandbox: Any, airflow_db: None, connections: None
) -> None:
    """Not for the nine hours of the task: dag.test() really waits."""
    rooms_sandbox.fault(ANY.conn_type, status=503, headers={"Retry-After": "0.2"}, method="POST", times=5)
    arguments = {
        "task_id": "create",
        "conn_id": "rooms",
        "retries": 1,
        "retry_delay": dt.timedelta(hours=9),
    }
    with DAG(f"waits_{mapped}", schedule=None, default_args=dag_lab.NOTED) as dag:
        if mapped:
            CreateRoomOperator.partial(**arguments).expand(name=["waited"])
        else:
            CreateRoomOperator(**arguments, name="waited")
    ran = dag_lab.run(dag)
    label = "create[0]" if mapped else "create"
    assert (ran.states[label], ran.tries[label]) == ("success", 2)
    assert isinstance(ran.errors[label], errors.VendorDownError)


def test_a_permanent_error_is_not_tried_again(airflow_db: None, connections: None) -> None:
    with DAG("permanent", schedule=None, default_args=dag_lab.NOTED) as dag:
        CreateRoomOperator(task_id="create", conn_id="rooms", name="not a name", retries=5)
    ran = dag_lab.run(dag)
    assert (ran.states["create"], ran.tries["create"]) == ("failed", 1)


def test_before_airflow_3_3_it_is_harmless() -> None:
    """The module can be imported where there are no policies, and tasks are given none."""
    code = """
import sys
import airflow.providers.common.compat.sdk as compat
sys.modules["airflow.sdk.definitions.retry_policy"] = None
from airflow_provider_rooms.retry_policy import RoomsRetryPolicy  # noqa: E402
from airflow_provider_rooms.tasks import give_retry_policy
assert RoomsRetryPolicy.__mro__[1] is object, RoomsRetryPolicy.__mro__
class Task: pass
task = Task()
give_retry_policy(task)
assert not hasattr(task, "retry_policy")
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
