"""Facts about the built-in vendors: each is in the vendor's own folder, ``vendors/<connection type>/``.

Tests that run for every vendor are parametrized with these; a test of one vendor's behaviour is in that vendor's folder.
"""

from __future__ import annotations

import functools
import runpy
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.testing import Traits


@functools.cache
def facts(topic: str) -> Mapping[str, Any]:
    """By connection type, the names of ``vendors/<connection type>/<topic>.py``; vendors without that file are left out."""
    files = {conn_type: Path(__file__).parent / "vendors" / conn_type / f"{topic}.py" for conn_type in BY_TYPE}
    return {name: SimpleNamespace(**runpy.run_path(str(file))) for name, file in files.items() if file.exists()}


def rows(topic: str, table: str) -> list[tuple[Any, ...]]:
    """The rows of a table that each vendor has its part of, with the connection type before them."""
    return [(conn_type, *row) for conn_type, found in facts(topic).items() for row in getattr(found, table)]


TRAITS_OF: dict[str, Traits] = {conn_type: found.TRAITS for conn_type, found in facts("traits").items()}
TRAITS = tuple(TRAITS_OF.values())
TYPES = tuple(TRAITS_OF)
#: For a test that needs a vendor, and any will do.
ANY = TRAITS[0]


def one_that(**is_so: Any) -> Traits:
    """The first vendor with these traits."""
    return next(traits for traits in TRAITS if all(getattr(traits, name) == value for name, value in is_so.items()))


#: One that closes rooms which nobody uses, so that they are created shortly before the class.
CLOSES_UNUSED = next(traits for traits in TRAITS if traits.vendor.usual_ahead)
