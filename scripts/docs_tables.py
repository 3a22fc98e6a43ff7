"""What the documentation says of the tables, read off their columns, as Markdown."""

from __future__ import annotations

from airflow_provider_rooms.tables.columns import TABLES, Column
from docs_markup import table


def tables() -> str:
    """Every table with its columns."""
    chapters = []
    for one in TABLES.values():
        key = ", ".join(f"`{name}`" for name in one.key)
        chapters += [
            f"### {one.name}",
            f"A row is {one.row}. {one.belongs} Unique: {key}.",
            table(["Column", "Type", "What is in it"], [_row(column) for column in one.columns]),
        ]
    return "\n\n".join(chapters)


def _row(column: Column) -> list[str]:
    notes = [column.doc, "*Who somebody is: see* `people`." if column.personal else ""]
    kind = f"{column.type}, {column.unit}" if column.unit else column.type
    return [f"`{column.name}`", kind if column.required else f"{kind} or empty", " ".join(filter(None, notes))]
