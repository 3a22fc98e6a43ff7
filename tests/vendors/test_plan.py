"""What is asked for, as each vendor takes it; and every way to ask wrongly, refused before any call."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_help import plan, vendor
from vendor_traits import ANY, CLOSES_UNUSED, TRAITS, TRAITS_OF, TYPES, facts, rows

from airflow_provider_rooms.errors import InvalidSpecError, UnsupportedError
from airflow_provider_rooms.models import RoomSpec
from airflow_provider_rooms.vendors import vendor_class
from airflow_provider_rooms.vendors.options import differences, leaves, value_at
from airflow_provider_rooms.vendors.plans import checked_plan, due_at
from airflow_provider_rooms.vendors.recordings import start_body

PLANS = facts("plans")
NINE = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)


@pytest.mark.parametrize(("conn_type", "spec", "asked"), rows("plans", "NEUTRAL"))
def test_a_neutral_parameter_becomes_the_vendors_own_field(conn_type: str, spec: Any, asked: Any) -> None:
    assert plan(conn_type, **spec).asked == asked


@pytest.mark.parametrize(("conn_type", "given", "sent"), rows("recordings", "STARTS"))
def test_the_start_of_a_recording_is_filled_in_the_same_way(conn_type: str, given: Any, sent: Any) -> None:
    assert start_body(vendor(conn_type), given) == sent


@pytest.mark.parametrize("conn_type", TYPES)
def test_nothing_asked_sends_the_name_and_what_we_know_better(conn_type: str) -> None:
    body = dict(plan(conn_type).body)
    assert body.pop(vendor_class(conn_type).key_field) == "algebra"
    assert body == PLANS[conn_type].DEFAULTS


def test_options_may_be_keyed_by_connection_type() -> None:
    options = {conn_type: PLANS[conn_type].EVERY_FIELD for conn_type in TYPES[:-1]}
    for conn_type in TYPES[:-1]:
        assert plan(conn_type, options=options).asked == options[conn_type]
    assert plan(TYPES[-1], options=options).asked == {}


@pytest.mark.parametrize("conn_type", TYPES)
def test_fields_newer_than_this_package_go_through_extra_body(conn_type: str) -> None:
    known = PLANS[conn_type].EVERY_FIELD
    asked = plan(conn_type, options={**known, "extra_body": {"shiny": {"new": 1}}}).asked
    assert asked == {**known, "shiny": {"new": 1}}


@pytest.mark.parametrize(("conn_type", "spec", "word"), rows("plans", "SURPRISING"))
def test_what_is_legal_but_surprising_is_said(conn_type: str, spec: Any, word: str) -> None:
    assert word in plan(conn_type, **spec).warnings[0]


# -- every field of the vendors' create pages -----------------------------------------------------------------------------


@pytest.mark.parametrize("conn_type", TYPES)
def test_every_field_of_the_create_page_can_be_given(conn_type: str) -> None:
    assert plan(conn_type, options=PLANS[conn_type].EVERY_FIELD).asked == PLANS[conn_type].EVERY_FIELD


@pytest.mark.parametrize("conn_type", TYPES)
def test_that_table_names_every_field_of_the_model(conn_type: str) -> None:
    assert (
        set(PLANS[conn_type].EVERY_FIELD)
        == set(vendor_class(conn_type).options.model_fields) - TRAITS_OF[conn_type].not_options
    )


# -- bad input ------------------------------------------------------------------------------------------------------------


URLS = ("hooks.example", "https://", "https:///x", "ftp://h.example", "https://h.example/a b", None, 5)
BAD = [
    *rows("plans", "BAD"),
    # URLs and what belongs to them, alike as a parameter and as an option
    *[
        (conn_type, {"webhook": {"url": url}}, "webhook.url: expected an absolute URL")
        for conn_type in TYPES
        for url in URLS
    ],
    *[
        (conn_type, {"options": options(url)}, "expected an absolute URL")
        for url in ("hooks.example", "https://", "https://h.example:port", "https://h.example/\n")
        for conn_type in TYPES
        for options in PLANS[conn_type].URLS
    ],
    *[
        (ANY.conn_type, *row)
        for row in [
            # options
            ({"options": "{not json"}, "options: '{not json' is not JSON"),
            ({"options": ["a"]}, "options: expected a dict"),
            ({"options": {"extra_body": 5}}, "options.extra_body: expected a dict"),
            # time
            ({"starts_at": dt.datetime(2026, 11, 20, 9)}, "has no time zone"),  # noqa: DTZ001 - the point
            ({"starts_at": "2026-11-20T09:00:00"}, "has no time zone"),
            ({"starts_at": "tomorrow"}, "starts_at: expected a datetime or ISO 8601 text"),
            ({"starts_at": "2026-11-20"}, "starts_at: expected a datetime or ISO 8601 text"),
            ({"starts_at": NINE, "ends_at": NINE}, "is not after starts_at"),
            ({"starts_at": NINE, "ends_at": "2026-11-20T02:59:00-06:00"}, "is not after starts_at"),
            # names
            ({"name": ""}, "is empty"),
            ({"name": "None"}, "is empty"),
            ({"name": None}, "name is required"),
            ({"name": "a b"}, "' '"),
            ({"name": "a/b"}, "'/'"),
            ({"name": "a" * 65}, "65 characters"),
            ({"name": []}, "at least one part"),
            ({"name": ["algebra", ""]}, "is empty"),
            ({"name": ["algebra", None]}, "a template or a mapped value was probably missing"),
            ({"name": {"a": 1}}, "name: expected text or a list of parts"),
            # Airflow would refuse to store these, and only when the room is there
            ({"ref": {"course": object()}}, "ref: expected anything that is JSON"),
            ({"ref": NINE}, "ref: expected anything that is JSON"),
            ({"ref": float("nan")}, "ref: expected anything that is JSON"),
            # the spec itself
            ({"start_at": NINE}, "unknown key 'start_at'. Did you mean 'starts_at'?"),
        ]
    ],
]


@pytest.mark.parametrize(("conn_type", "spec", "text"), BAD)
def test_bad_input_is_refused_before_any_call(conn_type: str, spec: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        plan(conn_type, **spec)
    assert text in str(caught.value)


@pytest.mark.parametrize(("conn_type", "spec", "text"), rows("plans", "UNSUPPORTED"))
def test_what_a_vendor_cannot_express_raises_and_names_the_way_out(conn_type: str, spec: Any, text: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        plan(conn_type, **spec)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    "given", [{"record": "maybe"}, {"max_participants": "many"}, {"region": []}, {"ends_at": "soon"}]
)
def test_a_spec_written_in_python_is_read_as_strictly_as_a_template(given: Any) -> None:
    with pytest.raises(InvalidSpecError, match=f"{next(iter(given))}: expected"):
        RoomSpec(**given)
    assert RoomSpec(record="False", max_duration=dt.timedelta(minutes=1)).record is False  # type: ignore[arg-type]


@pytest.mark.parametrize("conn_type", TYPES)
def test_policies_that_do_not_exist_are_refused(conn_type: str) -> None:
    spec = RoomSpec(name="a")
    with pytest.raises(InvalidSpecError, match="on_drift: 'merge' is not one of fail, ignore, update"):
        checked_plan(vendor(conn_type), spec, "merge", "fail")
    with pytest.raises(InvalidSpecError, match="on_closed: 'open' is not one of fail, reopen"):
        checked_plan(vendor(conn_type), spec, "fail", "open")


@pytest.mark.parametrize("conn_type", [traits.conn_type for traits in TRAITS if not traits.updates])
def test_a_vendor_that_cannot_change_a_room_says_so(conn_type: str) -> None:
    of = vendor(conn_type)
    for ask in (
        lambda: of.update({}, plan(conn_type)),
        lambda: checked_plan(of, RoomSpec(name="a"), "update", "fail"),
    ):
        with pytest.raises(UnsupportedError, match=f"{of.title} cannot change the settings of a room"):
            ask()


@pytest.mark.parametrize("conn_type", TYPES)
def test_unknown_options_are_all_named_and_what_stands_under_them_is_not_shown(conn_type: str) -> None:
    with pytest.raises(InvalidSpecError) as refused:
        plan(conn_type, options={"zzz": "canary-1", "qqq": {"deep": "canary-2"}})
    assert "options: unknown option 'zzz'; unknown option 'qqq'. [" in str(refused.value)
    assert "canary" not in str(refused.value)


def test_the_prefix_of_the_connection_counts() -> None:
    assert plan(ANY.conn_type, {"name_prefix": "staging-"}).name == "staging-algebra"
    listed = plan(ANY.conn_type, {"name_prefix": "staging-"}, name=["x" * 80, "2026-11-20"]).name
    assert listed.startswith("staging-x")
    assert len(listed) == 64
    with pytest.raises(InvalidSpecError, match="68 characters"):
        plan(ANY.conn_type, {"name_prefix": "staging-"}, name="a" * 60)


# -- when a room may be made ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("conn_type", TYPES)
def test_a_room_waits_for_its_time_where_unused_ones_are_closed_and_elsewhere_only_when_told(conn_type: str) -> None:
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(hours=2)
    spec = RoomSpec(name="a", starts_at=soon)
    closes_unused = conn_type == CLOSES_UNUSED.conn_type
    assert due_at(vendor(conn_type), spec, None) == (soon - dt.timedelta(minutes=30) if closes_unused else None)
    assert due_at(vendor(conn_type), spec, 55 * 60) == soon - dt.timedelta(minutes=55)
    assert due_at(vendor(conn_type), spec, 600) == soon - dt.timedelta(minutes=10)
    assert due_at(vendor(conn_type), RoomSpec(name="a"), None) is None
    if closes_unused:
        with pytest.raises(InvalidSpecError, match="the maximum is 3300 seconds"):
            due_at(vendor(conn_type), spec, 56 * 60)


# -- whatever is given is sent ----------------------------------------------------------------------------------------------


def some_of(data: st.DataObject, tree: Any) -> Any:
    """A part of nested dicts, from nothing to all of it."""
    if not isinstance(tree, dict):
        return tree
    keys = data.draw(st.sets(st.sampled_from(sorted(tree)))) if tree else set()
    return {key: some_of(data, tree[key]) for key in keys}


@pytest.mark.parametrize("conn_type", TYPES)
@given(data=st.data())
def test_every_leaf_that_was_given_is_sent_and_nothing_else_but_defaults(conn_type: str, data: st.DataObject) -> None:
    options = some_of(data, PLANS[conn_type].EVERY_FIELD)
    extra = some_of(data, {"shiny": {"new": 1}})
    parameters = {
        key: PLANS[conn_type].PARAMETERS[key]
        for key in data.draw(st.sets(st.sampled_from([*PLANS[conn_type].PARAMETERS])))
    }
    try:
        made = plan(conn_type, **parameters, options={**options, "extra_body": extra})
    except InvalidSpecError as error:
        refusals = (
            "Field required",
            "parameters already set it to",
            "Set record=True",
            "needs large_room",
            "either all, or",
        )
        assert any(text in str(error) for text in refusals)  # noqa: PT017
        return
    sent, of = made.body, vendor(conn_type)
    for path, value in leaves({**options, **extra}):
        assert value_at(path, sent) == value or value == {}
    spec = RoomSpec.read({"name": "algebra", **parameters, "options": options})
    asked = {path for path, _ in leaves(made.asked)} | {of.key_field}
    assert {path for path, _ in leaves(sent)} <= asked | {path for path, _ in leaves(of.defaults(spec, made.asked))}
    assert differences(made.asked, sent) == ([], [])
