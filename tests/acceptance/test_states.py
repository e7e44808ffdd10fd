"""Each state of a Deck, in the words that its viewer sees."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.acceptance.console import Stage, wait_until
from tests.acceptance.foreign import start_foreign
from tests.acceptance.puppet import puppeteer

PAGE = "<!doctype html><html><head><title>Deck</title></head><body><p>{}</p></body></html>"
pytestmark = pytest.mark.acceptance


def test_queued_until_its_turn_comes(stage: Stage) -> None:
    with puppeteer() as second:
        execution = stage.begin("queue", first=stage.puppeteer.address, second=second.address)
        first = stage.puppeteer.strings()
        stage.open_deck(execution, "n1")
        expect(stage.mark).to_have_text("Queued")
        expect(stage.panel.get_by_role("heading", name="Queued")).to_be_visible()
        first.finish()
        then = second.strings()
        expect(stage.mark).to_have_text("Running")
        then.publish("metrics", "<p>at last</p>")
        stage.expect_shown("at last")
        then.finish()


def test_a_task_that_waits_for_room_is_queued_and_says_for_what(stage: Stage) -> None:
    _, first = stage.play("greedy")
    with puppeteer() as second:
        execution = stage.begin("greedy", address=second.address)
        stage.open_deck(execution)
        expect(stage.mark).to_have_text("Queued")
        node = stage.page.get_by_role("region", name="Node greedy_puppet")
        expect(node.get_by_text("it is next")).to_be_visible()
        expect(stage.panel.get_by_text("The Deck appears here once the task starts.")).to_be_visible()
        expect(node.get_by_text("it is next")).to_have_count(1)
        header = stage.page.locator(".execution-title")
        expect(header).to_contain_text("Queued")
        first.finish()
        then = second.strings()
        expect(header).to_contain_text("Running")
        expect(stage.mark).to_have_text("Running")
        then.finish()


def test_running_with_nothing_published_is_a_placeholder(stage: Stage) -> None:
    execution, strings = stage.play()
    stage.open_deck(execution)
    expect(stage.mark).to_have_text("Running")
    expect(stage.panel.get_by_role("heading", name="Running, nothing published yet")).to_be_visible()
    strings.finish()


def test_live_says_how_long_ago(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.publish("metrics", "<p>one</p>")
    stage.open_deck(execution)
    expect(stage.mark).to_have_text("Live")
    expect(stage.panel.get_by_text(re.compile(r"^updated \d+(\.\d)? s ago$"))).to_be_visible()
    strings.finish()


def test_live_but_behind_while_the_store_fails(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.publish("metrics", "<p>one</p>")
    stage.open_deck(execution)
    stage.expect_shown("one")
    segments = stage.output_folder(execution) / "deck"
    with unwritable(segments):
        strings.run("Deck('metrics', '<p>two</p>'); context.publish_decks()")
        expect(stage.mark).to_have_text("Behind")
        expect(stage.panel.get_by_text("Live, but behind.")).to_be_visible()
        button = stage.panel.get_by_role("button", name="Publishing")
        button.press("Enter")
        health = stage.panel.get_by_role("region", name="Publishing")
        expect(health).to_contain_text("it keeps trying. The last try:")
        expect(health).to_contain_text(re.compile(r"Behind\s*\d"))
        strings.run("Deck('metrics', '<p>three</p>'); context.publish_decks()")
    stage.expect_shown("three")
    expect(stage.mark).to_have_text("Live")
    strings.run("Deck('metrics', '<p>four</p>'); publish()")
    expect(health).to_contain_text("The last upload that failed:")
    expect(health).to_contain_text(re.compile(r"Retried\s*[1-9]\d* upload"))
    stage.page.keyboard.press("Escape")
    expect(health).to_have_count(0)
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")
    strings.finish()
    expect(stage.mark).to_have_text("Complete")


def test_succeeded(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.publish("metrics", "<p>all there is</p>")
    strings.finish()
    stage.open_deck(execution)
    expect(stage.mark).to_have_text("Complete")
    expect(stage.panel.get_by_text(re.compile("^published "))).to_be_visible()
    stage.expect_shown("all there is")
    expect(stage.panel.get_by_role("button", name="Pause")).to_have_count(0)


def test_failed_has_the_error_in_a_tab_of_its_own(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.publish("metrics", "<p>until here</p>")
    stage.open_deck(execution)
    stage.expect_shown("until here")
    strings.run_and_lose("fail('the third wheel came off')")
    expect(stage.mark).to_have_text("Failed")
    expect(stage.panel.get_by_role("alert")).to_have_text(
        re.compile("The task failed. .*ValueError: the third wheel came off")
    )
    stage.expect_shown("until here")
    stage.tab("Error").click()
    expect(stage.deck.get_by_text("raise ValueError(words)  # the line that the Error tab shows")).to_be_visible()
    stage.page.get_by_role("tablist", name="Node").get_by_role("tab", name="Error").click()
    expect(stage.page.get_by_role("tabpanel", name="Error")).to_contain_text("puppets.py")


def test_aborted_with_the_console_and_why(stage: Stage) -> None:
    execution, strings = stage.play()
    strings.publish("metrics", "<p>so far</p>")
    stage.open_deck(execution)
    stage.expect_shown("so far")
    stage.page.get_by_role("button", name="Abort").click()
    dialog = stage.page.get_by_role("dialog", name="Abort this execution?")
    dialog.get_by_label("Reason").fill("the cat sat on it")
    dialog.get_by_role("button", name="Abort execution").click()
    expect(dialog).to_be_hidden()
    expect(stage.mark).to_have_text("Aborted")
    banner = stage.panel.get_by_text("The task was aborted.")
    expect(banner.locator("..")).to_contain_text("This is what it had published by then.")
    expect(stage.page.get_by_role("main").get_by_text("the cat sat on it", exact=True)).to_be_visible()
    stage.expect_shown("so far")


def test_died_without_a_word_says_so_and_when_it_last_spoke(stage: Stage, tmp_path: Path) -> None:
    """Its bars say how far they came, and no longer how much is left: live, in the frame of a tab, and saved."""
    execution, strings = stage.play()
    strings.publish("metrics", "<p>last words</p>")
    strings.run("bars = [Deck('metrics').progress('epochs', total=1000), Deck('framed').progress('steps', total=1000)]")
    strings.run("Deck('framed').append('<style>p { color: red }</style><p>styled</p>')")
    stage.open_deck(execution)
    pace = stage.deck.locator(".ld-pace")

    def goes() -> bool:
        strings.run("for bar in bars: bar.advance()\npublish()")
        return pace.count() > 0 and "left" in pace.inner_text()

    wait_until(stage.page, goes)
    strings.run_and_lose("os.kill(os.getpid(), 9)")
    expect(stage.mark).to_have_text("Died")
    expect(pace).to_be_hidden()
    expect(stage.deck.locator(".ld-amount")).to_have_text(re.compile(r"^\d+ of 1,000 · \d+ %"), use_inner_text=True)
    stage.tab("framed").click()
    framed = stage.inner("framed").locator(".ld-amount")
    expect(framed).to_have_text(re.compile(r"^\d+ of 1,000 · \d+ %$"), use_inner_text=True)
    stage.tab("metrics").click()
    with stage.page.expect_download() as download:
        stage.panel.get_by_role("link", name="Download").click()
    saved = stage.page.context.new_page()
    download.value.save_as(tmp_path / "saved.html")
    saved.goto((tmp_path / "saved.html").as_uri())
    expect(saved.locator(".ld-status")).to_have_text("Died")
    expect(saved.locator(".ld-amount")).to_have_text(re.compile(r"^\d+ of 1,000 · \d+ %$"), use_inner_text=True)
    saved.close()
    alert = stage.panel.get_by_role("alert")
    expect(alert).to_contain_text("The task died.")
    expect(alert).to_contain_text(re.compile(r"It last published at \d.*, \d+(\.\d)? m?s before it ended\."))
    stage.expect_shown("last words")


def test_retried_attempts_can_all_be_chosen(stage: Stage) -> None:
    execution, strings = stage.play("stubborn")
    strings.publish("metrics", "<p>first try</p>")
    stage.open_deck(execution)
    stage.expect_shown("first try")
    strings.run_and_lose("raise RecoverableError('not yet')")
    again = stage.puppeteer.strings()
    assert again.attempt == 2
    again.publish("metrics", "<p>second try</p>")
    stage.expect_shown("second try")
    expect(stage.mark).to_have_text("Live")
    attempts = stage.page.get_by_label("Attempt", exact=True)
    attempts.select_option(value="0")
    stage.expect_shown("first try")
    expect(stage.mark).to_have_text("Failed")
    expect(stage.panel.get_by_text("Attempt 1 of 2.")).to_be_visible()
    stage.panel.get_by_role("link", name="Show the latest attempt").click()
    stage.expect_shown("second try")
    again.finish()
    expect(stage.mark).to_have_text("Complete")
    expect(attempts.get_by_role("option", name="Attempt 2 of 2: Succeeded")).to_be_attached()


def test_cache_hit_shows_the_deck_of_the_run_that_filled_it(stage: Stage) -> None:
    first, strings = stage.play("remembered")
    strings.publish("metrics", "<p>worked once</p>")
    strings.finish()
    stage.open_deck(first)
    expect(stage.mark).to_have_text("Complete")
    second = stage.begin("remembered")
    stage.open_deck(second)
    expect(stage.mark).to_have_text("From the cache")
    stage.expect_shown("worked once")
    stage.panel.get_by_role("link", name="Show that run").click()
    expect(stage.page).to_have_url(re.compile(f"/executions/{first.name}\\?"))
    expect(stage.mark).to_have_text("Complete")
    stage.expect_shown("worked once")


def test_no_deck_says_why(stage: Stage) -> None:
    execution, strings = stage.play("undecked")
    stage.open(execution)
    nodes = stage.page.get_by_role("list", name="Nodes")
    expect(nodes.get_by_role("link", name=re.compile("puppet_without_deck"))).to_be_visible()
    expect(nodes.get_by_role("link", name=re.compile("^Deck of"))).to_have_count(0)
    stage.open_deck(execution)
    expect(stage.mark).to_have_text("No Deck")
    expect(stage.panel.get_by_text("The task has put nothing on its Deck")).to_be_visible()
    strings.finish()
    stage.open(execution)
    expect(stage.page.locator(".execution-title")).to_contain_text("Succeeded")
    expect(nodes.get_by_role("link", name=re.compile("^Deck of"))).to_have_count(0)


@pytest.mark.parametrize("end", ["finish", "fail"])
def test_a_deck_that_nobody_asked_for_appears_with_the_first_thing_on_it(stage: Stage, end: str) -> None:
    execution, strings = stage.play("undecked")
    stage.open(execution)
    button = stage.page.get_by_role("list", name="Nodes").get_by_role("link", name=re.compile("^Deck of"))
    expect(stage.page.locator(".execution-title")).to_contain_text("Running")
    stage.page.get_by_role("list", name="Nodes").get_by_role("link", name=re.compile("puppet_without_deck")).click()
    log = stage.page.get_by_role("tab", name="Log", selected=True)
    expect(log).to_be_visible()
    expect(button).to_have_count(0)
    strings.run('Deck("metrics", "<p>here I am</p>")')
    expect(button).to_be_visible()
    expect(log).to_be_visible()
    button.click()
    expect(stage.mark).to_have_text("Running")
    strings.run("publish()")
    stage.expect_shown("here I am")
    if end == "finish":
        strings.finish()
        expect(stage.mark).to_have_text("Complete")
    else:
        strings.run_and_lose('fail("on purpose")')
        expect(stage.mark).to_have_text("Failed")
    expect(button).to_be_visible()


@pytest.mark.parametrize(("workflow", "node"), [("undecked_item", "n0:0"), ("undecked_dynamic", "n0")])
def test_who_waits_for_the_deck_of_an_item_or_of_a_dynamic_task_sees_it_appear(
    stage: Stage, workflow: str, node: str
) -> None:
    execution, strings = stage.play(workflow)
    stage.open_deck(execution, node)
    expect(stage.mark).to_have_text("No Deck")
    strings.publish("metrics", "<p>here I am</p>")
    expect(stage.mark).to_have_text("Live")
    stage.expect_shown("here I am")
    strings.finish()
    expect(stage.mark).to_have_text("Complete")
    stage.expect_shown("here I am")


def test_a_deck_that_others_overwrite_is_shown_live_and_swapped(stage: Stage) -> None:
    execution = start_foreign(stage.client, stage.puppeteer.address)
    strings = stage.puppeteer.strings()
    node = stage.decked_node(execution).id.node_id
    strings.run("deck.write_text(html)", html=PAGE.format("first page"))
    stage.open_deck(execution, node)
    stage.expect_shown("first page")
    expect(stage.mark).to_have_text("Live")
    stage.page.evaluate("window.marker = 'still this page'")
    for number in range(3):
        strings.run("deck.write_text(html)", html=PAGE.format(f"page {number}"))
        stage.expect_shown(f"page {number}")
        expect(stage.panel.locator("iframe")).to_have_count(1)
    assert stage.page.evaluate("window.marker") == "still this page"
    strings.finish()
    expect(stage.mark).to_have_text("Complete")
    stage.expect_shown("page 2")


FLYTEKIT_PAGE = """<!doctype html><html><head><style>
#flyte-frame-container > div { display: none; } #flyte-frame-container > div.active { display: block; }
</style></head><body>
<nav><ul id="flyte-frame-tabs">TABS</ul></nav><div id="flyte-frame-container">PANELS</div></body><script>
const places = ["flyte-frame-tabs", "flyte-frame-container"].map((id) => document.getElementById(id).children);
const handleLinkClick = (tab) => {
  const index = [...places[0]].indexOf(tab);
  for (const place of places) [...place].forEach((each, at) => each.classList.toggle("active", at === index));
};
handleLinkClick(places[0][0]);
</script></html>
"""
"""A page as flytekit lays it out: tabs in the order in which the Decks were made, the first one chosen."""


def flytekit_page(*tabs: str) -> str:
    """Flytekit's page with these tabs."""
    names = "".join(f'<li onclick="handleLinkClick(this)">{tab}</li>' for tab in tabs)
    return FLYTEKIT_PAGE.replace("TABS", names).replace("PANELS", "".join(f"<div>within {tab}</div>" for tab in tabs))


def test_a_page_by_flytekit_opens_on_the_users_first_tab(stage: Stage) -> None:
    execution = start_foreign(stage.client, stage.puppeteer.address)
    strings = stage.puppeteer.strings()
    node = stage.decked_node(execution).id.node_id
    strings.run("deck.write_text(html)", html=flytekit_page("Timeline", "Source Code", "metrics", "more"))
    stage.open_deck(execution, node)
    stage.expect_shown("within metrics")
    expect(stage.deck.get_by_text("within Timeline")).to_be_hidden()
    strings.run("deck.write_text(html)", html=flytekit_page("Timeline", "Input"))
    stage.expect_shown("within Timeline")
    strings.run("deck.write_text(html)", html=flytekit_page("metrics", "Timeline"))
    stage.expect_shown("within metrics")
    strings.finish()


def test_a_page_by_flytekit_stands_among_the_decks_of_its_execution(stage: Stage) -> None:
    execution = start_foreign(stage.client, stage.puppeteer.address)
    strings = stage.puppeteer.strings()
    stage.open(execution, run="decks")
    expect(stage.page.get_by_role("heading", name="No Deck yet")).to_be_visible()
    strings.run("deck.write_text(html)", html=flytekit_page("metrics"))
    card = stage.page.get_by_role("link", name="foreign Running")
    expect(card).to_contain_text("A whole page, such as flytekit writes")
    card.click()
    stage.expect_shown("within metrics")
    strings.finish()


class unwritable:  # noqa: N801 - used like a function
    """A file stands where a folder was: the store cannot write below it, not even for root."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._aside = folder.with_name(f"{folder.name}-aside")

    def __enter__(self) -> None:
        self._folder.rename(self._aside)
        self._folder.touch()

    def __exit__(self, *_: object) -> None:
        self._folder.unlink()
        self._folder.mkdir(exist_ok=True)  # the store may have made it at once, for what has waited
        for each in self._aside.iterdir():
            each.rename(self._folder / each.name)
        self._aside.rmdir()
