"""`livedeck view` in a browser: the Decks of a run in a folder, with no server."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from livedeck.deck import segments
from livedeck.deck.ops import End, Op, Progress, Put, Segment
from livedeck.store import open_store
from livedeck.store.layout import segment_key

pytestmark = pytest.mark.acceptance


def publish(folder: Path, seq: int, *ops: Op) -> None:
    """Write a segment as a task would."""
    store = open_store(f"file://{folder}")
    store.create(segment_key(seq), segments.encode(Segment(seq, segments.now(), list(ops))))


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Address of a view of ``tmp_path``."""
    command = [sys.executable, "-m", "livedeck.cli", "view", str(tmp_path), "--no-browser", "--wait"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield next(word for word in process.stdout.readline().split() if word.startswith("http://"))
        process.terminate()


def test_the_decks_of_a_run_come_one_after_the_other(url: str, page: Page, tmp_path: Path) -> None:
    page.goto(url)
    expect(page.get_by_text("No Deck yet")).to_be_visible()
    first, second = tmp_path / "0001-wf" / "n0" / "0", tmp_path / "0001-wf" / "n1" / "0"
    publish(first, 1, Put("d", Progress("p", "epochs", 1, 4)))
    deck = page.get_by_title("Deck", exact=True).content_frame
    expect(deck.get_by_text("1 of 4")).to_be_visible()
    mark = page.get_by_role("toolbar", name="Deck").get_by_role("status").first
    expect(mark).to_have_text("As published")
    publish(first, 2, Put("d", Progress("p", "epochs", 2, 4)))
    expect(deck.get_by_text("2 of 4")).to_be_visible()
    publish(first, 3, End("succeeded", segments.now()))
    expect(mark).to_have_text("Complete")
    publish(second, 1, Put("d", Progress("p", "pages", 7, 9)))
    expect(deck.get_by_text("7 of 9")).to_be_visible()
    choice = page.get_by_role("combobox", name="Deck")
    expect(choice).to_have_value("0001-wf/n1/0")
    choice.select_option("0001-wf/n0/0")
    expect(deck.get_by_text("2 of 4")).to_be_visible()
    publish(tmp_path / "0001-wf" / "n2" / "0", 1, Put("d", Progress("p", "more", 1, 2)))
    expect(choice.locator("option")).to_have_text(["0001-wf/n2/0", "0001-wf/n1/0", "0001-wf/n0/0"])
    expect(deck.get_by_text("2 of 4")).to_be_visible()
    expect(page).to_have_title("0001-wf/n0/0 - livedeck")
    page.reload()
    expect(choice).to_have_value("0001-wf/n0/0")
    expect(page.get_by_title("Deck", exact=True).content_frame.get_by_text("2 of 4")).to_be_visible()


def test_an_unreadable_segment_is_named(url: str, page: Page, tmp_path: Path) -> None:
    publish(tmp_path, 1, Put("d", Progress("p", "epochs", 1, 4)))
    open_store(f"file://{tmp_path}").create(segment_key(2), b"")
    publish(tmp_path, 3, Put("d", Progress("p", "epochs", 3, 4)))
    page.goto(url)
    expect(page.get_by_text("What one segment changed is missing here (segment 2: it is empty).")).to_be_visible()
    expect(page.get_by_title("Deck", exact=True).content_frame.get_by_text("3 of 4")).to_be_visible()
