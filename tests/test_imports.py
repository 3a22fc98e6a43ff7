"""No module imports itself through others, whether for types only, within a function, or at the top of the file.

The layers are a contract in pyproject.toml, for ``lint-imports``; ``make lint`` checks both.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import grimp

PACKAGE = "airflow_provider_rooms"


def circle(imports: dict[str, set[str]]) -> list[str]:
    """The modules of one circle, or none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def imports_of(package: str) -> dict[str, set[str]]:
    graph = grimp.build_graph(package, cache_dir=None)
    return {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}


def test_no_module_imports_itself_through_others():
    imports = imports_of(PACKAGE)
    assert len(imports) > 100
    assert circle(imports) == []


def test_a_circle_is_found_however_its_imports_are_written(tmp_path, monkeypatch):
    package = tmp_path / "round_and_round"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "first.py").write_text("from round_and_round import second\n")
    (package / "second.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from round_and_round.third import x\n"
    )
    (package / "third.py").write_text("def x():\n    from round_and_round import first\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert set(circle(imports_of(package.name))) == {f"{package.name}.{name}" for name in ("first", "second", "third")}
