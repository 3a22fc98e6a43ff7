"""Webhooks that the sandbox sent, and the same ones changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pass


Delivery = dict[str, Any]


def changed(delivery: Delivery) -> Delivery:
    """The same with something else in it."""
    if delivery["method"] == "GET":
        return {**delivery, "url": delivery["url"] + "&x=1"}
    return {**delivery, "body": delivery["body"].replace("1", "2")}
