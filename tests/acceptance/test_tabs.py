"""The tabs of a Deck."""

import json
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import expect

from tests.acceptance.console import Stage

pytestmark = pytest.mark.acceptance


@pytest.mark.parametrize("where", ["console", "viewer"])
def test_the_chosen_tab_is_in_the_address(stage: Stage, where: str) -> None:
    execution, strings = stage.play()
    strings.run("for name in ('a', 'b & c', 'd'): Deck(name).append(f'<p>on {name[0]}</p>')\npublish()")
    if where == "console":
        stage.open_deck(execution)
    else:
        path = f"/decks/{execution.project}/{execution.domain}/{execution.name}/n0/0/deck.html"
        stage.page.goto(stage.server.url + path)
    stage.expect_shown("on a")
    assert "tab=" not in stage.page.url
    stage.tab("b & c").click()
    expect(stage.page).to_have_url(re.compile(r"tab=b(\+|%20)%26(\+|%20)c$"))
    stage.page.reload()
    stage.expect_shown("on b")
    stage.tab("d").click()
    expect(stage.page).to_have_url(re.compile("tab=d$"))
    strings.run("Deck('a').append('more'); publish()")
    stage.expect_shown("on d")


ZOOMED = """
for name in ("first", "second", "framed"):
    deck = Deck(name)
    for title in ("loss", "rate"):
        deck.chart(title, x_label="step").append(range(101), a=range(101), b=range(101))
deck.append("<style>p { color: red }</style><p>own style</p>")
publish()
"""


@pytest.mark.parametrize("where", ["console", "viewer"])
def test_zoom_and_hidden_series_are_in_the_address(stage: Stage, where: str) -> None:
    execution, strings = stage.play()
    strings.run(ZOOMED)
    if where == "console":
        stage.open_deck(execution)
    else:
        path = f"/decks/{execution.project}/{execution.domain}/{execution.name}/n0/0/deck.html"
        stage.page.goto(stage.server.url + path)
    stage.tab("second").press("Enter")
    panel = stage.deck.get_by_role("tabpanel", name="second")
    cursor = panel.get_by_role("slider", name="Cursor of loss")
    cursor.focus()
    cursor.press("Home")
    cursor.press("+")
    cursor.press("+")
    rate = panel.locator(".ld-chart").filter(has_text="rate")
    rate.get_by_role("button", name=re.compile("^b ")).press("Enter")
    expect(stage.page).to_have_url(re.compile("hide="))
    seen = parse_qs(urlsplit(stage.page.url).query)
    assert seen["tab"] == ["second"]
    assert json.loads(seen["zoom"][0]) == [[":step", 0, 25]]
    assert json.loads(seen["hide"][0]) == [["second", "chart:rate", "b"]]
    stage.page.reload()
    expect(panel.get_by_role("button", name="Reset zoom")).to_have_count(2)
    expect(rate.get_by_role("button", name=re.compile("^b "))).to_have_attribute("aria-pressed", "false")
    loss = panel.locator(".ld-chart").filter(has_text="loss")
    expect(loss.get_by_role("button", name=re.compile("^b "))).to_have_attribute("aria-pressed", "true")
    stage.tab("framed").press("Enter")  # a tab with a frame of its own is told, and tells
    inner = stage.inner("framed")
    expect(inner.get_by_role("button", name="Reset zoom")).to_have_count(2)
    inner.get_by_role("button", name="Reset zoom").first.press("Enter")
    expect(stage.page).not_to_have_url(re.compile("zoom="))
    expect(stage.page).to_have_url(re.compile("hide="))
    stage.tab("second").press("Enter")
    expect(panel.get_by_role("button", name="Reset zoom")).to_have_count(0)
    if where == "console":
        return
    for zoom, hide in (
        ("nonsense", "[[1]]"),
        ('[[":step", 9, -1e999]]', '[["second", "gone", "b"]]'),
        ('[[":step", -9, -1]]', "{}"),
    ):
        query = urlencode({"tab": "second", "zoom": zoom, "hide": hide})
        stage.page.goto(urlsplit(stage.page.url)._replace(query=query).geturl())
        expect(rate.get_by_role("button", name="b 100")).to_have_attribute("aria-pressed", "true")
        expect(panel.get_by_role("button", name="Reset zoom")).to_have_count(0)


def test_a_name_that_turns_the_direction_of_text_turns_only_itself(stage: Stage) -> None:
    execution, strings = stage.play()
    names = ["\u202eabc", "plain", "\u05d0\u05d1"]
    strings.run("for name in names: Deck(name).value(name + ' loss', 1)\npublish()", names=names)
    stage.open_deck(execution)
    expect(stage.deck.get_by_role("tab")).to_have_count(3)
    expect(stage.deck.locator("[role=tab] > bdi")).to_have_text(names)
    label = stage.deck.get_by_role("tabpanel").locator(".ld-label")
    assert label.evaluate("node => getComputedStyle(node).unicodeBidi") == "isolate"


def test_tabs_past_the_edge_can_be_seen_and_chosen(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run("for n in range(30): Deck(f'tab number {n}').append(f'<p>on {n}.</p>')\npublish()")
    stage.open_deck(execution)
    stage.expect_shown("on 0.")
    more = stage.deck.get_by_role("combobox", name="More tabs")
    expect(more.locator("option:checked")).to_have_text(re.compile(r"^(1\d|2\d) more$"))
    expect(stage.deck.get_by_role("tablist")).to_have_attribute("data-behind", "")
    more.select_option("tab number 29")
    stage.expect_shown("on 29.")
    expect(stage.tab("tab number 29")).to_be_in_viewport(ratio=0.95)
    expect(stage.deck.get_by_role("tablist")).to_have_attribute("data-before", "")
    expect(stage.deck.get_by_role("tablist")).not_to_have_attribute("data-behind", "")
    stage.tab("tab number 29").press("Home")
    stage.expect_shown("on 0.")
    expect(stage.tab("tab number 0")).to_be_in_viewport(ratio=0.95)


def test_tabs_past_the_edge_can_be_chosen_by_keyboard(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run("for n in range(30): Deck(f'tab number {n}').append(f'<p>on {n}.</p>')\npublish()")
    stage.open_deck(execution)
    stage.expect_shown("on 0.")
    more = stage.deck.get_by_role("combobox", name="More tabs")
    count = more.locator("option").first
    expect(count).to_have_text(re.compile(r"^\d\d more$"))
    stage.iframe.dispatch_event("pointerover")  # a remote-controlled pointer is told only to the frame that it is in
    stage.tab("tab number 0").click()
    stage.page.keyboard.press("Tab")
    expect(more).to_be_focused()
    away = more.locator("option:not([hidden])").all_inner_texts()
    for name in away:  # one after the other, down to the last
        more.press("ArrowDown")
        expect(stage.tab(name)).to_have_attribute("aria-selected", "true")
        expect(stage.tab(name)).to_be_in_viewport(ratio=0.95)
    assert away[-1] == "tab number 29"
    more.press("ArrowUp")
    stage.expect_shown("on 28.")
    more.press("Shift+Tab")
    expect(stage.tab("tab number 28")).to_be_focused()
    expect(more.locator("option:checked")).to_have_text(re.compile(r"^\d\d more$"))


def test_the_list_goes_when_there_is_room_for_all_tabs_again(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run("for n in range(6): Deck(f'tab number {n}').append(f'<p>on {n}.</p>')\npublish()")
    path = f"/decks/{execution.project}/{execution.domain}/{execution.name}/n0/0/deck.html"
    stage.page.goto(stage.server.url + path)
    stage.expect_shown("on 0.")
    more = stage.deck.get_by_role("combobox", name="More tabs")
    expect(more).to_be_hidden()
    tabs = stage.deck.get_by_role("tab")
    ends = tabs.evaluate_all("all => [all[0].getBoundingClientRect().left, all.at(-1).getBoundingClientRect().right]")
    room = round(ends[1] - ends[0]) + 20  # for all tabs, not for the list beside them
    width = page_width_for(stage, room)
    for narrow in (width - 30, 500):
        stage.page.set_viewport_size({"width": narrow, "height": 900})
        expect(more).to_be_visible()
        stage.page.set_viewport_size({"width": width, "height": 900})
        expect(more).to_be_hidden()
        expect(stage.tab("tab number 5")).to_be_in_viewport(ratio=0.95)


def page_width_for(stage: Stage, room: int) -> int:
    """Return the width that the page has while there is so much room for tabs; it has a margin, and at most a width."""
    strip = stage.deck.locator(".ld-strip")
    width = room
    for _ in range(10):
        stage.page.set_viewport_size({"width": width, "height": 900})
        stage.page.wait_for_function("width => innerWidth === width", arg=width)
        missing = room - strip.evaluate(
            "node => new Promise(done => requestAnimationFrame(() => done(node.clientWidth)))"
        )
        if missing == 0:
            return width
        width += missing
    raise AssertionError(f"no page has {room} pixels for tabs")


def test_few_tabs_have_no_list(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run("Deck('a').append('<p>on a'); Deck('b').append('<p>on b'); publish()")
    stage.open_deck(execution)
    stage.expect_shown("on a")
    expect(stage.deck.get_by_label("More tabs")).to_be_hidden()


def test_a_deck_is_presented_alone_and_escape_leads_back(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run("Deck('here').value('loss', 1)")
    strings.run("Deck('framed', '<style>p { color: red }</style><button>in it</button>')\npublish()")
    stage.open_deck(execution)
    expect(stage.tab("here")).to_be_visible()
    present = stage.panel.get_by_role("button", name="Present")
    present.press("Enter")
    stop = stage.panel.get_by_role("button", name="Stop presenting")
    expect(stop).to_be_focused()
    expect(stage.mark).to_have_text("Live")
    size = stage.page.evaluate("[innerWidth, innerHeight]")
    expect(stage.iframe).to_have_js_property("clientWidth", size[0])
    expect(stage.iframe).to_have_js_property("clientHeight", size[1])
    bar = stage.page.locator(".top-bar")
    expect(bar).to_have_js_property("inert", True)  # what is behind it is not there for the keyboard, either
    stop.press("Escape")
    expect(present).to_be_focused()
    expect(bar).to_have_js_property("inert", False)
    stage.page.keyboard.press("f")
    expect(stop).to_be_visible()
    stage.page.keyboard.press("Tab")
    expect(stage.tab("here")).to_be_focused()
    stage.page.keyboard.press("ArrowRight")
    inner = stage.inner("framed").get_by_role("button", name="in it")
    expect(inner).to_be_visible()
    stage.page.keyboard.press("Tab")  # to the panel, and into it
    stage.page.keyboard.press("Tab")
    expect(inner).to_be_focused()
    stage.page.keyboard.press("f")  # what is in the frame is not asked
    expect(stop).to_be_visible()
    stage.page.keyboard.press("Escape")
    expect(present).to_be_visible()
    expect(stage.iframe).not_to_have_js_property("clientHeight", size[1])
    stage.page.keyboard.press("f")  # the keyboard is in the frame
    expect(present).to_be_visible()
    present.press("f")
    expect(stop).to_be_visible()
    stop.click()
    expect(present).to_be_visible()
    strings.finish()
