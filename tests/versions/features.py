"""What one Airflow version has and another has not: the table of docs/versions.md, and the reasons for what is skipped."""

from __future__ import annotations

import airflow
import pytest

VERSION = tuple(int(part) for part in airflow.__version__.split(".")[:2])

#: Feature → Airflow versions without it, as in docs/versions.md.
MISSING: dict[str, tuple[str, ...]] = {
    "form fields of its own": ("3.0",),
    "passwords hidden while typed": ("3.0", "3.1"),
    "airflow rooms check": ("2.11", "3.0", "3.1"),
    "retry policy": ("2.11", "3.0", "3.1", "3.2"),
}


def has(feature: str) -> bool:
    """Whether this Airflow has a feature of the table."""
    return "{}.{}".format(*VERSION) not in MISSING[feature]


def needs(feature: str) -> pytest.MarkDecorator:
    """Skip by name where the feature is missing."""
    return pytest.mark.skipif(not has(feature), reason=f"this Airflow has no {feature}")
