"""A frame that takes more and more memory is let go before its process ends."""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from livedeck.client import Client
from livedeck.testing.process import ServerProcess
from tests.acceptance.conftest import ARGUMENTS
from tests.acceptance.console import Stage
from tests.acceptance.puppet import TIMEOUT, Puppeteer

pytestmark = pytest.mark.acceptance

SCRIPTS_MIB: Final = 1_000
"""What the scripts of a process get, so that a frame can take all of it without taking the machine's."""

MORE_AND_MORE: Final = """<script>{
  const kept = [];
  setInterval(() => kept.push(new Uint8Array(kept.length < 40 ? 2e7 : 2e6).fill(1)), 50);
}</script>"""


@pytest.fixture(scope="module")
def small_browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    """One whose scripts get little memory."""
    arguments = [*ARGUMENTS, f"--js-flags=--max-old-space-size={SCRIPTS_MIB}"]
    browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
    yield browser
    browser.close()


@pytest.fixture
def small_page(small_browser: Browser) -> Iterator[Page]:
    """A page of it."""
    context = small_browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(TIMEOUT * 1000)
    yield context.new_page()
    context.close()


@pytest.fixture
def small_stage(small_page: Page, server: ServerProcess, client: Client, puppets: Puppeteer) -> Stage:
    """A stage in it."""
    return Stage(small_page, server, client, puppets)


def test_a_tab_that_takes_more_and_more_memory_is_let_go_alone(small_stage: Stage) -> None:
    execution, strings = small_stage.play()
    strings.run("Deck('deck', html); Deck('words').append('<p>other words</p>'); publish()", html=MORE_AND_MORE)
    small_stage.open_deck(execution)
    stopped = small_stage.deck.get_by_role("tabpanel", name="deck").get_by_role("alert")
    expect(stopped).to_contain_text("took more and more memory")
    small_stage.tab("words").click()
    small_stage.expect_shown("other words")
    strings.publish("deck", "<p>calm</p>")
    small_stage.tab("deck").click()
    stopped.get_by_role("button", name="Load the tab again").click()
    expect(small_stage.inner("deck").get_by_text("calm")).to_be_visible()
    expect(small_stage.panel.get_by_role("alert")).to_have_count(0)


def test_a_report_that_does_is_let_go_with_its_deck(small_stage: Stage) -> None:
    execution, strings = small_stage.play()
    strings.publish("deck", f"<!doctype html><html><body><p>report</p>{MORE_AND_MORE}</body></html>")
    small_stage.open_deck(execution)
    expect(small_stage.panel.get_by_role("alert")).to_contain_text("more and more memory")
    strings.publish("deck", "<p>calm</p>")
    small_stage.panel.get_by_role("button", name="Load it again").click()
    small_stage.expect_shown("calm")
