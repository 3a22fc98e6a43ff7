"""What mkdocs runs while it builds the documentation: puts in the generated parts, and leaves out pages that are not there."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from airflow_provider_rooms.connections import BY_TYPE
from reference import generate

MARKER = re.compile(r"^<!-- generated: ([^>]+?) -->$", re.MULTILINE)


def on_config(config: Any) -> Any:
    """A page for each vendor, only pages that exist, and a link to the repository once pyproject.toml has its address."""
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    config["repo_url"] = project.get("urls", {}).get("Repository")
    config["nav"] = existing(with_vendors(config["nav"]), Path(config["docs_dir"]))
    return config


def with_vendors(nav: list[Any]) -> list[Any]:
    """The navigation with the pages of the vendors in the place of ``vendors/*.md``."""
    filled: list[Any] = []
    for entry in nav:
        if entry == "vendors/*.md":
            filled += [f"vendors/{name}.md" for name in BY_TYPE]
        elif isinstance(entry, dict):
            filled.append(
                {title: with_vendors(part) if isinstance(part, list) else part for title, part in entry.items()}
            )
        else:
            filled.append(entry)
    return filled


def existing(nav: list[Any], docs: Path) -> list[Any]:
    """The navigation without files that are not there, and without chapters that have none."""
    kept: list[Any] = []
    for entry in nav:
        if isinstance(entry, str):
            if (docs / entry).exists():
                kept.append(entry)
            continue
        ((title, target),) = entry.items()
        if isinstance(target, list):
            target = existing(target, docs)
            found = bool(target)
        else:
            found = (docs / target).exists()
        if found:
            kept.append({title: target})
    return kept


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace each marker by what it names."""
    return MARKER.sub(lambda found: generate(found[1]), markdown)
