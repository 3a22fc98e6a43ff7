"""Which values are secrets, told by the key they stand under, so that none is shown."""

from __future__ import annotations

import ast
import functools
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

MASK = "***"
#: Shorter texts are no secrets, and taking them out would spoil every message.
SHORTEST = 4

# Compared without case, "-" and "_".
_KEYS = frozenset({"auth", "authorization", "headers", "key", "apikey"})
_WORDS = ("secret", "token", "password", "credential", "signedurl")


def is_secret(key: object) -> bool:
    """Whether the values below a key are secrets wherever it stands: ``headers``, ``credentials``, ``apiToken`` …"""
    return _is_secret(str(key))


@functools.lru_cache(maxsize=1000)
def _is_secret(key: str) -> bool:
    """Vendors' answers have the same keys over and over."""
    plain = key.lower().replace("-", "").replace("_", "")
    return plain in _KEYS or any(word in plain for word in _WORDS)


def masked(tree: Any, declared: Collection[str] = (), prefix: str = "") -> Any:
    """A copy with ``***`` for every value below a secret key.

    :param declared: dotted paths that are secret besides.
    """
    if isinstance(tree, Mapping):
        return {
            key: MASK
            if value is not None and (is_secret(key) or f"{prefix}{key}" in declared)
            else masked(value, declared, f"{prefix}{key}.")
            for key, value in tree.items()
        }
    if isinstance(tree, (list, tuple)):
        return [masked(item, declared, prefix) for item in tree]
    return tree


def hides(path: str, declared: Collection[str] = ()) -> bool:
    """Whether a setting at a dotted path is secret, by one of the keys on the way or by declaration."""
    parts = path.split(".")
    return any(is_secret(part) or ".".join(parts[: end + 1]) in declared for end, part in enumerate(parts))


def secret_texts(tree: Any, declared: Collection[str] = ()) -> set[str]:
    """Every text that must not be shown: the values below secret keys, also within JSON text."""
    return {text for text in _walk(tree, declared, "", inside=False) if len(text) >= SHORTEST}


def core(secret: str) -> str:
    """The part of a secret without which the rest is of no use: of a signed token its signature.

    Airflow's masker makes one pattern of everything it was told and makes it anew each time, so that a thousand whole tokens
    would take it minutes.
    """
    head, _, signature = secret.rpartition(".")
    return signature if head.startswith("eyJ") and head.count(".") == 1 and len(signature) >= 40 else secret


def without(text: str, secrets: Collection[str]) -> str:
    """The text with ``***`` for each of the secrets."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST:
            text = text.replace(secret, MASK)
    return text


def _walk(tree: Any, declared: Collection[str], prefix: str, *, inside: bool) -> Iterator[str]:
    if isinstance(tree, str) and tree.lstrip()[:1] in ("{", "[") and not inside:
        tree = _parsed(tree)
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            path = f"{prefix}{key}"
            yield from _walk(value, declared, f"{path}.", inside=inside or is_secret(key) or path in declared)
    elif isinstance(tree, (list, tuple)):
        for item in tree:
            yield from _walk(item, declared, prefix, inside=inside)
    elif inside and isinstance(tree, (str, int, float)) and not isinstance(tree, bool):
        yield str(tree)


def _parsed(text: str) -> Any:
    """What a template makes of a dict: JSON, or Python's own writing of it. Anything else is looked at as it is."""
    for parse in (json.loads, ast.literal_eval):
        try:
            return parse(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    return None
