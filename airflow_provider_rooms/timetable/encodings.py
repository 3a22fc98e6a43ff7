"""From the bytes of a file to its text: an encoding that the bytes show is found, any other one is asked for."""

from __future__ import annotations

import codecs

from airflow_provider_rooms.timetable.model import Problem, TimetableError

# The longer ones first: a BOM of UTF-32 begins like one of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 4096
_SHOWN = 60


def decode(data: bytes, source: str, encoding: str | None = None) -> str:
    """The text of a file.

    :param encoding: a name that Python knows, such as ``windows-1252``; else what a byte order mark says, UTF-16 without one
        where every other byte is zero, or UTF-8.
    :raises TimetableError: it is not text in that encoding; names the line.
    :raises ValueError: there is no such encoding.
    """
    name = encoding or _found(data)
    try:
        return data.decode(name).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = max(data.count(end, 0, error.start) for end in (b"\n", b"\r")) + 1
        if encoding:
            text = f"is not {encoding} text; set the encoding that the file was saved in"
        else:
            start = data.rfind(b"\n", 0, error.start) + 1
            shown = data[start:].partition(b"\n")[0].decode("cp1252", "replace").strip()[:_SHOWN]
            text = (
                "is not UTF-8 text; save the file as UTF-8 (Excel: 'CSV UTF-8'), or set its encoding, such as "
                f"encoding='windows-1252' (--encoding windows-1252), which reads this line as {shown!r}"
            )
        raise TimetableError(source, [Problem(line, text)]) from None
    except (LookupError, UnicodeError):
        raise ValueError(f"encoding: {encoding!r} is not a text encoding; write one such as windows-1252") from None


def _found(data: bytes) -> str:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    # Without a mark, text in UTF-16 is mostly pairs of a character and a zero.
    even, odd = data[0:_SAMPLE:2], data[1:_SAMPLE:2]
    for low, high, name in ((even, odd, "utf-16-le"), (odd, even, "utf-16-be")):
        if high and high.count(0) > 0.6 * len(high) and low.count(0) < 0.1 * len(low):
            return name
    return "utf-8"
