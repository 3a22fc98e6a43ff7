"""A spec as one vendor takes it: what ``plans.py`` makes and a vendor's create call is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A spec as one vendor takes it.

    :param name: the room name, prefix included.
    :param body: the create request.
    :param asked: the part of it that the user asked for, which the room is compared with.
    :param warnings: what the user should know, though nothing is wrong.
    """

    name: str
    body: Mapping[str, Any] = field(repr=False)
    asked: Mapping[str, Any] = field(repr=False)
    warnings: tuple[str, ...] = ()
