"""Links into rooms of 100ms, for the tests of all vendors."""

from __future__ import annotations

import re
from typing import Any

#: What a link needs of the connection, and where it leads.
CONNECTION: dict[str, Any] = {"subdomain": "school"}
PAGE = "https://school.app.100ms.live/"


def user_of(link: str) -> str:
    """Who a link is for, as the vendor sees it."""
    user = re.search("userId=([^&]+)", link)
    assert user
    return user[1]
