"""Room names: the key by which a room is found again at its vendor.

A name is sent in the create request as the vendor's own key, and it is the only way for a retry to find the room of
the first attempt. So two different inputs must never result in the same name, and the same input must always result in
the same one, on every machine and in every release.

The alphabet ``[A-Za-z0-9_-]{1,64}`` is accepted by all three vendors in a body *and* in a URL path.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import unicodedata

from airflow_provider_rooms.errors import InvalidSpecError

MAX_LENGTH = 64
HASH_LENGTH = 10

_NAME = re.compile(r"[A-Za-z0-9_-]{1,%d}" % MAX_LENGTH)
# Where a room is addressed by name or by SID in the same place of a path, a name must not look like a SID.
_ROOM_SID = re.compile(r"RM[0-9a-f]{32}", re.IGNORECASE)
# Tails that this module adds itself: a hash, and the number of a room that took over from a closed one.
_OUR_TAIL = re.compile(r"(?:.*-)?[0-9a-f]{%d}|.*-r\d+" % HASH_LENGTH)
# What a template leaves behind when its variable was missing.
_NOT_A_VALUE = frozenset({"", "none", "null", "nan", "undefined"})

NamePart = str | int | dt.date | dt.datetime


def room_name(*parts: NamePart, max_length: int = MAX_LENGTH) -> str:
    """Build a readable room name from what identifies a class, such as course, section and date.

    Parts are joined by ``_`` in lower case: ``room_name("algebra-1", "a", date(2026, 11, 20))`` is
    ``algebra-1_a_2026-11-20``. If anything had to be changed (capitals, spaces, accents, length), ten hex digits of a
    hash of the exact parts are appended, so that two different inputs cannot collide. A number and its text are the
    same part, and so are the two ways in which Unicode writes an accented letter (in one character, or letter and
    accent).

    :param parts: text, whole numbers, dates or aware datetimes (turned to UTC); at least one, none of them empty.
    :param max_length: maximum length in characters; use less than 64 to leave space for a connection's ``name_prefix``.
    :raises InvalidSpecError: no parts, an empty or ``None`` part, a naive datetime, or a type that has no stable text.
    """
    if not parts:
        raise InvalidSpecError("room_name() needs at least one part, such as a course and a date.")
    texts = [_text(part) for part in parts]
    slug = "_".join(_slug(text) for text in texts)
    exact = "_".join(texts)
    # "_" inside a part would read like the joint between two parts; a tail like ours could meet a name made here.
    lossless = slug == exact and not any("_" in text for text in texts) and not _OUR_TAIL.fullmatch(slug)
    if lossless and len(slug) <= max_length and not _refusal(slug):
        return slug
    digest = hashlib.sha256(json.dumps(texts, ensure_ascii=True).encode()).hexdigest()[:HASH_LENGTH]
    head = slug[: max_length - HASH_LENGTH - 1].strip("-_")
    return f"{head}-{digest}" if head else digest


def check_name(name: object, *, prefix: str = "") -> str:
    """Return the user's name unchanged, or raise an error that says what is wrong with it.

    :param name: the room name as set in the DAG, after templating.
    :param prefix: the connection's ``name_prefix``, which counts towards the 64 characters.
    :raises InvalidSpecError: not text, empty, a forbidden character, too long, or too similar to a room SID.
    """
    if not isinstance(name, str):
        raise InvalidSpecError(
            f"name: expected text or a list of parts, got {type(name).__name__}.",
            advice='Write name="algebra-2026-11-20" or name=["algebra", "2026-11-20"].',
        )
    full = prefix + name
    if problem := _refusal(name) or _refusal(full):
        raise InvalidSpecError(f"name {_shorten(full)!r}: {problem}")
    return name


def resolve_name(name: object, *, prefix: str = "") -> str:
    """The room name at the vendor: a string is checked and kept, a list of parts goes through :func:`room_name`.

    :raises InvalidSpecError: see :func:`check_name` and :func:`room_name`.
    """
    if isinstance(name, (list, tuple)):
        return prefix + room_name(*name, max_length=MAX_LENGTH - len(prefix))
    return prefix + check_name(name, prefix=prefix)


def numbered_name(name: str, number: int) -> str:
    """The name of the room that takes over from a closed one: ``<name>-r2``, ``-r3`` and so on, never over 64 characters."""
    if number < 2:
        return name
    suffix = f"-r{number}"
    if len(name) + len(suffix) <= MAX_LENGTH:
        return name + suffix
    digest = hashlib.sha256(name.encode()).hexdigest()[:HASH_LENGTH]
    return f"{name[: MAX_LENGTH - len(suffix) - HASH_LENGTH - 1]}-{digest}{suffix}"


def fold(name: str) -> str:
    """The form in which two names are compared where a vendor ignores case."""
    return name.casefold()


def is_room_sid(text: str) -> bool:
    """Whether the text is a room SID (``RM`` and 32 hex digits)."""
    return bool(_ROOM_SID.fullmatch(text))


def _refusal(name: str) -> str | None:
    """Why this cannot be a room name, or None."""
    if name.strip().lower() in _NOT_A_VALUE:
        return "is empty: a template or a mapped value was probably missing."
    if is_room_sid(name):
        return "looks like a room SID, so the vendor could mistake it for another room."
    if not _NAME.fullmatch(name):
        if len(name) > MAX_LENGTH:
            return f"is {len(name)} characters long; the maximum is {MAX_LENGTH} (name_prefix included)."
        bad = sorted({char for char in name if not re.match(r"[A-Za-z0-9_-]", char)})
        shown = " ".join(repr(char) for char in bad[:5])
        return (
            f"contains {shown}; only letters, digits, '-' and '_' are allowed. Pass a list of parts to get a "
            "valid name."
        )
    return None


def _text(part: object) -> str:
    if isinstance(part, dt.datetime):
        if part.tzinfo is None:
            raise InvalidSpecError(f"name part {part.isoformat()}: a datetime needs a time zone.")
        return part.astimezone(dt.UTC).strftime("%Y-%m-%dt%H%M%Sz")
    if isinstance(part, dt.date):
        return part.isoformat()
    if str(part).strip().lower() in _NOT_A_VALUE:
        raise InvalidSpecError(f"name part {part!r} is empty: a template or a mapped value was probably missing.")
    if isinstance(part, bool) or not isinstance(part, (str, int)):
        raise InvalidSpecError(f"name part {part!r}: use text, a whole number or a date, not {type(part).__name__}.")
    return unicodedata.normalize("NFC", str(part))


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9_-]+", "-", plain.lower()).strip("-")


def _shorten(text: str) -> str:
    return text if len(text) <= 80 else text[:80] + "…"
