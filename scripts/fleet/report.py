"""What is printed at the end: counts, beside what they have to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Check:
    """A count and what it has to be."""

    what: str
    found: int
    expected: int

    @property
    def holds(self) -> bool:
        """Whether it is what it has to be."""
        return self.found == self.expected


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows below their heads, numbers to the right."""
    lines = [tuple(heads), *(tuple(row) for row in rows)]
    sizes = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    return "\n".join(
        "  "
        + "  ".join(
            text.rjust(size) if text.replace(".", "").isdigit() else text.ljust(size)
            for text, size in zip(line, sizes, strict=True)
        ).rstrip()
        for line in lines
    )


def conclude(checks: Sequence[tuple[str, Check]]) -> int:
    """Print all checks; the exit code."""
    print()
    print(
        table(
            ("scenario", "what", "found", "expected", ""),
            [
                (scenario, check.what, str(check.found), str(check.expected), "" if check.holds else "WRONG")
                for scenario, check in checks
            ],
        )
    )
    return int(not all(check.holds for _, check in checks))
