"""Vendors are named in tables and in their own folders alone: whoever adds one edits no file of everybody's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from airflow_provider_rooms.connections import BY_TYPE
from airflow_provider_rooms.sandbox.registry import BUILT_IN

REPO = Path(__file__).parent.parent
PACKAGE, TESTS = REPO / "airflow_provider_rooms", REPO / "tests"
#: The names of folders that are a vendor's own.
OWN = {*BY_TYPE, *(vendor.name for vendor in BUILT_IN)}
NAMES = re.compile("|".join(sorted(OWN | {kind.title.lower() for kind in BY_TYPE.values()})))
TEXTS = {".py", ".html", ".mjs", ".sh", ".css", ".js"}
#: What names vendors all the same.
ALLOWED = {
    "airflow_provider_rooms/connections.py": "the table of connection types",
    "airflow_provider_rooms/hooks/__init__.py": "the hooks that editors know by name",
    "airflow_provider_rooms/sandbox/registry.py": "the sandbox's own table",
    "airflow_provider_rooms/sandbox/credentials.py": "the sandbox's keys, which its users import by name",
    "tests/events/test_forgeries.py": "forges deliveries of each vendor by hand: signs them, moves them to other addresses",
    "tests/typing/user_dag.py": "what a user writes, read by mypy: with a connection id as it is in the documentation",
    "tests/typing/user_script.py": "the same, with a hook that editors know by name",
}


def named(folder: Path, is_own: Callable[[Path], bool]) -> Iterator[str]:
    """Files in which a vendor is named, but for those of its own."""
    for file in sorted(folder.rglob("*")):
        if file.suffix not in TEXTS or is_own(file):
            continue
        if NAMES.search(file.read_text(encoding="utf-8").lower()):
            yield file.relative_to(REPO).as_posix()


@pytest.mark.parametrize("folder", [PACKAGE, TESTS], ids=lambda folder: folder.name)
def test_a_vendor_is_named_in_tables_and_in_its_own_folders_alone(folder: Path) -> None:
    hooks = {PACKAGE / "hooks" / f"{conn_type}.py" for conn_type in BY_TYPE}
    found = set(named(folder, lambda file: file in hooks or bool(OWN & set(file.relative_to(folder).parent.parts))))
    assert found == {path for path in ALLOWED if path.startswith(f"{folder.name}/")}


def test_the_search_itself_finds_names() -> None:
    for number, name in enumerate(BY_TYPE):
        assert NAMES.search(f'hook = get("{name}_default")  # {number}')
    assert len(NAMES.findall(" ".join(kind.title.lower() for kind in BY_TYPE.values()))) == len(BY_TYPE)
