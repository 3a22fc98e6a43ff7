"""Twilio Video: error codes and parameters as tables, and how forms are read.

From the API description (twilio_video_v1), the rooms page and the error dictionary (twilio.com/docs/api/errors).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Twilio code → HTTP status and message. A status of a 53xxx code other than 53113 and 53120 is inferred.
ERRORS: Final[Mapping[int, tuple[int, str]]] = {
    20001: (400, "Missing or unknown parameter"),
    20003: (401, "Authenticate"),
    20004: (405, "Method not allowed"),
    20007: (400, "Page size too large"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    20503: (503, "Service is unavailable. Please try again"),
    21481: (400, "Invalid PageToken"),
    53100: (400, "Room name is invalid"),
    53101: (400, "Room name is too long"),
    53102: (400, "Room name contains invalid characters"),
    53107: (400, "MaxParticipants is out of range"),
    53108: (400, "RoomType is not valid"),
    53109: (400, "Timeout is out of range"),
    53110: (400, "StatusCallbackMethod is invalid"),
    53111: (400, "StatusCallback is invalid"),
    53112: (400, "Status is invalid"),
    53113: (400, "Room exists"),
    53115: (400, "MediaRegion is invalid"),
    53118: (400, "Room is completed"),
    53120: (400, "Invalid Recording Rule(s)"),
    53123: (400, "MaxParticipantDuration is out of range"),
    53126: (400, "RoomType is not allowed for this account"),
    53127: (400, "AudioOnly is not allowed for this account"),
    53204: (404, "Participant not found"),
    53209: (400, "Participant Status is invalid"),
    53215: (400, "Invalid Subscribe Rule(s)"),
}
#: For faults to order: the code that goes with a bare HTTP status.
STATUS_CODES: Final[Mapping[int, int]] = {
    400: 20001, 401: 20003, 404: 20404, 405: 20004, 429: 20429, 500: 20500, 503: 20503,
}  # fmt: skip

MEDIA_REGIONS: Final = ("gll", "au1", "br1", "de1", "ie1", "in1", "jp1", "sg1", "us1", "us2")
ROOM_STATUSES: Final = ("in-progress", "completed", "failed")
LEGACY_TYPES: Final = ("go", "peer-to-peer", "group-small")
CODECS: Final = ("VP8", "H264")
METHODS: Final = ("POST", "GET")
LONGEST_NAME: Final = 128
RESERVED: Final = frozenset(":/?#[]@!$&'()*+,;=%")


class InvalidError(Exception):
    """A parameter that is refused: with which code, and which one it is."""

    def __init__(self, code: int, name: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.message = f"{ERRORS[code][1]}: {name} {reason}" if code != 53120 else ERRORS[code][1]


@dataclass(frozen=True, slots=True)
class Param:
    """One form parameter. ``code`` is what a bad value is answered with."""

    kind: Literal["text", "whole", "flag", "url", "many", "name", "json"]
    code: int = 20001
    least: int = 0
    most: int = 0
    choices: tuple[str, ...] = ()
    fold: bool = False
    required: bool = False
    check: Callable[[Any], str | None] | None = None


def read_form(body: bytes, table: Mapping[str, Param]) -> dict[str, Any]:
    """Typed values of a form. Unknown names, repeated single values and bad values are ``InvalidError``."""
    pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="utf-8", errors="surrogateescape")
    grouped: dict[str, list[str]] = {}
    for name, text in pairs:
        grouped.setdefault(name, []).append(text)
    values: dict[str, Any] = {}
    for name, texts in grouped.items():
        param = table.get(name)
        if param is None:
            # "missing or unknown parameter": names are case-sensitive
            raise InvalidError(20001, name, "is unknown")
        if param.kind == "many":
            values[name] = [_text(name, param, text) for text in texts]
        elif len(texts) > 1:
            raise InvalidError(20001, name, "is given more than once")
        else:
            values[name] = _READERS[param.kind](name, param, texts[0])
    for name, param in table.items():
        if param.required and name not in values:
            raise InvalidError(20001, name, "is missing")
    return values


def _text(name: str, param: Param, text: str) -> str:
    if not text or _broken(text):
        raise InvalidError(param.code, name, "must be text in UTF-8")
    if not param.choices:
        return text
    for choice in param.choices:
        if text == choice or (param.fold and text.lower() == choice.lower()):
            return choice
    raise InvalidError(param.code, name, f"must be one of {', '.join(param.choices)}")


def _name(name: str, param: Param, text: str) -> str:
    if _broken(text):
        raise InvalidError(53102, name, "is not valid UTF-8")
    # an empty name, and one that reads like a SID and could never be told from one, are refused; both unknown
    if not text or re.fullmatch(r"RM[0-9a-fA-F]{32}", text):
        raise InvalidError(53100, name, "is empty or looks like a SID")
    if len(text) > LONGEST_NAME:
        raise InvalidError(53101, name, f"has more than {LONGEST_NAME} characters")
    return text


def _whole(name: str, param: Param, text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,9}", text) or not param.least <= int(text) <= param.most:
        raise InvalidError(param.code, name, f"must be a whole number from {param.least} to {param.most}")
    return int(text)


def _flag(name: str, param: Param, text: str) -> bool:
    if text not in ("true", "false"):  # both official clients send lower case; other spellings are unknown
        raise InvalidError(param.code, name, "must be true or false")
    return text == "true"


def _url(name: str, param: Param, text: str) -> str:
    parts = urlsplit(text) if not _broken(text) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or len(text) >= 1024:
        raise InvalidError(param.code, name, "must be an absolute URL of less than 1024 characters")
    return text


def _json(name: str, param: Param, text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise InvalidError(param.code, name, "must be JSON") from error
    if param.check is not None and (reason := param.check(value)) is not None:
        raise InvalidError(param.code, name, reason)
    return value


def _broken(text: str) -> bool:
    return any("\udc80" <= character <= "\udcff" for character in text)


_READERS: Final[Mapping[str, Callable[[str, Param, str], Any]]] = {
    "text": _text,
    "name": _name,
    "whole": _whole,
    "flag": _flag,
    "url": _url,
    "json": _json,
}


def rules_problem(kinds: tuple[str, ...]) -> Callable[[Any], str | None]:
    """Recording and subscribe rules: 1 to 20 of them, ``all`` alone or filters."""

    def check(value: Any) -> str | None:
        if not isinstance(value, list) or not 1 <= len(value) <= 20:
            return "must be an array of 1 to 20 rules"
        for rule in value:
            if not isinstance(rule, dict) or rule.get("type") not in ("include", "exclude"):
                return "type must be include or exclude"
            filters = {key: item for key, item in rule.items() if key != "type" and item is not None}
            if set(filters) - {"all", "kind", "publisher", "track"}:
                return "has an unknown filter"
            if "all" in filters and (filters["all"] is not True or len(filters) > 1):
                return "all must be true and stand alone"
            if not filters:
                return "needs all or a filter"
            if filters.get("kind", kinds[0]) not in kinds:
                return f"kind must be one of {', '.join(kinds)}"
            if not all(isinstance(filters.get(key, ""), str) for key in ("publisher", "track")):
                return "publisher and track must be text"
        return None

    return check


_CONFIGURATION_KEYS: Final = frozenset(
    {
        "transcriptionEngine",
        "speechModel",
        "languageCode",
        "partialResults",
        "profanityFilter",
        "hints",
        "enableAutomaticPunctuation",
    }
)


def _configuration_problem(value: Any) -> str | None:
    if not isinstance(value, dict):
        return "must be an object"
    unknown = {key[:1].lower() + key[1:] for key in value} - _CONFIGURATION_KEYS
    return f"has unknown keys: {', '.join(sorted(unknown))}" if unknown else None


CONFIGURATION: Final = Param("json", check=_configuration_problem)

CREATE_ROOM: Final[Mapping[str, Param]] = {
    "UniqueName": Param("name"),
    "Type": Param("text", 53108, choices=("group", *LEGACY_TYPES)),
    "StatusCallback": Param("url", 53111),
    "StatusCallbackMethod": Param("text", 53110, choices=METHODS),
    "MaxParticipants": Param("whole", 53107, 1, 50),
    "RecordParticipantsOnConnect": Param("flag"),
    "RecordingRules": Param("json", 53120, check=rules_problem(("audio", "video"))),
    "TranscribeParticipantsOnConnect": Param("flag"),
    "TranscriptionsConfiguration": CONFIGURATION,
    "VideoCodecs": Param("many", choices=CODECS, fold=True),
    "MediaRegion": Param("text", 53115, choices=MEDIA_REGIONS),
    "AudioOnly": Param("flag"),
    "MaxParticipantDuration": Param("whole", 53123, 600, 86_400),
    "EmptyRoomTimeout": Param("whole", 53109, 1, 60),
    "UnusedRoomTimeout": Param("whole", 53109, 1, 60),
    # no meaning documented: taken and shown
    "LargeRoom": Param("flag"),
    # deprecated, "always considered to be true"
    "EnableTurn": Param("flag"),
}
UPDATE_ROOM: Final[Mapping[str, Param]] = {"Status": Param("text", 53112, required=True)}
