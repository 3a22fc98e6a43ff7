"""The live page at ``/``: one HTML file, no assets from elsewhere, so that it works offline."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def page() -> str:
    """The HTML of the page."""
    return files(__package__).joinpath("page.html").read_text(encoding="utf-8")
