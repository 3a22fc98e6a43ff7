"""Tables of cases: the rule of a row for all vendors, worked out from what a vendor declares."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from airflow_provider_rooms.testing.traits import Traits

R = TypeVar("R")


@dataclass(frozen=True)
class By:
    """A cell that depends on the vendor."""

    pick: Callable[[Traits], Any]


def by_closing(*, in_place: Any, final: Any, deletes: Any) -> By:
    """A cell that depends on what closing does."""
    return By(lambda traits: {"in_place": in_place, "final": final, "deletes": deletes}[traits.closing])


def by_updates(*, yes: Any, no: Any) -> By:
    """A cell that depends on whether settings can be changed."""
    return By(lambda traits: yes if traits.updates else no)


def row_for(name: str, row: R, traits: Traits) -> R:
    """A row as it is for one vendor: its cells picked, then replaced by what the vendor's traits say differs."""
    cells = {cell.name: getattr(row, cell.name) for cell in dataclasses.fields(row)}  # type: ignore[arg-type]
    picked = {key: cell.pick(traits) for key, cell in cells.items() if isinstance(cell, By)}
    return dataclasses.replace(row, **{**picked, **traits.differs.get(name, {})})  # type: ignore[type-var]


def each_vendor(
    names: Iterable[str] = (), rows: Callable[[Traits], Iterable[tuple[Any, ...]]] = lambda traits: [()]
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Run a test over the traits that its module names, once for each row.

    :param names: arguments of the test besides ``traits``.
    :param rows: their values for one vendor.
    """

    def decorate(test: Callable[..., Any]) -> Callable[..., Any]:
        test.over = (tuple(names), rows)  # type: ignore[attr-defined]
        return test

    return decorate


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A hook of pytest, in every module of contract tests: hands out the ``TRAITS`` of the module."""
    over = getattr(metafunc.function, "over", None)
    if over is None:
        return
    names, rows = over
    values = [
        pytest.param(traits, *row, id="-".join([traits.conn_type, *(str(cell).replace(" ", "_") for cell in row)]))
        for traits in metafunc.module.TRAITS
        for row in rows(traits)
    ]
    metafunc.parametrize(("traits", *names), values)


def selected(request: pytest.FixtureRequest, *names: str) -> list[dict[str, Any]]:
    """Arguments of all tests of this run which have these, for what is prepared for many tests at once."""
    items: list[Any] = request.session.items
    calls = [item.callspec.params for item in items if getattr(item, "callspec", None) is not None]
    return [params for params in calls if set(names) <= set(params)]
