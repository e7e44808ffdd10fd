"""Values: how they change, the line of the last ones, and how far they are from their target."""

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck.deck import snapshot
from livedeck.deck.kinds.value import RECENT, trend_path, trend_words
from livedeck.deck.ops import Document, Put, Tab, Value
from livedeck.deck.page import Page

CASES = json.loads((Path(__file__).parents[2] / "fixtures" / "tile_cases.json").read_text(encoding="utf-8"))


def published(page: Page) -> Value:
    (op,) = page.take().ops()
    assert isinstance(op, Put)
    assert isinstance(op.element, Value)
    return op.element


@pytest.mark.parametrize("case", CASES["values"], ids=str)
def test_words_below_it(case: Any) -> None:
    tile = msgspec.convert(case["value"], Value)
    assert (tile.change(), tile.distance(), tile.reached) == (case["delta"], case["target"], case["reached"])


@pytest.mark.parametrize("case", CASES["lines"], ids=str)
def test_line_of_the_last_ones(case: Any) -> None:
    assert trend_path(case["recent"]) == case["path"]
    assert not case["path"] or trend_words(case["recent"]) == case["words"]


def test_a_change_is_the_difference_from_the_value_before_unless_one_is_given() -> None:
    page = Page()
    deck = page.deck("d")
    changes = []
    for value, delta in ((1, None), (3, None), (2, 7), (2, None), ("word", None), (5, None), (True, None), (6, None)):
        deck.value("v", value, delta=delta)
        changes.append(published(page).delta)
    assert changes == [None, 2, 7, 0, None, None, None, None], "a word lies between"


def test_what_is_said_once_holds_and_a_tile_may_be_without_change_and_line() -> None:
    page = Page()
    tile = page.deck("d").value("loss", 4, unit="nats", target=1, up_is_good=False)
    for value in (3, 2):
        tile.update(value)
    shown = published(page)
    assert shown == Value("value:loss", "loss", 2, "nats", -1, False, 1, [4, 3, 2])
    assert (shown.improved, shown.reached) == (True, False)
    tile.update(1, trend=False)
    assert published(page) == Value("value:loss", "loss", 1, "nats", None, False, 1, [])
    tile.update(0.5, delta=-0.5)
    assert published(page).delta == -0.5


def test_an_update_takes_no_more_room_however_many_there_were() -> None:
    page = Page()
    tile = page.deck("d").value("v", 0)
    for number in range(1000):
        tile.update(math.pi * number)
    shown = published(page)
    assert len(shown.recent) == RECENT
    assert shown.recent[-1] == 3138
    assert len(msgspec.json.encode(shown)) < 400


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=9))
def test_a_line_stays_in_its_picture_whatever_the_numbers(numbers: list[float]) -> None:
    page = Page()
    for number in numbers:
        page.deck("d").value("v", number)
    shown = published(page)
    assert all(map(math.isfinite, shown.recent))
    for point in trend_path(shown.recent).removeprefix("M").split("L"):
        x, y = map(float, point.split())
        assert 0 <= x <= 100
        assert 2 <= y <= 22


def test_what_was_stored_before_these_fields_is_read() -> None:
    old = b'{"kind":"value","id":"v","label":"loss","value":0.5,"delta":0.25}'
    tile = msgspec.json.decode(old, type=Value)
    assert tile == Value("v", "loss", 0.5, delta=0.25)
    assert msgspec.json.encode(tile) == old


def test_a_saved_page_says_all_of_it_and_tells_better_from_worse_in_words() -> None:
    tile = Value("v", "<loss>", 0.5, "", -0.25, up_is_good=False, target=0.5, recent=[1, 0.75, 0.5])
    html = snapshot.render(Document(1, "", [Tab("d", [tile])]), live=True).decode()
    assert '<div class="ld-delta" data-sign="down" data-good="yes">0.25 better</div>' in html
    assert '<div class="ld-target" data-reached>at target 0.5</div>' in html
    assert 'role="img" aria-label="The last 3 values: from 1 to 0.5, the lowest 0.5, the highest 1"' in html
