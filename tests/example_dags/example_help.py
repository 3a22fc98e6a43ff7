"""What is told of the shipped examples by their files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from vendor_traits import TRAITS_OF

if TYPE_CHECKING:
    from airflow_provider_rooms.sandbox.client import RoomsSandbox
    from airflow_provider_rooms.testing import Traits

EXAMPLES = Path(__file__).parents[2] / "example_dags"


def vendor_of(example: str) -> Traits:
    """The vendor whose default connection an example runs on, unless it is given another one."""
    found = re.search(r"\"conn_id\": Param\(\"(\w+)_default\"", (EXAMPLES / f"{example}.py").read_text())
    assert found, example
    return TRAITS_OF[found[1]]


def names(sandbox: RoomsSandbox, traits: Traits) -> list[str]:
    """The names of a vendor's rooms."""
    return sorted(room[traits.name_key] for room in sandbox.rooms(traits.conn_type))
