"""The documentation as a site, and the vendors' own create pages that it is compared with."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

REPO = Path(__file__).parent.parent
SEEDS = REPO.parent / "shared" / "seeds"
with_seeds = pytest.mark.skipif(not SEEDS.exists(), reason="the vendors' create pages are not beside the repository")


def text_of(page: Path) -> str:
    html = page.read_text(encoding="utf-8")
    article = re.search("<article.*?</article>", html, re.DOTALL)
    return unescape(re.sub("<[^>]+>", "", article[0] if article else html))


def seeds(about: str) -> list[str]:
    return [file.name for file in sorted(SEEDS.iterdir()) if about in file.read_text()[:3000]]
