"""Every situation ends as the table says: the same in poke, reschedule and deferrable mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from situations import SITUATIONS, Situation
from stage import MODES, Outcome

CASES = [
    pytest.param(situation, vendor, mode, id=f"{situation.name}-{vendor}-{mode}".replace(" ", "_"))
    for situation in SITUATIONS
    for vendor in situation.only
    for mode in MODES
]


@pytest.mark.parametrize(("situation", "vendor", "mode"), CASES)
def test_a_wait_ends_as_it_must(situation: Situation, vendor: str, mode: str, play: Callable[..., Outcome]) -> None:
    outcome = play(situation, vendor, mode)
    assert (outcome.how, _shown(outcome.value)) == situation.expected(vendor), outcome.message


def _shown(value: Any) -> Any:
    """Of recordings, what does not depend on how a vendor numbers and weighs its files."""
    if isinstance(value, list):
        assert all({"id", "session_id", "kind", "state", "seconds", "bytes"} == set(row) for row in value)
        return [{"id": "?"} | {name: row[name] for name in ("session_id", "kind", "state")} for row in value]
    return value
