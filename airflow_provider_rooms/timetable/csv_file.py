"""CSV text taken apart: the delimiter, the header and what stands above it, the rows with their line numbers."""

from __future__ import annotations

import csv
import io
from itertools import islice
from typing import TYPE_CHECKING

from airflow_provider_rooms.timetable.columns import known
from airflow_provider_rooms.timetable.model import Problem, clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DELIMITERS = ",;\t|"
#: The header is the one of the first so many rows that names most fields, and so many at least; else the first of all.
_TOP = 20
_HEADER = 2


def csv_table(
    text: str, told: Mapping[str, tuple[str, ...]], problems: list[Problem]
) -> tuple[int, list[str], list[tuple[int, list[str]]]]:
    """The line of the header, the header, and the rows below it; what is no CSV goes to the problems.

    :param told: the columns that the reader was told of.
    """
    delimiter = _delimiter(text, told)
    rows = list(_rows(text, delimiter, problems))
    if not rows:
        return 1, [], []
    named = [known(cells, told) for _, cells in rows[:_TOP]]
    place = named.index(max(named)) if max(named) >= _HEADER else 0
    if place:
        text = f"the header is in line {rows[place][0]}; the lines above it are skipped"
        problems.append(Problem(rows[0][0], text, note=True, of_file=True))
    line, header = rows[place]
    names = [clean(name) for name in header]
    # Some exports repeat the header on each page.
    below = [(number, cells) for number, cells in rows[place + 1 :] if [clean(cell) for cell in cells] != names]
    return line, header, below


def _delimiter(text: str, told: Mapping[str, tuple[str, ...]]) -> str:
    """The delimiter by which a row at the top names most columns; where none does, the one that is most often in the first."""
    first = text.lstrip().partition("\n")[0]

    def fits(delimiter: str) -> tuple[int, int]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
        best = 0
        try:
            best = max((known(cells, told) for cells in islice(reader, 2 * _TOP)), default=0)
        except csv.Error:
            pass
        return best, first.count(delimiter)

    return max(_DELIMITERS, key=fits)


def _rows(text: str, delimiter: str, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank with the number of its first line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            what = (
                "a quote is never closed, so nothing from here on could be read; save the file as CSV again"
                if "end of data" in str(error)
                else error
            )
            problems.append(Problem(line, f"is not CSV: {what}"))
            continue
        if any(cell.strip() for cell in cells):
            yield line, cells
