"""What a cell says when a class has no days or no time: nothing, TBA, ARRANGED, ONLINE, and what registrars write besides."""

from __future__ import annotations

import re

# Without spaces and punctuation, in small letters.
_NOTHING = frozenset(
    {
        *("tba", "tbc", "tbd", "arr", "arrange", "arranged", "arrangement", "byarrangement", "tobearranged"),
        *("tobeannounced", "tobeconfirmed", "tobedetermined", "appt", "appointment", "byappointment", "byappt"),
        *("online", "onlineonly", "remote", "virtual", "web", "www", "internet", "async", "asynchronous", "asynch"),
        *("selfpaced", "independent", "varies", "na", "notapplicable", "0"),
        *("none", "null", "nan", "nat", "undefined"),
        *("nv", "nachvereinbarung", "nachabsprache", "offen", "wirdnochbekanntgegeben", "keineangabe"),
    }
)


def says_nothing(text: str) -> bool:
    """Whether the whole text stands for nothing: empty, a dash, ``TBA``, ``to be arranged``, ``Online - TBA``."""
    words = _words(text)
    return "".join(words) in _NOTHING or all(word in _NOTHING for word in words)


def without_nothing(text: str) -> str:
    """The text without the words that stand for nothing."""
    return "" if says_nothing(text) else " ".join(part for part in text.split() if not says_nothing(part))


def _words(text: str) -> list[str]:
    # "T.B.A." and "n/a" are one word.
    joined = re.sub(r"(?<=\b\w)[./](?=\w\b)", "", text.casefold())
    return re.findall(r"[^\W_]+", joined)
