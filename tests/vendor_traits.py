"""The traits of every built-in vendor: each is in the vendor's own folder, ``vendors/<connection type>/traits.py``."""

from __future__ import annotations

import runpy
from pathlib import Path

from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.testing import Traits


def _traits(conn_type: str) -> Traits:
    found: Traits = runpy.run_path(str(Path(__file__).parent / "vendors" / conn_type / "traits.py"))["TRAITS"]
    return found


TRAITS_OF = {conn_type: _traits(conn_type) for conn_type in BY_TYPE}
TRAITS = tuple(TRAITS_OF.values())
