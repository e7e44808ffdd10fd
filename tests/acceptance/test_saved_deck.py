"""A Deck as a file: downloaded, opened from disk, with scripts and without."""

import json
import re
import time
from html import escape
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from livedeck.deck import snapshot
from livedeck.deck.ops import Document, Element, Html, Tab, Text, Value
from tests.acceptance.console import Stage
from tests.acceptance.listener import Listener
from tests.acceptance.puppet import TIMEOUT

pytestmark = pytest.mark.acceptance
FILL = """
deck = Deck('metrics')
deck.progress('epochs', total=4).update(3)
deck.value('accuracy', 0.75, unit='%')
chart = deck.chart('Loss')
for x in range(50): chart.append(x, training=50 - x)
deck.markdown('**strong words**')
deck.text('a <plain> text').append(' &amp; more')
Deck('words', '<p>on the second tab</p>')
publish()
"""


def saved(stage: Stage, folder: Path) -> Path:
    """Download a Deck with a bit of everything while its task runs, as a viewer would."""
    execution, strings = stage.play()
    strings.run(FILL)
    stage.open_deck(execution)
    expect(stage.deck.get_by_text("3 of 4")).to_be_visible()
    with stage.page.expect_download() as download:
        stage.panel.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == f"{execution.name}-n0-0.html"
    path = folder / "saved.html"
    download.value.save_as(path)
    strings.finish()
    return path


def test_downloaded_it_opens_from_disk_with_everything_in_it(stage: Stage, tmp_path: Path) -> None:
    path = saved(stage, tmp_path)
    # A page of its own: the console's may still be fetching the scripts of its other pages.
    page = stage.page.context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    check_first_tab(page)
    chart = page.get_by_role("img", name=re.compile(r"^Loss\. training: 50 points"))
    expect(chart.locator("canvas")).to_be_visible()
    page.get_by_role("tab", name="words").click()
    expect(page.get_by_text("on the second tab")).to_be_visible()
    expect(page.get_by_text("strong words")).to_be_hidden()
    is_presented(page)
    assert asked == [path.as_uri()], "it needs more than itself"


def is_presented(page: Page) -> None:
    """It is alone on the screen, and says how it stands; Escape leads back."""
    title, present = page.get_by_role("heading", level=1), page.get_by_role("button", name="Present", exact=True)
    present.press("Enter")
    stop = page.get_by_role("button", name="Stop presenting")
    expect(stop).to_be_focused()
    expect(title).to_be_hidden()
    expect(page.locator(".ld-status")).to_be_visible()
    assert page.evaluate("document.fullscreenElement === document.documentElement")
    stop.press("Escape")
    expect(title).to_be_visible()
    assert page.evaluate("document.fullscreenElement === null")
    present.press("f")
    stop.click()
    expect(present).to_be_visible()
    expect(title).to_be_visible()


def test_without_scripts_it_shows_the_same(stage: Stage, browser: Browser, tmp_path: Path) -> None:
    path = saved(stage, tmp_path)
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(TIMEOUT * 1000)
    page = context.new_page()
    page.goto(path.as_uri())
    check_first_tab(page)
    expect(page.locator(".ld-plot svg")).to_be_visible()
    page.locator("input[aria-label=words]").press("Space")
    body = page.locator("body")
    expect(body).to_contain_text("on the second tab", use_inner_text=True)
    expect(body).not_to_contain_text("strong words", use_inner_text=True)
    context.close()


def test_what_lies_in_the_store_is_such_a_file_too(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run(FILL)
    deck = stage.output_folder(execution) / "deck.html"
    strings.finish()
    stage.open_deck(execution)
    expect(stage.mark).to_have_text("Complete")
    stage.page.goto(deck.as_uri())
    check_first_tab(stage.page)


SANDBOXES = {"flyteconsole": "allow-scripts allow-same-origin", "without an origin": "allow-scripts", "no scripts": ""}


@pytest.mark.parametrize("sandbox", SANDBOXES)
@pytest.mark.parametrize("live", [False, True])
def test_in_a_console_that_shows_it_in_a_sandboxed_frame(
    page: Page, tmp_path: Path, sandbox: str, *, live: bool
) -> None:
    """As Flyte's own console does: the whole page in the attribute of a frame, which has no address."""
    html = "<p class='mine'>raw &amp; é 💥</p>"
    elements: list[Element] = [Html("h", html), Text("t", "<plain> &amp; é 💥"), Value("v", "loss", 0.25)]
    report = Html("r", "<!doctype html><html><body><h1>A report</h1></body></html>")
    document = Document(1, "", [Tab("first", elements), Tab("second", [report])])
    shown = snapshot.render(document, live=live).decode()
    attributes = f'sandbox="{SANDBOXES[sandbox]}" srcdoc="{escape(shown, quote=True)}"'
    path = tmp_path / "console.html"
    path.write_text(f"<!doctype html><iframe {attributes} style='width: 900px; height: 600px'></iframe>", "utf-8")
    page.goto(path.as_uri())
    deck = page.locator("iframe").content_frame
    body = deck.locator("body")
    for words in ("raw & é 💥", "<plain> &amp; é 💥", "0.25"):
        expect(body).to_contain_text(words, use_inner_text=True)
    expect(deck.locator(".ld-element:visible")).to_have_count(3)
    deck.locator("label, [role=tab]", has_text="second").click()
    expect(body).not_to_contain_text("raw & é 💥", use_inner_text=True)
    expect(deck.locator("iframe").content_frame.get_by_role("heading", name="A report")).to_be_visible()


def check_first_tab(page: Page) -> None:
    # The words as they are rendered: Playwright's own search by text never looks into a noscript element.
    body = page.locator("body")
    for words in ("3 of 4", "0.75", "strong words", "a <plain> text &amp; more"):
        expect(body).to_contain_text(words, use_inner_text=True)
    expect(body).not_to_contain_text("on the second tab", use_inner_text=True)


TRIES = """
<p id="report">trying</p><img src="URL/image.png"><link rel="stylesheet" href="URL/style.css">
<script src="URL/script.js"></script><iframe src="URL/frame.html"></iframe>
<img id="inline" src="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='7' height='7'/%3E">
<script>
window.onload = async () => {
  const found = { eval: new Function("return 6 * 7")(), image: document.getElementById("inline").naturalWidth };
  found.fetched = await fetch("URL/fetch").then(() => true, () => false);
  found.socket = await new Promise((done) => {
    try {
      const socket = new WebSocket("URL/socket".replace("http", "ws"));
      socket.onopen = () => done(true);
      socket.onerror = () => done(false);
    } catch { done(false); }
  });
  found.beacon = navigator.sendBeacon("URL/beacon", "x") && false;
  document.getElementById("report").textContent = JSON.stringify(found);
};
</script>
"""


@pytest.mark.parametrize("live", [False, True])
def test_from_disk_its_scripts_run_and_reach_nothing(
    page: Page, tmp_path: Path, listener: Listener, *, live: bool
) -> None:
    elements: list[Element] = [Html("a", TRIES.replace("URL", listener.url))]
    path = tmp_path / "deck.html"
    path.write_bytes(snapshot.render(Document(1, "", [Tab("main", elements)]), live=live))
    page.goto(path.as_uri())
    # A tab with scripts has a frame, whether or not the page's own script draws it.
    report = page.locator("iframe").content_frame.locator("#report")
    expect(report).not_to_have_text("trying")
    found = json.loads(report.inner_text())
    assert found == {"eval": 42, "image": 7, "fetched": False, "socket": False, "beacon": False}
    # Chromium connects for a frame's address before it looks whether the policy allows it, and then says nothing.
    assert set(listener.heard) <= {"connected and said nothing"}


def test_the_page_before_anything_was_published_reaches_nothing_either(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "deck.html"
    path.write_bytes(snapshot.placeholder("train"))
    page.goto(path.as_uri())
    expect(page.get_by_text("train", exact=True)).to_be_visible()
    assert page.evaluate("fetch('data:,x').then(() => true, () => false)") is False


def test_the_file_of_a_task_that_was_killed_says_so(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.run(FILL)
    strings.run_and_lose("os.kill(os.getpid(), 9)")
    path = stage.output_folder(execution) / "deck.html"
    deadline = time.monotonic() + TIMEOUT
    while snapshot.is_live(path.read_bytes()):
        assert time.monotonic() < deadline, "the server does not finish it"
        time.sleep(0.05)
    stage.page.goto(path.as_uri())
    expect(stage.page.locator(".ld-status")).to_have_text("Died")
    expect(stage.page.get_by_text("It ended without a word after its last publish.")).to_be_visible()
    check_first_tab(stage.page)
