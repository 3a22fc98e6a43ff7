"""Texts with ``{placeholders}`` that users write: where a recording is kept, where people join."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


def placeholders(template: str, known: Collection[str]) -> set[str]:
    """The placeholders that a text holds.

    :raises ValueError: one of them is not known, or is more than a name (``{id:>9999999999}`` would fill the memory), or a
        brace is open; says which there are.
    """
    try:
        parts = [part for part in Formatter().parse(template) if part[1] is not None]
        names = {f"{name}{f'!{how}' if how else ''}{f':{form}' if form else ''}" for _, name, form, how in parts}
    except ValueError:
        names = {template}
    if unknown := names - set(known):
        raise ValueError(
            f"{{{min(unknown)}}} is not a placeholder. Known are {', '.join(f'{{{name}}}' for name in known)}; "
            "write other braces twice."
        )
    return names
