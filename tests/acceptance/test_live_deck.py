"""The Deck appears while its task runs, and changes in place."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.acceptance.console import Stage, settled_box

pytestmark = pytest.mark.acceptance

LONG = "".join(f"<p>line {i}</p>" for i in range(200))


def test_deck_button_and_deck_are_there_while_the_task_runs(stage: Stage) -> None:
    execution = stage.begin()
    stage.open(execution)
    strings = stage.puppeteer.strings()
    stage.page.get_by_role("link", name=re.compile(r"^Deck of .*puppet")).click()
    strings.publish("metrics", "<p>first words</p>")
    stage.expect_shown("first words")
    expect(stage.mark).to_have_text("Live")
    strings.publish("metrics", "<p>second words</p>")
    stage.expect_shown("second words")
    expect(stage.deck.get_by_text("first words")).to_have_count(0)
    strings.finish()
    expect(stage.mark).to_have_text("Complete")
    stage.expect_shown("second words")


def test_an_update_keeps_page_frame_scroll_position_and_tab(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run("Deck('first', '<p>of the first</p>')")
    strings.publish("second", LONG + "<p>epoch 0</p>")
    stage.open_deck(execution)
    stage.tab("second").click()
    stage.expect_shown("epoch 0")
    stage.page.evaluate("window.marker = 'still this page'")
    frame = stage.iframe.element_handle().content_frame()
    assert frame is not None
    frame.evaluate("window.marker = 'still this frame'; window.scrollTo(0, 1234)")
    for epoch in range(1, 4):
        strings.run("Deck('first', html)", html=f"<p>first {epoch}</p>")
        strings.publish("second", f"{LONG}<p>epoch {epoch}</p>")
        expect(stage.deck.get_by_text(f"epoch {epoch}", exact=True)).to_be_attached()
    assert frame.evaluate("[window.marker, window.scrollY]") == ["still this frame", 1234]
    assert stage.page.evaluate("window.marker") == "still this page"
    expect(stage.tab("second")).to_have_attribute("aria-selected", "true")
    stage.tab("first").click()
    stage.expect_shown("first 3")
    stage.tab("second").click()
    frame.wait_for_function("window.scrollY === 1234")  # each tab keeps its own scroll position
    strings.finish()


def test_a_zoom_into_a_chart_stays_while_points_arrive(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run("chart = Deck('metrics').chart('Loss')")
    strings.run("for x in range(100): chart.append(x, loss=100 - x)\npublish()")
    stage.open_deck(execution)
    plot = stage.deck.get_by_role("img", name=re.compile("^Loss"))
    expect(plot).to_have_accessible_name(re.compile("100 points"))
    box = settled_box(stage.page, stage.deck.get_by_role("slider", name="Cursor of Loss"))
    stage.page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + box["height"] / 2)
    stage.page.mouse.down()
    stage.page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + box["height"] / 2, steps=5)
    stage.page.mouse.up()
    reset = stage.deck.get_by_role("button", name="Reset zoom")
    expect(reset).to_be_visible()
    strings.run("for x in range(100, 200): chart.append(x, loss=x)\npublish()")
    expect(plot).to_have_accessible_name(re.compile("200 points"))
    expect(reset).to_be_visible()
    reset.click()
    expect(reset).to_be_hidden()
    strings.finish()


def test_a_paused_deck_stands_still_and_catches_up(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.publish("metrics", "<p>before the pause</p>")
    stage.open_deck(execution)
    stage.expect_shown("before the pause")
    stage.panel.get_by_role("button", name="Pause").click()
    expect(stage.mark).to_have_text("Paused")
    strings.publish("metrics", "<p>meanwhile</p>")
    expect(stage.panel.get_by_text("1 update waits")).to_be_visible()
    stage.expect_shown("before the pause")
    strings.publish("metrics", "<p>after</p>")
    expect(stage.panel.get_by_text("2 updates wait")).to_be_visible()
    stage.panel.get_by_role("button", name="Resume").click()
    stage.expect_shown("after")
    expect(stage.mark).to_have_text("Live")
    strings.finish()


def test_every_way_of_showing_something_is_on_screen(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run("deck = Deck('all')")
    strings.run("bar = deck.progress('epochs', total=4); bar.update(1)")
    strings.run("tile = deck.value('accuracy', 0.5, unit='%')")
    strings.run("deck.markdown('# A heading\\n\\n| a | b |\\n|---|---|\\n| 1 | 2 |')")
    strings.run("deck.append('<b>bold</b>'); publish()")
    stage.open_deck(execution)
    expect(stage.deck.get_by_text("1 of 4")).to_be_visible()
    expect(stage.deck.get_by_text("0.5")).to_be_visible()
    expect(stage.deck.get_by_role("heading", name="A heading")).to_be_visible()
    expect(stage.deck.get_by_role("cell", name="2")).to_be_visible()
    strings.run("bar.update(3); tile.update(0.75, delta=0.25); publish()")
    expect(stage.deck.get_by_text("3 of 4")).to_be_visible()
    expect(stage.deck.get_by_text("0.75")).to_be_visible()
    strings.finish()


def test_more_pages_are_live_than_a_browser_has_connections(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.publish("deck", "<p>first</p>")
    others = [Stage(stage.page.context.new_page(), stage.server, stage.client, stage.puppeteer) for _ in range(7)]
    asked: list[str] = []
    stage.page.on("request", lambda request: asked.append(request.url) if "/live/" in request.url else None)
    stages = [stage, *others]
    for each in stages:  # each follows its execution, and a Deck
        each.open_deck(execution)
        each.expect_shown("first")
    strings.publish("deck", "<p>second</p>")
    for each in stages:
        each.expect_shown("second")
    assert {urlsplit(url).path for url in asked} == {"/live/streams"}
    for each in stages:  # calls have their turn, too
        assert each.page.evaluate("fetch('/api/v1/projects').then(({ ok }) => ok)")
    stages.pop(2).page.close()
    stages.pop().page.close()
    strings.publish("deck", "<p>third</p>")
    for each in stages:
        each.expect_shown("third")
    strings.finish()
    for each in stages:
        expect(each.mark).to_have_text("Complete")
