"""The list of executions when there are very many: the page says how far it has looked, and goes on by itself.

And the page of one of them, which has a map of very many items.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from bench.history import DOMAIN, MAP, MAPPED, PROJECT, RARE, write_history
from livedeck.deck import segments
from livedeck.deck.ops import End, Html, Op, Put, Segment
from livedeck.store import layout, open_store
from livedeck.testing.process import ServerProcess, running_server
from tests.acceptance.console import wait_until

EXECUTIONS = 16_000
ITEMS = 10_000
SHOWN = 5_000
"""The item that has a Deck and a log in the store."""


@pytest.fixture(scope="module")
def long_history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder: Path = tmp_path_factory.mktemp("history")
    write_history(f"sqlite:///{folder}/livedeck.db", EXECUTIONS, running=0, items=ITEMS)
    _write_item(folder)
    with running_server(folder) as server:
        yield server


def _write_item(folder: Path) -> None:
    execution = layout.execution_prefix(PROJECT, DOMAIN, MAPPED)
    store = open_store(f"file://{folder}/store/{layout.attempt_prefix(execution, layout.item_name(MAP, SHOWN), 0)}")
    store.create(layout.log_key(1), b"no 5000 today\n")
    ops: list[Op] = [Put("main", Html("e1", "<p>published by 5000</p>")), End("failed", segments.now())]
    store.create(layout.segment_key(1), segments.encode(Segment(1, segments.now(), ops)))


@pytest.fixture
def held(page: Page) -> list[Route]:
    """Requests for further pages, each until the test lets it go on."""
    waiting: list[Route] = []
    page.route("**/api/v1/executions/**token=**", lambda route: waiting.append(route))  # noqa: PLW0108 - Playwright marks what it is given
    return waiting


def test_a_search_through_everything_says_how_far_it_is(
    long_history: ServerProcess, page: Page, held: list[Route]
) -> None:
    page.goto(f"http://{long_history.endpoint}/console/projects/{PROJECT}/domains/{DOMAIN}/executions?workflow=rare")
    for looked in ("2,500", "5,000", "7,500", "10,000", "12,500", "15,000"):
        expect(page.get_by_role("status")).to_have_text(f"Looked through {looked} executions so far …")
        expect(page.get_by_text("No execution fits")).to_have_count(0)
        wait_until(page, lambda: held != [])
        held.pop().continue_()
    expect(page.get_by_title(RARE)).to_be_visible()
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)
    assert held == []


def test_a_search_that_finds_nothing_says_so_once_it_has_looked_at_everything(
    long_history: ServerProcess, page: Page
) -> None:
    page.goto(f"http://{long_history.endpoint}/console/projects/{PROJECT}/domains/{DOMAIN}/executions?workflow=no-such")
    expect(page.get_by_text("No execution fits")).to_be_visible()


def test_a_whole_list_goes_on_when_asked_to(long_history: ServerProcess, page: Page) -> None:
    page.goto(f"http://{long_history.endpoint}/console/projects/{PROJECT}/domains/{DOMAIN}/executions")
    # The live stream has sent a hundred already, pages have fifty.
    for _ in range(2):
        with page.expect_response("**/api/v1/executions/**token=**"):
            page.get_by_role("button", name="Show more").click()
    more = page.get_by_role("button", name="Show more")
    expect(more).to_be_enabled()

    def is_in_sight() -> bool:
        more.scroll_into_view_if_needed()
        return page.get_by_role("link", name="x15850").is_visible()

    wait_until(page, is_in_sight)


def test_a_map_of_ten_thousand_items_leads_to_each_and_holds_in_the_page_what_is_in_sight(
    long_history: ServerProcess, page: Page
) -> None:
    page.goto(
        f"http://{long_history.endpoint}/console/projects/{PROJECT}/domains/{DOMAIN}/executions/{MAPPED}?node={MAP}"
    )
    row = page.get_by_role("list", name="Nodes").get_by_role("listitem")
    expect(row).to_contain_text("10,000 items: 40 failed, 9,960 succeeded")
    items = page.get_by_role("group", name="Items")
    expect(items.get_by_role("link", name="Item 0: failed")).to_be_visible()
    expect(items.get_by_role("link", name="Item 9999: succeeded")).to_have_count(0)
    page.locator("[data-scrolls=node]").evaluate("element => element.scrollTo(0, element.scrollHeight)")
    expect(items.get_by_role("link", name="Item 9999: succeeded")).to_be_visible()
    assert page.locator("*").count() < ITEMS / 2, "only what is in sight is in the page"
    page.get_by_role("combobox", name="Order").select_option("Failed first")
    page.get_by_role("button", name="40 failed").click()
    expect(items.get_by_role("link")).to_have_count(40)
    items.get_by_role("link", name=f"Item {SHOWN}: failed").click()
    panel = page.get_by_role("region", name=re.compile(rf"Node .*\[{SHOWN}\]"))
    deck = panel.get_by_title("Deck", exact=True).content_frame
    expect(deck.get_by_text("published by 5000")).to_be_visible()
    panel.get_by_role("tab", name="Log").click()
    expect(panel.get_by_text("no 5000 today")).to_be_visible()
    panel.get_by_role("link", name="All items").click()
    page.get_by_role("region", name="Node").get_by_role("tab", name="Decks").click()
    bar = page.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", str(ITEMS))
    assert page.locator("*").count() < ITEMS / 2, "of the Decks too"
