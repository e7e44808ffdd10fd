"""The console by keyboard alone: everything is reached from where one is, and works."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Locator, Page, Playwright, expect

from tests.acceptance.keyboard import tab_to, unreached
from tests.acceptance.pictures.camera import Studio, opened, studio
from tests.acceptance.pictures.scenes import SCENES

pytestmark = pytest.mark.acceptance
BY_NAME: Final = {scene.name: scene for scene in SCENES}


@pytest.fixture(scope="module")
def canned(playwright: Playwright, chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """The console with answers that are always the same."""
    with studio(playwright, chromium, tmp_path_factory.mktemp("browser")) as one:
        yield one


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    tab_to(page, target)
    page.keyboard.press(key)


def test_what_only_a_pointer_reaches_and_what_hides_its_focus_is_noticed(canned: Studio, tmp_path: Path) -> None:
    with opened(canned, BY_NAME["deck-live"], tmp_path) as page:
        page.evaluate("document.querySelector('.brand').tabIndex = -1")
        page.evaluate("document.querySelector('h1').style.cursor = 'pointer'")
        page.frames[1].locator("[role=slider]").first.evaluate("node => node.removeAttribute('tabindex')")
        page.frames[1].add_style_tag(content="summary:focus-visible { outline: 0 !important }")
        found = unreached(page)
        assert [each.partition("<")[2][:2] for each in found] == ["a ", "h1", "di", "su", "su"]


def test_from_the_list_to_an_execution_and_through_its_graph(canned: Studio, tmp_path: Path) -> None:
    with opened(canned, BY_NAME["executions"], tmp_path) as page:
        press(page, page.get_by_role("combobox", name="Phase"), "f")
        expect(page.get_by_role("row")).to_have_count(2)
        press(page, page.get_by_role("link", name=re.compile("train_digits")))
        expect(page.get_by_role("heading", level=1, name="train_digits")).to_be_visible()
        press(page, page.get_by_role("tab", name="Timeline"), "ArrowRight")
        expect(page.get_by_role("tab", name="Graph")).to_be_focused()
        press(page, page.get_by_role("link", name=re.compile("^evaluate")))
        expect(page.get_by_role("region", name="Node evaluate")).to_be_visible()


def test_from_an_execution_through_a_deck_and_back(canned: Studio, tmp_path: Path) -> None:
    with opened(canned, BY_NAME["execution-running"], tmp_path) as page:
        press(page, page.get_by_role("button", name="Zoom into the time"))
        press(page, page.get_by_role("button", name="Show all of the time"), "Space")
        expect(page.get_by_role("button", name="Show all of the time")).to_have_count(0)
        press(page, page.get_by_role("link", name=re.compile("^train ")))
        node = page.get_by_role("region", name="Node train")
        expect(node).to_be_visible()
        deck = node.get_by_title("Deck", exact=True).content_frame
        press(page, deck.get_by_role("tab", name="training"), "ArrowRight")
        expect(deck.get_by_role("tabpanel", name="confusion")).to_be_visible()
        page.keyboard.press("Home")
        cursor = deck.get_by_role("slider", name="Cursor of Loss")
        press(page, cursor, "End")
        expect(cursor).to_have_attribute("aria-valuetext", re.compile("^epoch 37"))
        press(page, node.get_by_role("link", name="Close the node"))
        expect(node).to_have_count(0)


@pytest.mark.parametrize(
    ("scene", "opener", "leave"), [("execution-running", "Abort", "Keep it running"), ("deck-live", "Share", "Close")]
)
def test_a_dialog_is_left_to_where_it_was_opened(
    scene: str, opener: str, leave: str, canned: Studio, tmp_path: Path
) -> None:
    with opened(canned, BY_NAME[scene], tmp_path) as page:
        button = page.get_by_role("button", name=opener)
        press(page, button)
        dialog = page.get_by_role("dialog")
        press(page, dialog.get_by_role("button", name=leave))
        expect(dialog).to_have_count(0)
        expect(button).to_be_focused()
        page.keyboard.press("Enter")
        expect(dialog).to_be_visible()
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(button).to_be_focused()


def test_a_deck_is_presented_and_left(canned: Studio, tmp_path: Path) -> None:
    with opened(canned, BY_NAME["deck-live"], tmp_path) as page:
        present = page.get_by_role("button", name="Present")
        press(page, present)
        expect(page.get_by_role("button", name="Stop presenting")).to_be_visible()
        page.keyboard.press("Escape")
        expect(present).to_be_visible()
