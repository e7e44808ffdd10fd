"""A tab that nobody looks at holds no connection, and misses nothing.

Playwright makes every page believe that it is in front. So this browser is started by hand and left as it is; its
tabs hide one another as they do for people.
"""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, Request, expect

from livedeck.client import Client
from livedeck.testing.process import ServerProcess
from tests.acceptance.conftest import ARGUMENTS
from tests.acceptance.console import Stage, wait_until
from tests.acceptance.puppet import TIMEOUT, Puppeteer

pytestmark = pytest.mark.acceptance
LINES = re.compile(r"^line \d")
LISTENING = re.compile(r"listening on (ws://\S+)")


@pytest.fixture
def plain_browser(playwright: Playwright, chromium: str, tmp_path: Path) -> Iterator[Browser]:
    command = [chromium, "--headless", *ARGUMENTS, "--remote-debugging-port=0", f"--user-data-dir={tmp_path}"]
    said = tmp_path / "said"  # a file: nobody reads what else it says, and a pipe that is full would hold it up
    with said.open("w") as output:
        process = subprocess.Popen([*command, "about:blank"], stderr=output)
    address = None
    deadline = time.monotonic() + TIMEOUT
    while address is None:
        assert time.monotonic() < deadline, said.read_text()
        address = LISTENING.search(said.read_text())
    browser = playwright.chromium.connect_over_cdp(address[1], no_defaults=True)
    yield browser
    browser.close()
    process.terminate()
    process.wait(timeout=TIMEOUT)


@pytest.fixture
def page(plain_browser: Browser) -> Page:
    (context,) = plain_browser.contexts
    context.set_default_timeout(TIMEOUT * 1000)
    return context.pages[0]


def streams_of(page: Page, path: str) -> tuple[list[Request], list[Request]]:
    """The requests for a stream so far, and those of them that are over; both lists grow."""
    begun: list[Request] = []
    over: list[Request] = []
    page.on("request", lambda request: begun.append(request) if path in request.url else None)
    for event in ("requestfinished", "requestfailed"):
        page.on(event, lambda request: over.append(request) if path in request.url else None)
    return begun, over


def test_a_hidden_tab_closes_its_stream_and_resumes_without_loss(
    page: Page, server: ServerProcess, client: Client, puppets: Puppeteer
) -> None:
    stage = Stage(page, server, client, puppets)
    execution, strings = stage.play()
    begun, over = streams_of(page, "/live/streams")
    strings.run("deck = Deck('lines'); deck.append('<p>line 0</p>'); publish()")
    stage.open_deck(execution)
    stage.expect_shown("line 0")
    assert page.evaluate("document.visibilityState") == "visible"
    wait_until(page, lambda: len(begun) - len(over) == 1)

    other = page.context.new_page()
    page.wait_for_function("document.visibilityState === 'hidden'", polling=50)
    wait_until(page, lambda: len(over) == len(begun))
    for number in range(1, 6):
        strings.run("deck.append(html); publish()", html=f"<p>line {number}</p>")
    expect(stage.deck.get_by_text("line 0")).to_be_attached()
    assert stage.deck.get_by_text(LINES).count() == 1, "a hidden tab was sent something"
    known = len(begun)

    other.close()
    page.bring_to_front()
    stage.expect_shown("line 5")
    assert stage.deck.get_by_text(LINES).all_inner_texts() == [f"line {i}" for i in range(6)]
    assert len(begun) == known + 1
    asked = json.loads(begun[-1].post_data or "")["streams"]
    deck = next(each for each in asked if each["url"].startswith("/live/decks/"))
    assert deck["lastId"] == "0.1"
    strings.finish()
    expect(stage.mark).to_have_text("Complete")
