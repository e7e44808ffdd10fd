"""The list of executions when there are very many: the page says how far it has looked, and goes on by itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from bench.history import DOMAIN, PROJECT, RARE, write_history
from livedeck.testing.process import ServerProcess, running_server
from tests.acceptance.console import wait_until

EXECUTIONS = 25_000


@pytest.fixture(scope="module")
def long_history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder: Path = tmp_path_factory.mktemp("history")
    write_history(f"sqlite:///{folder}/livedeck.db", EXECUTIONS, running=0)
    with running_server(folder) as server:
        yield server


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
    for looked in ("4,000", "8,000", "12,000", "16,000", "20,000", "24,000"):
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
        return page.get_by_role("link", name="x24850").is_visible()

    wait_until(page, is_in_sight)
