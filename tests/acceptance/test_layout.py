"""Sections, rows, grids, groups, the list of contents: live, by keyboard, on a narrow screen, and in the saved file."""

from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from tests.acceptance.console import Stage

pytestmark = pytest.mark.acceptance

FILL = """
deck = Deck('metrics')
with deck.section('Overview'):
    with deck.row():
        for name in ('loss', 'accuracy', 'rate'):
            deck.value(name, 0.5)
    grid = deck.grid(3)
    grid.cell(span=2).chart('wide').append([1, 2, 3], y=[1, 2, 3])
    grid.chart('beside').append([1, 2, 3], y=[3, 2, 1])
folded = deck.section('Details', folded=True)
inner = folded.chart('inner')
inner.append([1, 2, 3], y=[1, 2, 3])
for n in range(12):
    deck.chart(f'layer_{n:02}/grad').append([1, 2, 3], y=[n, 2, 3])
for part in ('train', 'val'):
    deck.chart(f'{part}/loss').append([1, 2, 3], y=[3, 2, 1])
publish()
"""


def titled(deck: FrameLocator | Page, title: str) -> Locator:
    """Return the section or group of that title."""
    return deck.locator("details.ld-section", has=deck.get_by_role("heading", name=title, exact=True)).last


def box(of: Locator) -> tuple[float, float, float]:
    """Return where it is: left, top, width."""
    found = of.bounding_box()
    assert found is not None
    return found["x"], found["y"], found["width"]


def chart(deck: FrameLocator | Page, title: str) -> Locator:
    return deck.locator(".ld-chart", has=deck.get_by_role("heading", name=title, exact=True))


def test_elements_stand_beside_each_other_and_what_is_folded_stays_so_while_it_grows(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run(FILL)
    stage.open_deck(execution)
    values = stage.deck.locator(".ld-row > .ld-value")
    expect(values).to_have_count(3)
    assert len({box(values.nth(at))[1] for at in range(3)}) == 1
    wide, beside = box(chart(stage.deck, "wide")), box(chart(stage.deck, "beside"))
    assert wide[1] == beside[1]
    assert 1.8 < wide[2] / beside[2] < 2.2

    details, layers = titled(stage.deck, "Details"), titled(stage.deck, "layer_00 \u2013 layer_11")
    expect(details).not_to_have_attribute("open", "")
    details.locator("> summary").click()
    expect(chart(stage.deck, "inner").locator("canvas")).to_be_visible()
    layers.locator("> summary").click()
    strings.run("inner.append(4, y=9)\nfolded.value('late', 1)\ndeck.chart('layer_12/grad').append(1, y=1)\npublish()")
    expect(titled(stage.deck, "layer_00 \u2013 layer_12").locator(".ld-count")).to_have_text("13")
    expect(titled(stage.deck, "layer_00 \u2013 layer_12")).not_to_have_attribute("open", "")
    expect(details.locator(".ld-value")).to_contain_text("late")
    expect(details).to_have_attribute("open", "")
    strings.run("folded.remove()\npublish()")
    expect(chart(stage.deck, "inner")).to_have_count(0)
    strings.finish()


def test_the_list_of_contents_leads_to_sections_groups_and_charts_by_keyboard_alone(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run(FILL)
    stage.page.set_viewport_size({"width": 2600, "height": 700})
    stage.open_deck(execution)
    contents = stage.deck.get_by_role("navigation", name="Contents")
    expect(contents.get_by_role("button")).to_have_text(
        ["Overview5", "Details1", "layer_00 \u2013 layer_1112", "train1", "val1"]
    )
    stage.deck.get_by_role("tabpanel").focus()
    stage.page.keyboard.press("/")
    stage.page.keyboard.type("inner")
    expect(contents.get_by_role("button")).to_have_text(["inner"])
    stage.page.keyboard.press("Tab")
    stage.page.keyboard.press("Enter")
    expect(titled(stage.deck, "Details")).to_have_attribute("open", "")
    expect(chart(stage.deck, "inner")).to_be_in_viewport()

    stage.page.set_viewport_size({"width": 400, "height": 800})
    fold = contents.get_by_role("button", name="Contents")
    fold.focus()
    stage.page.keyboard.press("Enter")
    expect(contents.get_by_role("searchbox")).to_be_visible()
    width = stage.deck.locator("html").evaluate("node => node.scrollWidth - node.clientWidth")
    assert width <= 0
    strings.finish()


def test_the_saved_file_has_it_too_and_without_scripts(stage: Stage, tmp_path: Path) -> None:
    execution, strings = stage.play()
    strings.run(FILL)
    stage.open_deck(execution)
    expect(titled(stage.deck, "Overview")).to_be_visible()
    with stage.page.expect_download() as download:
        stage.panel.get_by_role("link", name="Download").click()
    saved = tmp_path / "saved.html"
    download.value.save_as(saved)
    strings.finish()
    browser = stage.page.context.browser
    assert browser is not None
    for scripts in (True, False):
        context = browser.new_context(java_script_enabled=scripts)
        page = context.new_page()
        page.goto(saved.as_uri())
        expect(titled(page, "Details")).not_to_have_attribute("open", "")
        titled(page, "Details").locator("> summary").focus()
        page.keyboard.press("Enter")
        expect(chart(page, "inner")).to_be_visible()
        expect(titled(page, "layer_00 \u2013 layer_11").locator(".ld-chart")).to_have_count(12)
        context.close()
