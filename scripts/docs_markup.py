"""Tables, and the markup of docstrings, as Markdown."""

from __future__ import annotations

import inspect
import re
import textwrap


def table(heads: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)


def first_line(text: str) -> str:
    """The first paragraph of a docstring."""
    return inline(inspect.cleandoc(text).split("\n\n")[0].replace("\n", " "))


def inline(text: str) -> str:
    """Markup of docstrings as Markdown."""
    text = re.sub(r":\w+:`~?([^`]*)`", lambda found: f"`{found[1].rsplit('.', 1)[-1]}`", text)
    text = re.sub(r"``([^`]+)``", r"`\1`", text)
    return re.sub(r"::\n\n((?:    .*\n?|\n)+)", _code_block, text)


def _code_block(found: re.Match[str]) -> str:
    return f":\n\n```python\n{textwrap.dedent(found[1]).strip()}\n```\n"
