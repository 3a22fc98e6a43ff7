"""What mkdocs runs while it builds the documentation: puts in the generated parts, and leaves out pages that are not there."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from reference import generate

MARKER = re.compile(r"^<!-- generated: ([^>]+?) -->$", re.MULTILINE)


def on_config(config: Any) -> Any:
    """Keep only the pages that exist: parts of the package bring their own page with them."""
    config["nav"] = existing(config["nav"], Path(config["docs_dir"]))
    return config


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
