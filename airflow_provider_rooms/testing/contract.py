"""All contract tests of a vendor, to be imported whole into a module that names its ``TRAITS``."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite(
    *(
        f"airflow_provider_rooms.testing.{part}"
        for part in ("creating", "declared", "faults", "fuzz", "secrets", "waiting")
    )
)

from airflow_provider_rooms.testing import creating, declared, faults, fuzz, secrets, waiting  # noqa: E402
from airflow_provider_rooms.testing.creating import *  # noqa: E402
from airflow_provider_rooms.testing.declared import *  # noqa: E402
from airflow_provider_rooms.testing.faults import *  # noqa: E402
from airflow_provider_rooms.testing.fuzz import *  # noqa: E402
from airflow_provider_rooms.testing.home import fresh_pace  # noqa: E402, F401
from airflow_provider_rooms.testing.secrets import *  # noqa: E402
from airflow_provider_rooms.testing.waiting import *  # noqa: E402

__all__ = sorted(
    {"fresh_pace", *(name for part in (creating, declared, faults, fuzz, secrets, waiting) for name in part.__all__)}
)
