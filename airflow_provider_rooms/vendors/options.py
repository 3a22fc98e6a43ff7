"""The vendor's own request fields: what ``options`` may hold, checked before any call.

Each vendor declares its fields as a model whose attributes carry the vendor's own names, so that a table in the docs, the
check and the request are one thing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from airflow_provider_rooms import values
from airflow_provider_rooms.errors import InvalidSpecError
from airflow_provider_rooms.secrets.masking import MASK, hides, is_secret, masked


def _plain(reader: Any) -> BeforeValidator:
    """One of our strict readers as a validator; pydantic adds the field's path itself."""

    def validate(value: object) -> Any:
        try:
            return reader("", value)
        except InvalidSpecError as error:
            raise ValueError(error.message.removeprefix(": ")) from None

    return BeforeValidator(validate)


Bool = Annotated[bool, _plain(values.read_bool)]
Int = Annotated[int, _plain(values.read_int)]
Text = Annotated[str, _plain(values.read_text)]
Url = Annotated[str, _plain(values.read_url)]

#: Our type of error for keys that are not known. What stands under one may be a secret, so it is not shown.
_UNKNOWN = "unknown_option"


class Options(BaseModel):
    """Fields of a vendor's request. Unknown keys are refused with the nearest known one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys_only(cls, data: Any) -> Any:
        unknown = [key for key in data if key not in cls.model_fields] if isinstance(data, dict) else []
        if unknown:
            raise PydanticCustomError(_UNKNOWN, "; ".join(cls._unknown(key) for key in unknown))
        return data

    @classmethod
    def _unknown(cls, key: str) -> str:
        hint = values.suggestion(key, cls.model_fields)
        return f"unknown option {key!r}" + (f".{hint}" if hint else "")


def read_options(
    model: type[Options],
    given: Mapping[str, Any],
    *,
    vendor: str,
    known: Mapping[str, Any] | None = None,
    source: str = "options",
) -> dict[str, Any]:
    """Check a dict of options and return it with native types, in the vendor's names.

    :param known: what the request holds besides; a field that is required may stand there.
    :param source: the parameter that the options come from, for errors.
    :raises InvalidSpecError: every wrong field of it, each with its path.
    """
    given = without_none(given)
    try:
        read = model.model_validate(fill(given, known or {})).model_dump(mode="json", exclude_unset=True)
    except ValidationError as error:
        problems = [_problem(row, source) for row in error.errors(include_url=False, include_context=False)]
        raise InvalidSpecError(
            "; ".join(problems) + ("" if problems[-1].endswith(("?", ".")) else "."),
            vendor=vendor,
            advice='Pass a field that this package does not know yet as options={"extra_body": {…}}.'
            if source == "options"
            else None,
        ) from None
    return _only(read, given)


def _only(tree: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a tree whose keys were given."""
    return {
        key: _only(tree[key], value) if isinstance(value, Mapping) and isinstance(tree[key], Mapping) else tree[key]
        for key, value in given.items()
        if key in tree
    }


def _problem(row: Any, source: str) -> str:
    """One of pydantic's errors in our words: where, what, and what was given unless that is a secret."""
    path: tuple[str | int, ...] = row["loc"]
    text: str = row["msg"].removeprefix("Value error, ").removeprefix("Value ").replace("Input should be", "should be")
    if isinstance(row["input"], str):
        text = text.replace(" items after validation", " characters")
    text, _, ours = text.partition(", got ")
    if row["type"] not in ("missing", _UNKNOWN):
        text += f", got {ours if ours and not _is_secret(path) else _show(row['input'], path)}"
    field = ".".join(map(str, path))
    if source != "options":
        return f"{source}: {text}" if field == source else f"{source} (sent as {field}): {text}"
    return f"{'.'.join(filter(None, ('options', field)))}: {text}"


def merge(base: Mapping[str, Any], more: Mapping[str, Any], *, source: str) -> dict[str, Any]:
    """Both dicts deep-merged; the same leaf with two values is a contradiction.

    :param source: where ``more`` comes from, for the error.
    :raises InvalidSpecError: a contradiction.
    """
    merged = dict(base)
    for key, value in more.items():
        if key not in merged:
            merged[key] = value
        elif isinstance(merged[key], Mapping) and isinstance(value, Mapping):
            merged[key] = merge(merged[key], value, source=f"{source}.{key}")
        elif merged[key] != value:
            path = (*source.split("."), key)
            raise InvalidSpecError(
                f"{source}.{key} is {_show(value, path)}, but the parameters already set it to "
                f"{_show(merged[key], path)}.",
                advice="Set only one of the two.",
            )
    return merged


def fill(body: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The body, with defaults for each leaf of which it says nothing."""
    filled = {**defaults, **body}
    for key in body.keys() & defaults.keys():
        if isinstance(body[key], Mapping) and isinstance(defaults[key], Mapping):
            filled[key] = fill(body[key], defaults[key])
    return filled


def differences(
    asked: Mapping[str, Any], shown: Mapping[str, Any], *, secret: tuple[str, ...] = ()
) -> tuple[list[dict[str, Any]], list[str]]:
    """Compare what was asked for with what the vendor shows. ``null`` shows nothing: vendors write it for "not told" too.

    :param secret: paths below which values are replaced by ``***``.
    :returns: the differing settings as ``{"field", "asked", "actual"}``, and the paths that the vendor does not show.
    """
    drift: list[dict[str, Any]] = []
    unverified: list[str] = []
    for path, value in leaves(asked):
        actual = value_at(path, shown)
        if actual is Ellipsis or (actual is None and value is not None):
            unverified.append(path)
        elif not _same(value, actual):
            pair = (MASK, MASK) if hides(path, secret) else (masked(value), masked(actual))
            drift.append({"field": path, "asked": pair[0], "actual": pair[1]})
    return drift, unverified


def value_at(path: str, tree: Any) -> Any:
    """What stands at a dotted path, or in place of the dict that leads there; an ellipsis where there is nothing."""
    for key in path.split("."):
        if not isinstance(tree, Mapping):
            return tree
        if key not in tree:
            return Ellipsis
        tree = tree[key]
    return tree


def leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Each leaf of nested dicts with its dotted path; lists count as leaves."""
    for key, value in tree.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{path}.")
        else:
            yield path, value


def _same(asked: Any, actual: Any) -> bool:
    # An empty dict asks for the thing itself, whatever its settings.
    return (asked == {} and isinstance(actual, Mapping)) or _comparable(asked) == _comparable(actual)


def _comparable(value: Any) -> Any:
    # The order of codecs or events means nothing to the vendors, and a number is the same as its text.
    if isinstance(value, list):
        return sorted(json.dumps(_comparable(item), sort_keys=True) for item in value)
    if isinstance(value, Mapping):
        return {key: _comparable(item) for key, item in value.items()}
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value) if isinstance(value, float) and value.is_integer() else value) if value is not None else None


def without_none(tree: Any) -> Any:
    """What means "not given" everywhere means it here too."""
    if isinstance(tree, Mapping):
        return {key: without_none(value) for key, value in tree.items() if not values.not_given(value)}
    return tree


def _is_secret(path: tuple[str | int, ...]) -> bool:
    return any(is_secret(part) for part in path)


def _show(value: object, path: tuple[str | int, ...] = ()) -> str:
    if _is_secret(path):
        return MASK
    text = repr(masked(value))
    return text if len(text) <= 60 else text[:60] + "…"
