"""A vendor's class is looked at when it is made: what is missing or misspelt is said then, not when a room is needed."""

from __future__ import annotations

import difflib
import inspect
from typing import TYPE_CHECKING, Any, get_args

from airflow_provider_rooms.values import suggestion
from airflow_provider_rooms.vendors.contract.rooms import NEUTRAL, Closing
from airflow_provider_rooms.vendors.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_rooms.vendors.contract.rooms import Rooms

_SHARED = ("airflow_provider_rooms.vendors", "airflow_provider_rooms.vendors.contract")
#: Optional methods that make sense only together.
TOGETHER = (
    ("list_sessions", "live_session", "read_session"),
    ("start_recording", "stop_recording"),
    ("check_page", "page_url"),
    ("is_genuine", "read_delivery"),
)


def check_class(vendor: type[Rooms], contract: type[Rooms]) -> None:
    """Refuse a vendor's class that does not keep to the contract.

    :param contract: the class with every part of it.
    :raises TypeError: everything that is wrong with it.
    """
    wrong = [*_missing(vendor), *_misspelt(vendor, contract), *_contradictions(vendor, contract)]
    if wrong:
        raise TypeError(f"{vendor.__module__}.{vendor.__name__} is not a complete vendor: {'; '.join(wrong)}.")


def _missing(vendor: type[Rooms]) -> Iterator[str]:
    for name in sorted({name for base in vendor.__mro__ for name in inspect.get_annotations(base)}):
        if not hasattr(vendor, name) and not name.startswith("_"):
            yield f"it has no attribute {name}"
    for name in dir(vendor):
        if getattr(getattr(vendor, name, None), "__isabstractmethod__", False):
            yield f"it has no method {name}"


def _misspelt(vendor: type[Rooms], contract: type[Rooms]) -> Iterator[str]:
    """Names of its own that are nearly those of the contract. A vendor may well have names that are far from any."""
    shared = [base for base in vendor.__mro__ if base.__module__.rpartition(".")[0] in _SHARED]
    known = {name for base in (*shared, *contract.__mro__) for name in (*vars(base), *inspect.get_annotations(base))}
    for base in vendor.__mro__:
        if base in shared or base in contract.__mro__:
            continue
        for name in sorted({*vars(base), *inspect.get_annotations(base)} - known):
            close = [] if name.startswith("_") else difflib.get_close_matches(name, known, n=1, cutoff=0.8)
            if close:
                yield f"{name} is not part of the vendor contract; did you mean {close[0]}?"


def _contradictions(vendor: type[Rooms], contract: type[Rooms]) -> Iterator[str]:
    fields, unsupported = _table(vendor, "fields"), _table(vendor, "unsupported")
    for name in NEUTRAL:
        if (name in fields) == (name in unsupported):
            yield f"{name} must be in one of fields and unsupported"
    for table in ("fields", "unsupported", "limits"):
        for name in _table(vendor, table):
            if name not in NEUTRAL:
                yield f"{table} has {name!r}, which is not a neutral parameter.{suggestion(name, NEUTRAL)}"
    for name in _table(vendor, "lacks"):
        if not hasattr(getattr(contract, name, None), "lacking"):
            yield f"lacks has {name!r}, which is not an optional method"
        elif vendor.can(name):
            yield f"lacks has {name!r}, which it has"
    closing = getattr(vendor, "closing", None)
    if closing is not None and closing not in get_args(Closing):
        yield f"closing is {closing!r}, not one of {', '.join(get_args(Closing))}"
    if closing == "in_place" and vendor.reopen is contract.reopen:
        yield "a vendor that closes rooms in place needs a method reopen"
    if bool(getattr(vendor, "watchable", ())) != vendor.can("happened_since"):
        yield "watchable and happened_since go together"
    options = getattr(vendor, "options", None)
    if options is not None and not (isinstance(options, type) and issubclass(options, Options)):
        yield "options is not an option model"
    for group in TOGETHER:
        has = [name for name in group if getattr(vendor, name) is not getattr(contract, name)]
        if has and len(has) < len(group):
            yield f"it has {', '.join(has)} without {', '.join(name for name in group if name not in has)}"


def _table(vendor: type[Rooms], name: str) -> Any:
    return getattr(vendor, name, {})
