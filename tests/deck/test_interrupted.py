"""A signal handler of the task's may use the Deck while the thread that it interrupts does."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

import pytest

from livedeck import Deck
from livedeck.deck import bounds, page
from livedeck.deck.page import Page, bound_page

_FOLDER = page.__file__.removesuffix("page.py")


class Interrupted:
    """Calls a handler once, at one of the lines of Decks' own code that run inside."""

    def __init__(self, at: int, handler: Callable[[], object]) -> None:
        self._at = at
        self._handler = handler
        self.lines = 0

    def __enter__(self) -> Self:
        self._before = sys.gettrace()
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)

    def _trace(self, frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(_FOLDER):
            return None
        if event == "line":
            self.lines += 1
            if self.lines == self._at:
                self._handler()  # no event comes of what a trace function does
        return self._trace


def fill() -> None:
    for number in range(bounds.ELEMENTS - 1):
        Deck("full").append(f"<p>{number}</p>")


def overfill(_: Page) -> None:
    Deck("full").append("<p>one</p>")
    Deck("full").append("<p>more</p>")


def replace(_: Page) -> None:
    Deck("full").replace("<p>all</p>")


def make_tabs(taken: Page) -> None:
    Deck("one").append("a")
    Deck("chart").chart("c").append(1, y=1)
    taken.take()


def handle_by_adding(interrupted: Page) -> None:
    Deck("full").append("<p>handler</p>")
    Deck("handler").append("<p>handler</p>")
    interrupted.take()


def handle_by_replacing(_: Page) -> None:
    Deck("full").replace("<p>handler</p>")


@pytest.mark.parametrize("handle", [handle_by_adding, handle_by_replacing])
@pytest.mark.parametrize("work", [overfill, replace, make_tabs])
def test_nothing_is_raised_wherever_a_handler_uses_the_deck(
    work: Callable[[Page], None], handle: Callable[[Page], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "ELEMENTS", 12)
    at, lines = 0, 1
    while at <= lines:
        at += 1
        with bound_page(Page()) as mine:
            fill()
            mine.take()
            with Interrupted(at, lambda: handle(mine)) as interrupted:
                work(mine)
        lines = interrupted.lines
    assert at > 100, "there are lines to be interrupted at"
