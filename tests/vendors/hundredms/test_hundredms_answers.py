"""What 100ms answers about templates and names."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_rooms import errors


def test_a_template_that_100ms_does_not_know(ensure: Any, through: Any, rooms_sandbox: Any) -> None:
    wire = through()
    with pytest.raises(errors.RequestRefusedError, match="Check template_id") as caught:
        ensure("hundredms_default", name="a", options={"template_id": "0" * 24})
    assert caught.value.status == 400
    assert (wire.count("POST"), rooms_sandbox.rooms("hundredms")) == (1, [])


def test_names_of_100ms_that_differ_in_case_only_are_one_room(ensure: Any, through: Any, rooms_sandbox: Any) -> None:
    through()
    first = ensure("hundredms_default", name="Algebra-1")
    again = ensure("hundredms_default", name="algebra-1")
    assert (again.id, again.outcome) == (first.id, "found")
