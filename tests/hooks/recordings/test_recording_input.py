"""What is wrong with a recording that is asked for is said before any call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from vendor_traits import TYPES, facts

from airflow_provider_rooms import errors

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox


@pytest.mark.parametrize("conn_type", TYPES)
def test_bad_input_is_refused_by_name(conn_type: str, hook_of: Any, rooms_sandbox: RoomsSandbox) -> None:
    hook = hook_of(conn_type)
    for given in (None, "", "None", {}, {"id": 7.5}, [12]):
        with pytest.raises(errors.InvalidSpecError, match="recording:"):
            hook.open_recording(given)
    with pytest.raises(errors.InvalidSpecError, match="not one of"):
        list(hook.recordings("algebra", kind="film"))
    for options in ("x", 5, [1]):
        with pytest.raises(errors.InvalidSpecError, match="options: expected a dict"):
            hook.start_recording("algebra", options)
    assert rooms_sandbox.requests() == []
    with pytest.raises(errors.NotFoundError, match="no recording 'abc'"):
        hook.open_recording("abc")
    with pytest.raises(errors.NotFoundError):
        list(hook.recordings("nobody-made-this"))
    other = next(item for item in TYPES if item != conn_type)
    with pytest.raises(errors.InvalidSpecError, match=other):
        list(hook.recordings({"vendor": other, "id": "x"}))


@pytest.mark.parametrize(
    ("conn_type", "kind"), [(name, kind) for name, found in facts("recordings").items() for kind in found.NO_KINDS]
)
def test_a_kind_the_vendor_does_not_make_is_refused(
    conn_type: str, kind: str, hook_of: Any, rooms_sandbox: RoomsSandbox
) -> None:
    with pytest.raises(errors.UnsupportedError, match=kind):
        list(hook_of(conn_type).recordings("algebra", kind))
    assert rooms_sandbox.requests() == []
