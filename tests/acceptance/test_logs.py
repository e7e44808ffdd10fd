"""Logs: followed, searched and chosen from while they grow, and in the saved file."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.acceptance.console import Stage

pytestmark = pytest.mark.acceptance

FILL = r"""
import logging
log = Deck('logs').log('training')
log.append('\n'.join(f'line {n}' for n in range(10_000)), level='info')
log.append('disk is slow', level='warning')
handler = log.handler()
publish()
"""


def last(log: Locator) -> Locator:
    return log.get_by_role("option").last


def test_the_end_stays_in_sight_until_the_viewer_scrolls_up_and_a_button_leads_back(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run(FILL)
    stage.open_deck(execution)
    log = stage.deck.get_by_role("log", name="training")
    expect(last(log)).to_contain_text("disk is slow")
    assert log.get_by_role("option").count() < 60
    strings.run("log.append('and one'); publish()")
    expect(last(log)).to_contain_text("and one")
    expect(last(log)).to_be_in_viewport()
    follow = log.get_by_role("button")
    expect(follow).to_be_hidden()
    log.get_by_role("listbox").hover()
    stage.page.mouse.wheel(0, -2000)
    expect(follow).to_have_text("Follow ↓")
    shown = log.get_by_role("option").nth(20).inner_text()
    strings.run("log.append('two\\nthree'); publish()")
    expect(follow).to_have_text("2 new lines ↓")
    assert log.get_by_role("option").nth(20).inner_text() == shown
    follow.click()
    expect(last(log)).to_contain_text("three")
    expect(last(log)).to_be_in_viewport()
    expect(follow).to_be_hidden()
    strings.finish()


def test_a_progress_bar_is_one_line_and_records_have_their_level(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run(FILL)
    stage.open_deck(execution)
    log = stage.deck.get_by_role("log", name="training")
    for share in (10, 60, 100):
        strings.run(f"print('\\r{share:>3} % <b>', end='', file=log); publish()")
        expect(last(log)).to_contain_text(f"{share} % <b>")
    strings.run(
        "record = logging.makeLogRecord({'msg': '\\x1b[31mred\\x1b[0m', 'levelno': 40, 'levelname': 'ERROR'})\n"
        "handler.handle(record); publish()"
    )
    expect(last(log)).to_contain_text(re.compile(r"^\d\d:\d\d:\d\d\.\d\d\dERRORred$"))
    expect(last(log).get_by_text("red", exact=True)).to_have_css("color", "rgb(185, 44, 44)")
    expect(stage.deck.get_by_text("10,003 lines", exact=True)).to_be_visible()
    strings.finish()


def test_lines_are_searched_and_shown_by_level_while_they_come(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run(FILL)
    stage.open_deck(execution)
    log = stage.deck.get_by_role("log", name="training")
    search = stage.deck.get_by_role("searchbox", name="Search training")
    search.fill("LINE 77")
    found = stage.deck.locator(".ld-log-found")
    expect(found).to_have_text("111 lines")
    search.press("Enter")
    expect(found).to_have_text("1 of 111")
    expect(log.locator(".ld-log-sought")).to_contain_text("line 77")
    search.press("Shift+Enter")
    expect(found).to_have_text("111 of 111")
    expect(log.locator(".ld-log-sought")).to_be_in_viewport()
    expect(log.locator(".ld-log-sought")).to_contain_text("line 7799")
    strings.run("log.append('line 77 again', level='error'); publish()")
    expect(found).to_have_text("111 of 112")
    stage.deck.get_by_role("button", name="Next line found").click()
    expect(log.locator(".ld-log-sought")).to_contain_text("line 77 again")
    stage.deck.get_by_role("combobox", name="Level").select_option("WARNING and above")
    expect(log.get_by_role("option")).to_have_count(2)
    expect(stage.deck.get_by_text("2 of 10,002 lines", exact=True)).to_be_visible()
    expect(found).to_have_text("1 of 1")
    strings.run("log.append('worse', level='critical'); log.append('nothing', level='info'); publish()")
    expect(log.get_by_role("option")).to_have_count(3)
    strings.finish()


def test_the_keyboard_reaches_every_line_chooses_and_copies(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run(FILL)
    stage.open_deck(execution)
    lines = stage.deck.get_by_role("listbox", name="Lines of training")
    expect(lines.get_by_role("option").last).to_contain_text("disk is slow")
    search = stage.deck.get_by_role("searchbox", name="Search training")
    search.focus()
    for _ in range(4):
        stage.page.keyboard.press("Tab")
    expect(lines).to_be_focused()
    stage.page.keyboard.press("Home")
    expect(lines.get_by_role("option").first).to_have_attribute("aria-posinset", "1")
    expect(lines.get_by_role("option").first).to_be_in_viewport()
    stage.page.keyboard.press("Shift+ArrowDown")
    stage.page.keyboard.press("Shift+ArrowDown")
    expect(lines.get_by_role("option", selected=True)).to_have_count(3)
    stage.deck.get_by_role("button", name="Copy lines").click()
    expect(stage.deck.get_by_role("button", name="Copied 3 lines")).to_be_visible()
    search.fill("")
    search.focus()
    stage.page.keyboard.press("Control+v")
    expect(search).to_have_value(re.compile(r"INFO line 0 ?\d\d:.*INFO line 1 ?\d\d:.*INFO line 2$"))
    wrap = stage.deck.get_by_role("button", name="Wrap")
    wrap.press("Enter")
    expect(wrap).to_have_attribute("aria-pressed", "true")
    strings.finish()


def test_the_saved_file_has_all_lines_and_without_scripts_the_last_ones(stage: Stage, tmp_path: Path) -> None:
    execution, strings = stage.play()
    strings.run(FILL)
    stage.open_deck(execution)
    expect(last(stage.deck.get_by_role("log", name="training"))).to_contain_text("disk is slow")
    with stage.page.expect_download() as download:
        stage.panel.get_by_role("link", name="Download").click()
    path = tmp_path / "saved.html"
    download.value.save_as(path)
    strings.finish()
    stage.page.goto(path.as_uri())
    log = stage.page.get_by_role("log", name="training")
    expect(last(log)).to_contain_text("disk is slow")
    stage.page.get_by_role("searchbox", name="Search training").fill("line 4321")
    stage.page.keyboard.press("Enter")
    expect(log.locator(".ld-log-sought")).to_be_in_viewport()
    browser = stage.page.context.browser
    assert browser is not None
    plain = browser.new_context(java_script_enabled=False)
    page = plain.new_page()
    page.goto(path.as_uri())
    above = page.locator(".ld-log-above")
    expect(above).to_have_text("9,801 lines above are not shown here. Times are in UTC.")
    expect(page.locator(".ld-log-static")).to_contain_text("WARNING disk is slow")
    expect(page.locator(".ld-log-static .ld-log-time")).to_have_count(200)
    plain.close()
