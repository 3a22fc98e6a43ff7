"""Strict reading of values that may come out of a template: every templated parameter is read here.

Jinja gives text: ``'25'``, ``'False'``, ``'None'``, ``"{'url': …}"``; with ``render_template_as_native_obj`` it makes a number,
a list or None of a text that looks like one. Each reader takes the native type or its exact text, treats ``None``, ``''`` and
``'None'`` as not given, and raises :class:`~airflow_provider_rooms.errors.InvalidSpecError` on anything else:
``bool("False")`` is true, which is how a class that must not be recorded ends up recorded.
"""

from __future__ import annotations

import ast
import datetime as dt
import difflib
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

from airflow_provider_rooms.errors import InvalidSpecError
from airflow_provider_rooms.secrets.masking import masked

C = TypeVar("C", bound=str)

_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
# One address as mail servers take it: no quotes, no comments, nothing that could end a header.
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*"
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
# Control characters, line and paragraph separators, marks that turn text around, halves of characters.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# An encoded word (RFC 2047): email.message decodes what is given to it, and would write a line break that stands in there.
_ENCODED = re.compile(r"=\?.*\?.*\?.*\?=")
_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}.*")
_LOST = (
    "With render_template_as_native_obj, Airflow makes a number of a text such as 12e345, and the text is lost. "
    "Put the template in quotes of its own: \"'{{ … }}'\"."
)
#: What ``str()`` makes of a timedelta, and so what a template does.
_TIMEDELTA = re.compile(r"(?:(-?[0-9]+) days?, )?([0-9]+):([0-9]{2}):([0-9]{2}(?:\.[0-9]+)?)")


def not_given(value: object) -> bool:
    """Whether the value means that nothing was given: ``None``, ``''`` or the text ``'None'``."""
    return value is None or (isinstance(value, str) and value.strip() in ("", "None"))


def read_text(field: str, value: object) -> str | None:
    """Text as it is; numbers are taken as their text, since Airflow turns digits into numbers here and there.

    :raises InvalidSpecError: any other type, or a number of which no text can be told any more.
    """
    if not_given(value):
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return str(value)
    raise _not_text(field, value, "text")


def read_key(field: str, value: object) -> str | None:
    """Text that something is found by, such as an id: ``12e3`` and ``12000.0`` are one number and two ids.

    :raises InvalidSpecError: anything but text and whole numbers.
    """
    if isinstance(value, float):
        raise _not_text(field, value, "text or a whole number")
    return read_text(field, value)


def _not_text(field: str, value: object, expected: str) -> InvalidSpecError:
    return _wrong(field, value, expected, advice=_LOST if isinstance(value, float) else None)


def read_bool(field: str, value: object) -> bool | None:
    """``True``/``False``, ``1``/``0``, or one of their texts in any case.

    :raises InvalidSpecError: anything else, such as ``'maybe'`` or ``'yes'``.
    """
    if not_given(value):
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, str)) and (known := _BOOLEANS.get(str(value).strip().lower())) is not None:
        return known
    raise _wrong(field, value, "true, false, 1 or 0")


def read_int(field: str, value: object) -> int | None:
    """A whole number or its text.

    :raises InvalidSpecError: fractions, booleans, words.
    """
    if not_given(value):
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]+", value.strip()):
        return int(value)
    raise _wrong(field, value, "a whole number")


def read_seconds(field: str, value: object, *, zero: bool = False) -> int | None:
    """A length of time in whole seconds, from a ``timedelta`` or a number of seconds (rounded up).

    :param zero: whether none at all will do.
    :raises InvalidSpecError: not a length of time, or not more than zero.
    """
    if not_given(value):
        return None
    if isinstance(value, dt.timedelta):
        seconds = value.total_seconds()
    else:
        if isinstance(value, str) and re.fullmatch(r"[0-9]+(\.[0-9]+)?", value.strip()):
            value = float(value)
        elif isinstance(value, str) and (parts := _TIMEDELTA.fullmatch(value.strip())):
            days, hours, minutes, rest = (float(part or 0) for part in parts.groups())
            value = dt.timedelta(days=days, hours=hours, minutes=minutes, seconds=rest).total_seconds()
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise _wrong(field, value, "a timedelta or a number of seconds")
        seconds = float(value)
    if not (0 < seconds < 10**9 or (zero and seconds == 0)):
        raise InvalidSpecError(f"{field}: {seconds:g} seconds is not a usable length of time.")
    return -int(-seconds // 1)


def read_time(field: str, value: object) -> dt.datetime | None:
    """An aware point in time, from a datetime or ISO 8601 text with an offset.

    The answer has the offset that its zone has at that time, and no zone: Python counts and compares two times of one zone by
    the wall clock, which is an hour off wherever the clocks change in between.

    :raises InvalidSpecError: naive, unreadable, or not a time.
    """
    if not_given(value):
        return None
    moment = value
    if isinstance(value, str):
        try:
            # fromisoformat also takes a date alone or a week; a class needs a time of day.
            moment = dt.datetime.fromisoformat(value.strip()) if _TIMESTAMP.fullmatch(value.strip()) else None
        except ValueError:
            moment = None
    if not isinstance(moment, dt.datetime):
        raise _wrong(field, value, "a datetime or ISO 8601 text such as 2026-11-20T09:00:00-06:00")
    if not 1970 < moment.year < 9000:
        raise _wrong(field, value, "a time of our days")
    if moment.utcoffset() is None:
        raise InvalidSpecError(
            f"{field}: {_show(value)} has no time zone, so it is not known when that is.",
            advice='Use pendulum.datetime(…, tz="America/Chicago"), or text with an offset such as …-06:00 or …Z.',
        )
    return dt.datetime.fromisoformat(moment.isoformat())


def check_order(starts_at: dt.datetime | None, ends_at: dt.datetime | None) -> None:
    """Make sure that a class ends after it starts, where both are known.

    :raises InvalidSpecError: it does not.
    """
    if starts_at and ends_at and ends_at <= starts_at:
        raise InvalidSpecError(f"ends_at {ends_at.isoformat()} is not after starts_at {starts_at.isoformat()}.")


def read_url(field: str, value: object) -> str:
    """An absolute ``http://`` or ``https://`` URL. The error does not show it: a URL may hold a secret.

    :raises InvalidSpecError: anything else, such as a path, a URL without a host or with white space in it.
    """
    text = value if isinstance(value, str) else ""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # such as a port that is no number
        usable = False
    if not usable or not text.isprintable() or " " in text:
        raise InvalidSpecError(f"{field}: expected an absolute URL such as https://example.org/rooms.")
    return text


def read_json(field: str, value: object) -> Any:
    """A dict, list or scalar; or its text, in JSON or as Jinja writes it.

    :raises InvalidSpecError: text that is neither.
    """
    if not_given(value):
        return None
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        pass
    try:
        return ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise InvalidSpecError(f"{field}: {_show(value)} is not JSON, nor the text of a dict or list.") from None


def read_plain(field: str, value: object) -> Any:
    """Anything that JSON can express, as JSON gives it back.

    :raises InvalidSpecError: anything else, which Airflow might refuse to store when the room is made already.
    """
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        raise _wrong(field, value, "anything that is JSON") from None


def read_object(field: str, value: object) -> dict[str, Any] | None:
    """A dict with text keys, or its text.

    :raises InvalidSpecError: anything else.
    """
    loaded = read_json(field, value)
    if loaded is None:
        return None
    if not isinstance(loaded, Mapping) or not all(isinstance(key, str) for key in loaded):
        raise _wrong(field, value, "a dict")
    return dict(loaded)


def read_room(field: str, value: object) -> str | dict[str, Any]:
    """A room as its id, its name, or the ``room`` dict of a create task.

    :raises InvalidSpecError: nothing was given, or something else.
    """
    if structured(value):
        value = read_json(field, value)
    if isinstance(value, Mapping):
        found = {key: read_key(f"{field}.{key}", value.get(key)) for key in ("id", "name")}
        if any(found.values()):
            return {**value, **found}
    if isinstance(value, (str, int, float)) and (key := read_key(field, value)):
        return key.strip()
    raise _wrong(field, value, "a room's id, its name, or the room dict of a create task")


def structured(value: object) -> bool:
    """Whether it is the text of a dict or list, where another text would be legal too."""
    return isinstance(value, str) and value.lstrip()[:1] in ("{", "[")


def read_list(field: str, value: object, *, of: str) -> Sequence[Any]:
    """A list, or its text.

    :param of: what it should hold, in words.
    :raises InvalidSpecError: anything else.
    """
    loaded = read_json(field, value)
    if not isinstance(loaded, Sequence) or isinstance(loaded, (str, bytes)):
        raise InvalidSpecError(f"{field}: expected a list of {of}, got {type(loaded).__name__}.")
    return loaded


def read_choice(field: str, value: object, choices: Collection[C], default: C | None = None) -> C:
    """One of the words that there are.

    :param default: what "not given" means, if that is allowed.
    :raises InvalidSpecError: another one; names all of them, and the one that may have been meant.
    """
    if default is not None and not_given(value):
        return default
    for choice in choices:
        if value == choice:
            return choice
    raise InvalidSpecError(f"{field}: {value!r} is not one of {', '.join(choices)}.{suggestion(value, choices)}")


def is_mail_address(text: str) -> bool:
    """Whether an invitation can be sent to it."""
    return bool(_ADDRESS.fullmatch(text)) and not re.search(r"^\.|\.\.|\.@", text)


def unsafe_in_a_line(text: str) -> str | None:
    """What keeps a text out of one line of a mail's head, in words; None if nothing does."""
    if _UNSAFE.search(text):
        return "has a line break or another control character"
    if _ENCODED.search(text):
        return "has an encoded word (=?…?=); write it as text"
    return None


def suggestion(word: object, known: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` for a misspelt word, or an empty text."""
    by_fold = {item.lower(): item for item in known}
    close = difflib.get_close_matches(str(word).lower(), by_fold, n=1, cutoff=0.6)
    return f" Did you mean {by_fold[close[0]]!r}?" if close else ""


def _show(value: object) -> str:
    if structured(value):
        value = str(value)
        return repr(value if len(value) <= 10 else value[:10] + "…")  # what it holds may be secret
    text = repr(masked(value))
    return text if len(text) <= 80 else text[:80] + "…"


def _wrong(field: str, value: object, expected: str, *, advice: str | None = None) -> InvalidSpecError:
    return InvalidSpecError(f"{field}: expected {expected}, got {_show(value)}.", advice=advice)
