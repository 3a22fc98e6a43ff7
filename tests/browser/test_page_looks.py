"""How the Rooms page looks and handles, in Chromium: nothing cut off, nothing that moves, by keyboard alone, for everybody.

Pictures of 0, 1, 40 and 400 classes in every state are left in build/screenshots/page.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from made_up import A_DAY, CONN_IDS, KINDS, a_day, made_up
from page_stage import PageStage, page_stage

from airflow_provider_rooms.page.live import Look
from stack import REPO

PICTURES = REPO / "build" / "screenshots" / "page"
AXE = Path(os.environ.get("AXE", REPO / "build" / "axe" / "node_modules" / "axe-core" / "axe.min.js"))
COUNTS, WIDTHS, SCHEMES = (0, 1, 40, 400), (400, 1024, 1600), ("light", "dark")

#: What is cut off, runs out of the window, or lies over a neighbour.
CUT_OFF = """() => {
  const found = [], name = (node) => `${node.tagName} ${node.id || node.className}: ${node.textContent.slice(0, 40)}`;
  if (document.documentElement.scrollWidth > innerWidth) found.push(`the page is ${document.documentElement.scrollWidth} px wide`);
  for (const node of document.querySelectorAll("body *")) {
    const box = node.getBoundingClientRect();
    if (!box.width || getComputedStyle(node).visibility === "hidden") continue;
    if (box.right > innerWidth + 1 || box.left < -1) found.push(`outside: ${name(node)}`);
    if (node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).overflowX !== "visible") found.push(`cut off: ${name(node)}`);
  }
  for (const row of document.querySelectorAll(".class")) {
    const cells = [...row.children].map((node) => [node, node.getBoundingClientRect()]).filter(([, box]) => box.width);
    for (const [a, one] of cells) for (const [b, two] of cells)
      if (a !== b && one.right > two.left + 1 && two.right > one.left + 1 && one.bottom > two.top + 1 && two.bottom > one.top + 1)
        found.push(`over each other: ${name(a)} / ${name(b)}`);
    for (const cell of row.children) for (const inner of cell.children)
      if (!cell.classList.contains("line") && inner.getBoundingClientRect().right > cell.getBoundingClientRect().right + 1)
        found.push(`out of its cell: ${name(inner)}`);
  }
  return [...new Set(found)];
}"""
#: Notes every move of what is shown, from the first moment on.
WATCH_MOVES = """
window.moves = [];
new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput)
  moves.push([entry.value, entry.sources.map((source) => source.node?.outerHTML?.slice(0, 90))]); }
).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture(scope="module")
def stage() -> Iterator[PageStage]:
    with page_stage() as served:
        yield served


def midday() -> str:
    """A time zone in which it is about noon: all classes around now are of one day there."""
    hour = dt.datetime.now(dt.UTC).hour
    return f"Etc/GMT{hour - 12:+d}" if hour != 12 else "UTC"


@pytest.fixture
def open_page(browser: Any, stage: PageStage) -> Iterator[Any]:
    """Opens the page with so many classes."""
    contexts = []

    def open_(count: int, *, width: int = 1024, scheme: str = "light", wait: float = 0.0, script: str = "") -> Any:
        stage.pushed, stage.live = made_up(count, dt.datetime.now(dt.UTC))
        stage.wait = wait
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, timezone_id=midday(), locale="en-GB"
        )
        contexts.append(context)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("console", lambda line: page.errors.append(line.text) if line.type == "error" else None)
        page.goto(stage.url)
        page.locator("#board[aria-busy=false]").wait_for()
        return page

    yield open_
    for context in contexts:
        context.close()


def everybody_live(page: Any, count: int) -> None:
    """Until it is known who is live."""
    live = sum(list(KINDS)[number % len(KINDS)] == "live" for number in range(count))
    page.wait_for_function("count => document.querySelectorAll('li .chip.live').length === count", arg=live)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("count", COUNTS)
def test_nothing_is_cut_off(open_page: Any, count: int, width: int, scheme: str) -> None:
    page = open_page(count, width=width, scheme=scheme)
    everybody_live(page, count)
    assert page.locator("#list > li").count() == count
    PICTURES.mkdir(parents=True, exist_ok=True)
    if count < 400:  # rows out of sight are not drawn
        page.set_viewport_size({"width": width, "height": 900 + 200 * count})
    assert page.evaluate(CUT_OFF) == []
    height = min(page.evaluate("document.querySelector('main').getBoundingClientRect().bottom"), 900 + 200 * count)
    whole = {"x": 0, "y": 0, "width": width, "height": height if count < 400 else 900}
    page.screenshot(path=PICTURES / f"{count:03}-{width}-{scheme}.png", clip=whole)
    assert page.errors == []


def test_the_picture_of_the_docs(open_page: Any, stage: PageStage) -> None:
    """``docs/page.png`` is a copy of what this leaves in ``build/screenshots/page/docs.png``."""
    page = open_page(0, width=1200)
    page.set_viewport_size({"width": 1200, "height": 1200})
    now = dt.datetime.now(dt.UTC).replace(minute=30, second=0, microsecond=0)
    stage.pushed, stage.live = a_day(now)
    page.goto(stage.url)
    page.locator("#list .chip.live").first.wait_for()
    assert page.locator("#list > li").count() == len(A_DAY)
    PICTURES.mkdir(parents=True, exist_ok=True)
    bottom = page.evaluate("document.querySelector('#board').getBoundingClientRect().bottom")
    page.screenshot(path=PICTURES / "docs.png", clip={"x": 0, "y": 0, "width": 1200, "height": bottom + 16})


def test_every_state_is_among_the_pictures(open_page: Any) -> None:
    page = open_page(40)
    everybody_live(page, 40)
    counts = {state: int(page.locator(f"#only-{state} .count").inner_text()) for state in KINDS}
    assert set(counts) == set(page.evaluate("Object.keys(STATES)"))
    assert all(counts.values()), counts
    assert sum(counts.values()) == 40


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_moves_while_it_loads(open_page: Any, stage: PageStage, width: int) -> None:
    """Who is live comes late, and so does what is wrong with a vendor."""
    page = open_page(40, width=width, wait=0.5, script=WATCH_MOVES)
    stage.live[CONN_IDS[-1]] = Look(rooms={}, error="No response within 10 seconds.")
    page.locator("#notes p").wait_for()
    page.wait_for_timeout(300)
    assert page.evaluate("moves") == []
    assert page.locator("#notes p").is_visible()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("count", [0, 40])
def test_an_accessibility_checker_finds_nothing_serious(open_page: Any, count: int, width: int, scheme: str) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: `make test-ui` does that where npm is")
    page = open_page(count, width=width, scheme=scheme)
    everybody_live(page, count)
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run()")
    told = [
        (rule["id"], rule["impact"], [node["html"][:120] for node in rule["nodes"][:3]])
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
    ]
    assert told == []
    assert len(found["passes"]) > 10


def test_keyboard_alone_reaches_everything(open_page: Any) -> None:
    page = open_page(1)
    everything = page.evaluate(
        "[...document.querySelectorAll('a, button:not(:disabled), input, select')].map((node) => node.id || node.href)"
    )
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.href || ''"))
        seen = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert not reached[-1] or seen != "none", reached[-1]
    assert [name for name in everything if name not in reached] == []
    # In the order in which they are read.
    assert sorted(everything, key=reached.index) == everything


def test_keyboard_alone_filters_and_keeps_its_place(open_page: Any) -> None:
    page = open_page(40)
    everybody_live(page, 40)
    page.locator("#only-missing").focus()
    page.keyboard.press("Enter")
    assert page.locator("#list > li").count() == page.locator("#list .chip", has_text="missing").count() > 0
    # A reload comes every quarter of a minute.
    page.evaluate("load()")
    page.wait_for_timeout(300)
    assert page.evaluate("document.activeElement.id") == "only-missing"
    page.keyboard.press("Enter")
    assert page.locator("#list > li").count() == 40
    page.locator("#find").focus()
    page.keyboard.type("french")
    assert 0 < page.locator("#list > li").count() < 40
    page.locator("#conn").select_option(CONN_IDS[1])
    assert page.locator("#list > li").count() < 40


@pytest.mark.parametrize("framed", [True, False])
@pytest.mark.parametrize("keyboard", [True, False])
def test_a_link_leads_out_of_a_frame_like_airflows(
    open_page: Any, stage: PageStage, framed: bool, keyboard: bool
) -> None:
    page = open_page(1)
    page.context.route("https://console.example.org/**", lambda route: route.fulfill(body="The console"))
    if framed:
        page.goto(stage.url.replace("/rooms/", "/plugin/rooms"))
    shown = page.frame_locator("iframe") if framed else page

    def follow(name: str) -> None:
        link = shown.get_by_role("link", name=name)
        link.wait_for()
        if keyboard:
            link.focus()
            page.keyboard.press("Enter")
        else:
            link.click()

    with page.context.expect_page() as waiting:
        follow("Room of")
    assert waiting.value.url == "https://console.example.org/rooms/room-0000"
    follow("Task of")
    page.wait_for_url("**/dags/class_rooms/runs/scheduled__2026-11-20/tasks/create/mapped/0")
    assert page.frames == [page.main_frame]


@pytest.mark.parametrize(("theme", "back"), [("light", "rgb(244, 245, 248)"), ("dark", "rgb(18, 21, 29)")])
def test_in_a_frame_airflows_choice_of_light_or_dark_counts(
    open_page: Any, stage: PageStage, theme: str, back: str
) -> None:
    page = open_page(1, scheme="light" if theme == "dark" else "dark")
    page.goto(stage.url.replace("/rooms/", f"/plugin/rooms?theme={theme}"))
    frame = page.frame_locator("iframe")
    frame.locator("#list > li").wait_for()
    assert frame.locator("body").evaluate("body => getComputedStyle(body).backgroundColor") == back


def test_a_vendor_that_is_down_is_said_and_the_rest_is_shown(open_page: Any, stage: PageStage) -> None:
    page = open_page(40, wait=0.2)
    stage.live[CONN_IDS[-1]] = Look(rooms={}, error="The vendor did not answer.")
    page.locator("#notes").get_by_text(f"Who is live on {CONN_IDS[-1]} is not known").wait_for()
    assert page.locator("#list > li").count() == 40
    assert page.locator("#list .chip.live").count() > 0


def test_titles_are_text(open_page: Any) -> None:
    page = open_page(40)
    assert page.locator("#list").get_by_text("<b>Physics</b>").count() > 0
    assert page.locator("#list b b").count() == 0


def test_400_classes_are_shown_within_a_second(open_page: Any, stage: PageStage) -> None:
    page = open_page(400)
    took = []
    for _ in range(3):
        page.goto(stage.url)
        page.wait_for_function("() => document.querySelectorAll('#list > li').length === 400")
        took.append(page.evaluate("new Promise((done) => requestAnimationFrame(() => done(performance.now())))"))
    print(f"400 classes after {[round(one) for one in took]} ms")  # noqa: T201
    assert min(took) < 1000
