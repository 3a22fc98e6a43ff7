"""Documented answers compared with those of the sandbox."""

from __future__ import annotations

import re
from typing import Any


def missing(documented: Any, answered: Any, at: str = "") -> list[str]:
    """What the answer lacks, as dotted places. A documented null says nothing of the type, an empty list nothing of its items."""
    if documented is None or answered is None:
        # null stands for "not yet" all over these APIs
        return []
    if isinstance(documented, dict):
        if not isinstance(answered, dict):
            return [f"{at}: {type(answered).__name__} for an object"]
        if at.endswith((".ratio", ".video_layout")):  # keyed by what is in them
            return missing(next(iter(documented.values()), None), next(iter(answered.values()), None), f"{at}.*")
        found = []
        for key, value in documented.items():
            if key not in answered:
                found.append(f"{at}.{key} is missing")
            else:
                found += missing(value, answered[key], f"{at}.{key}")
        return found
    if isinstance(documented, list):
        if not isinstance(answered, list):
            return [f"{at}: {type(answered).__name__} for a list"]
        return missing(documented[0], answered[0], f"{at}[0]") if documented and answered else []
    number = (int, float)
    if isinstance(documented, bool) or isinstance(answered, bool):
        alike = isinstance(documented, bool) and isinstance(answered, bool)
    elif isinstance(documented, number):
        alike = isinstance(answered, number)
    else:
        alike = isinstance(answered, type(documented))
    return [] if alike else [f"{at}: {type(answered).__name__} for {type(documented).__name__}"]


def filled(path: str, ids: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: ids[match[1]], path)
