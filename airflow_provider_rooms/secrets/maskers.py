"""Airflow's own maskers, which take secrets out of logs, pages and the REST API: where each version keeps them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

#: Newest first. Airflow 3.1 and later have one for their own processes and one for tasks.
_PLACES = (
    ("airflow._shared.secrets_masker", "airflow.sdk._shared.secrets_masker"),
    ("airflow.sdk.execution_time.secrets_masker",),  # 3.0
    ("airflow.utils.log.secrets_masker",),  # 2.11
)
#: A list of specs has options for a connection type, with credentials in the sixth level below.
_LEVELS = 12


def masker_modules() -> list[Any]:
    """The modules that hold the maskers of this process.

    :raises ImportError: Airflow keeps them elsewhere than 2.11 to 3.3 do.
    """
    for names in _PLACES:
        try:
            return [import_module(name) for name in names]
        except ImportError:
            continue
    raise ImportError(f"none of {', '.join(names[0] for names in _PLACES)}")


def mask_deeper() -> None:
    """Have secret texts found in this process as deep as our parameters go: Airflow looks five levels deep.

    Where its insides are others than we know, nothing is changed.
    """
    try:
        for module in masker_modules():
            masker = module._secrets_masker()
            masker.MAX_RECURSION_DEPTH = max(_LEVELS, masker.MAX_RECURSION_DEPTH)
    except (ImportError, AttributeError, TypeError, RuntimeError):
        return
