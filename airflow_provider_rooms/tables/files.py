"""Rows into a local file, in one of three forms; a few thousand rows are in memory at most."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from airflow_provider_rooms.errors import InvalidSpecError
from airflow_provider_rooms.extras import PARQUET
from airflow_provider_rooms.vendors.presence import iso

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_rooms.tables.columns import Table
    from airflow_provider_rooms.tables.rows import Row

#: Rows that are written to a Parquet file together.
ROW_GROUP = 5_000
#: A spreadsheet takes a cell that begins so for a formula, and runs it. https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Writer = Callable[["Path", "Table", "Iterable[Row]"], int]


def writer_for(name: str) -> Writer:
    """What writes a file of that name, by its ending.

    :raises InvalidSpecError: an unknown file extension.
    """
    ending = next((ending for ending in WRITERS if name.lower().endswith(ending)), None)
    if ending is None:
        raise InvalidSpecError(
            f"to: the file extension must be one of {', '.join(WRITERS)}: {name!r}.",
            advice="The file extension selects the format.",
        )
    if ending == ".parquet":
        _pyarrow()
    return WRITERS[ending]


def write_csv(path: Path, table: Table, rows: Iterable[Row]) -> int:
    """RFC 4180 in UTF-8 with a header; nothing is an empty cell. Text that a spreadsheet would run gets ``'`` before it.

    :returns: the number of rows.
    """
    number = 0
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(table.names)
        for row in rows:
            writer.writerow([_cell(row[name]) for name in table.names])
            number += 1
    return number


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return iso(value) if isinstance(value, dt.datetime) else value


def write_jsonl(path: Path, table: Table, rows: Iterable[Row]) -> int:
    """A JSON object on each line, with every column.

    :returns: the number of rows.
    """
    number = 0
    with path.open("w", encoding="utf-8", newline="\n") as out:
        for row in rows:
            out.write(json.dumps({name: row[name] for name in table.names}, ensure_ascii=False, default=iso) + "\n")
            number += 1
    return number


def write_parquet(path: Path, table: Table, rows: Iterable[Row]) -> int:
    """Parquet; what the columns mean stands in the schema.

    :returns: the number of rows.
    """
    pa, pq = _pyarrow()
    types = {"text": pa.string(), "integer": pa.int64(), "number": pa.float64(), "time": pa.timestamp("ms", tz="UTC")}
    schema = pa.schema(
        [
            pa.field(
                column.name,
                types[column.type],
                nullable=not column.required,
                metadata={"doc": column.doc, **({"unit": column.unit} if column.unit else {})},
            )
            for column in table.columns
        ]
    )
    number = 0
    with pq.ParquetWriter(path, schema) as out:
        for group in _groups(rows):
            out.write_table(pa.Table.from_pylist(group, schema=schema))
            number += len(group)
    return number


def _groups(rows: Iterable[Row]) -> Iterator[list[Row]]:
    remaining = iter(rows)
    while group := list(islice(remaining, ROW_GROUP)):
        yield group


def _pyarrow() -> tuple[Any, Any]:
    PARQUET.require()
    import pyarrow as pa
    import pyarrow.parquet as pq

    return pa, pq


WRITERS: dict[str, Writer] = {".csv": write_csv, ".jsonl": write_jsonl, ".parquet": write_parquet}
