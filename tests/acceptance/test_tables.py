"""Tables: any number of rows, live, arranged by the viewer, and in the saved file."""

from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from tests.acceptance.console import Stage, wait_until

pytestmark = pytest.mark.acceptance

FILL = """
deck = Deck('tables')
rows = 100_000
samples = deck.table({'n': range(rows), 'word': [f'word {n}' for n in range(rows)]}, title='samples')
files = deck.table({'file': ['a', 'b'], 'done': [0, 0.5]}, title='files', key='file', types={'done': 'progress'})
publish()
"""


def table(deck: FrameLocator | Page, title: str) -> Locator:
    return deck.locator(".ld-table", has=deck.get_by_role("heading", name=title))


def column(of: Locator, at: int) -> list[str]:
    """Return the words of a column, in the rows that are in the page."""
    return of.locator(f"tbody tr > td:nth-child({at + 1})").all_inner_texts()


def test_a_table_grows_changes_and_shrinks_while_it_is_watched_as_the_viewer_has_arranged_it(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run(FILL)
    stage.open_deck(execution)
    samples, files = table(stage.deck, "samples"), table(stage.deck, "files")
    expect(samples.get_by_role("status")).to_have_text("100,000 rows")
    assert len(column(samples, 0)) < 60
    samples.get_by_role("button", name="n", exact=True).click()
    samples.get_by_role("button", name="n", exact=True).click()
    expect(samples.locator("tbody tr").first).to_contain_text("99,999")
    strings.run("samples.append([{'n': rows + n, 'word': 'new'} for n in range(10)])\npublish()")
    expect(samples.locator("tbody tr").first).to_contain_text("100,009")
    samples.get_by_role("searchbox", name="Search samples").fill("new")
    expect(samples.get_by_role("status")).to_have_text("10 of 100,010 rows")
    samples.get_by_role("button", name="Filter").click()
    samples.get_by_role("searchbox", name="Filter n", exact=True).fill("100000..100002")
    expect(samples.get_by_role("status")).to_have_text("3 of 100,010 rows")
    assert column(samples, 0) == ["100,002", "100,001", "100,000"]

    strings.run("files.update({'file': 'a', 'done': 1, 'size': 7})\nfiles.drop('b')\npublish()")
    expect(files.get_by_role("status")).to_have_text("1 row")
    expect(files.locator("tbody td")).to_have_text(["a", "100 %", "7"])
    expect(files.locator("tbody td").first).to_have_css("position", "sticky")
    strings.finish()


def test_the_keyboard_reaches_what_the_pointer_does(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run(FILL)
    stage.open_deck(execution)
    samples = table(stage.deck, "samples")
    samples.get_by_role("button", name="n", exact=True).focus()
    stage.page.keyboard.press("Enter")
    expect(samples.get_by_role("columnheader").first).to_have_attribute("aria-sort", "ascending")
    stage.page.keyboard.press("Tab")
    stage.page.keyboard.press("Enter")
    expect(samples.locator("tbody td").first).to_have_css("position", "sticky")
    stage.page.keyboard.press("Tab")
    edge = samples.get_by_role("separator", name="Width of n", exact=True)
    expect(edge).to_be_focused()
    width = samples.locator("col").first.evaluate("node => parseInt(node.style.width)")
    stage.page.keyboard.press("ArrowRight")
    expect(samples.locator("col").first).to_have_attribute("style", f"width: {width + 16}px;")
    samples.locator(".ld-table-rows").focus()
    stage.page.keyboard.press("End")
    expect(samples.locator("tbody tr").last).to_contain_text("word 99999")
    strings.finish()


LARGE = """
import numpy as np, pandas as pd
n = 1_200_000
frame = pd.DataFrame({'id': np.arange(n), 'loss': np.sin(np.arange(n)), 'word': np.where(np.arange(n) % 3, 'a', 'b')})
deck = Deck('tables')
large = deck.table(frame, title='large')
publish()
"""


def test_of_a_frame_that_is_too_large_there_is_a_sample_and_a_summary_of_each_column(
    stage: Stage, tmp_path: Path
) -> None:
    execution, strings = stage.play()
    strings.run(LARGE)
    stage.open_deck(execution)
    words = "1,200,000 rows: a sample of 1,000, and a summary of each column"

    def shows(deck: FrameLocator | Page) -> Locator:
        large = table(deck, "large").first
        expect(large.get_by_role("status").first).to_have_text(words)
        summary = table(deck, "Columns").last
        expect(summary.locator("tbody tr > td:first-child")).to_have_text(["id", "loss", "word"])
        expect(summary.locator("tbody tr").first).to_contain_text("1,200,000")
        expect(summary.locator(".ld-table-line")).to_have_count(2)
        return large

    large = shows(stage.deck)
    large.get_by_role("button", name="id", exact=True).first.click()
    large.get_by_role("searchbox", name="Search large").fill("b")
    expect(large.get_by_role("status").first).to_contain_text(f"of 1,000 rows shown · {words}")
    strings.run("large.append([{'id': -1, 'loss': 0.5, 'word': 'b, new'}])\npublish()")
    expect(large.locator("tbody tr").first).to_contain_text("b, new")
    expect(large.get_by_role("status").first).to_contain_text("1 added since")
    strings.run("large.replace(frame)\npublish()")
    large.get_by_role("searchbox", name="Search large").fill("")
    shows(stage.deck)
    with stage.page.expect_download() as download:
        stage.panel.get_by_role("link", name="Download").click()
    download.value.save_as(tmp_path / "saved.html")
    strings.finish()
    stage.page.goto((tmp_path / "saved.html").as_uri())
    shows(stage.page)


HOSTILE = """
ask = 'document.dispatchEvent(new CustomEvent("livedeck:save", {detail: {form: "csv", text: "x"}}))'
deck.append(f'<script>{ask}</script><p>it has run</p>')
publish()
"""


def test_rows_are_saved_as_csv(stage: Stage, tmp_path: Path) -> None:
    execution, strings = stage.play()
    strings.run("deck = Deck('tables')\ndeck.table([{'n': 1, 'word': '=1+1'}], title='samples'); publish()")
    stage.open_deck(execution)
    path = tmp_path / "saved.csv"
    with stage.page.expect_download() as download:
        table(stage.deck, "samples").get_by_role("button", name="Save CSV").click()
    assert download.value.suggested_filename == "table.csv"
    download.value.save_as(path)
    assert path.read_bytes() == b"n,word\r\n1,'=1+1\r\n"
    strings.finish()


def test_what_a_script_asks_to_save_is_not_saved_unless_the_viewer_has_clicked(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run("deck = Deck('tables')\ndeck.table([{'n': 1}], title='samples')\n" + HOSTILE)
    saved: list[str] = []
    stage.page.on("download", lambda each: saved.append(each.suggested_filename))
    stage.open_deck(execution)
    browser = stage.page.context.new_cdp_session(stage.page)

    def asked(expression: str) -> object:
        """Ask the page something by other means than Playwright's own, which count as a click."""
        return browser.send("Runtime.evaluate", {"expression": expression})["result"].get("value")

    wait_until(stage.page, lambda: asked("document.querySelector('.deck-frame')?.dataset.painted === '1'") is True)
    assert asked("navigator.userActivation.isActive") is False
    assert saved == []
    inner = stage.inner("tables")
    expect(inner.get_by_text("it has run")).to_be_visible()
    with stage.page.expect_download() as download:
        table(inner, "samples").get_by_role("button", name="Save CSV").click()
    assert saved == [download.value.suggested_filename]
    strings.finish()


def test_the_saved_file_has_all_of_it_and_without_scripts_the_first_rows(stage: Stage, tmp_path: Path) -> None:
    execution, strings = stage.play()
    strings.run(FILL)
    stage.open_deck(execution)
    expect(table(stage.deck, "samples").get_by_role("status")).to_have_text("100,000 rows")
    with stage.page.expect_download() as download:
        stage.panel.get_by_role("link", name="Download").click()
    path = tmp_path / "saved.html"
    download.value.save_as(path)
    strings.finish()
    stage.page.goto(path.as_uri())
    samples = table(stage.page, "samples")
    expect(samples.get_by_role("status")).to_have_text("100,000 rows")
    samples.get_by_role("searchbox", name="Search samples").fill("word 99999")
    expect(samples.locator("tbody tr")).to_have_count(1)
    assert column(samples, 0) == ["99,999"]
    with stage.page.expect_download() as saved:
        samples.get_by_role("button", name="Save CSV").click()
    saved.value.save_as(tmp_path / "saved.csv")
    assert (tmp_path / "saved.csv").read_bytes() == b"n,word\r\n99999,word 99999\r\n"
    browser = stage.page.context.browser
    assert browser is not None
    plain = browser.new_context(java_script_enabled=False)
    page = plain.new_page()
    page.goto(path.as_uri())
    expect(table(page, "samples").get_by_role("row")).to_have_count(201)
    expect(table(page, "samples")).to_contain_text("100,000 rows, the first 200 shown")
    plain.close()
