"""Facts about each vendor of the sandbox, from the vendor's own folder here; and the vendors' documented examples."""

from __future__ import annotations

import json
import os
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from airflow_provider_rooms.sandbox.registry import BUILT_IN

#: Where the vendors' documented examples lie, as data; they are not part of the repository.
EXAMPLES = Path(os.environ.get("ROOMS_VENDOR_EXAMPLES", Path(__file__).parents[3] / "shared" / "facts"))

#: The first parts of the vendors' paths.
VENDORS = tuple(vendor.name for vendor in BUILT_IN)
FACTS = {name: SimpleNamespace(**runpy.run_path(str(Path(__file__).parent / name / "facts.py"))) for name in VENDORS}
#: For a test that needs a vendor, and any will do.
ANY = VENDORS[0]


def create(client: httpx.Client, vendor: str, name: str = "algebra") -> httpx.Response:
    """A room made without our client."""
    return client.post(FACTS[vendor].ROOMS, **FACTS[vendor].named(name))


def examples(name: str) -> list[dict[str, Any]]:
    path = EXAMPLES / name
    if not path.exists():
        pytest.skip(f"the vendors' examples are not here ({name}; ROOMS_VENDOR_EXAMPLES says where)")
    found: list[dict[str, Any]] = json.loads(path.read_text())
    return found
