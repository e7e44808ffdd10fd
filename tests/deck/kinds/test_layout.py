"""Rows, grids, sections and cells: what stands in which, whatever is called in which order."""

import threading
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest

from livedeck.deck import arrangement, bounds, limits, snapshot
from livedeck.deck.arrangement import Placed
from livedeck.deck.ops import Document, Drop, Element, End, Layout, Put, Tab, Value
from livedeck.deck.page import Page
from livedeck.deck.replay import Replay
from livedeck.deck.shared_tabs import SharedTabs


def tree(elements: Iterable[Element]) -> list[Any]:
    """Ids, each with those of what stands in it."""

    def shown(placed: Iterable[Placed[Element]]) -> list[Any]:
        return [[each.element.id, shown(each.children)] if each.children else each.element.id for each in placed]

    return shown(arrangement.arranged(elements))


class Deck:
    """A page with a tab, and what its log makes of it."""

    def __init__(self) -> None:
        self.page = Page()
        self.deck = self.page.deck("d")
        self.replay = Replay()

    def shown(self) -> list[Any]:
        self.replay.apply_ops(self.page.take().ops())
        return tree(buffer.element() for buffer in self.replay.decks.get("d", {}).values())


def test_calls_in_a_with_statement_and_on_what_is_returned_come_to_the_same() -> None:
    one, other = Deck(), Deck()
    with one.deck.section("train"):
        one.deck.value("loss", 1)
        with one.deck.row():
            one.deck.chart("a")
            one.deck.chart("b")
    section = other.deck.section("train")
    section.value("loss", 1)
    row = section.row()
    row.chart("a")
    row.chart("b")
    assert one.shown() == other.shown()
    assert one.shown() == [
        ["section:train", ["section:train/value:loss", ["e1", ["section:train/chart:a", "section:train/chart:b"]]]]
    ]


def test_a_loop_that_calls_for_the_same_again_makes_nothing_twice() -> None:
    made = Deck()
    states = []
    for step in range(5):
        with made.deck.section("train"), made.deck.row():
            made.deck.value("loss", step)
        made.deck.cell(span=2).chart("wide").append(step, y=step)
        made.deck.grid(3)
        states.append(made.shown())
    assert all(before == after for before, after in pairwise(states))
    assert states[0] == [["section:train", [["e1", ["section:train/value:loss"]]]], ["e2", ["chart:wide"]]]


def test_a_later_update_costs_what_it_adds() -> None:
    made = Deck()
    section = made.deck.section("s")
    for number in range(500):
        section.value(f"v{number}", number)
    made.shown()
    section.value("late", 1)
    section.value("v1", 2)
    ops = made.page.take().ops()
    assert [op.element.children for op in ops if not isinstance(op, Drop | End) and isinstance(op.element, Layout)] == [
        ["section:s/value:late"]
    ]


def test_names_identify_within_their_section_and_ids_within_the_tab() -> None:
    made = Deck()
    for name in ("train", "val"):
        with made.deck.section(name):
            made.deck.value("loss", 1)
            made.deck.value("named", 1, id="x")
    assert made.shown() == [
        ["section:train", ["section:train/value:loss", "x"]],
        ["section:val", ["section:val/value:loss"]],
    ]


@pytest.mark.parametrize("call", ["chart", "histogram", "heatmap", "log", "progress"])
def test_a_title_identifies_within_its_section_whatever_the_kind(call: str) -> None:
    made = Deck()
    for name in ("train", "val"):
        with made.deck.section(name):
            getattr(made.deck, call)("same")
    first, second = made.shown()
    assert first == ["section:train", [f"section:train/{call}:same"]]
    assert second == ["section:val", [f"section:val/{call}:same"]]


def test_an_element_stays_where_it_was_first_put() -> None:
    made = Deck()
    chart = made.deck.chart("a", id="a")
    with made.deck.section("s"):
        chart.append(1, y=1)
        made.deck.chart("a", id="a").append(2, y=1)
    assert made.shown() == ["a", "section:s"]


def test_removing_a_section_removes_what_stands_in_it_and_it_can_come_again() -> None:
    made = Deck()
    section = made.deck.section("s")
    value = section.row().value("v", 1)
    made.deck.value("w", 1)
    made.shown()
    section.remove()
    assert made.shown() == ["value:w"]
    value.update(2)
    assert made.shown() == ["value:w", ["section:s", [["e2", ["section:s/value:v"]]]]]
    made.deck.remove("section:s")
    assert made.shown() == ["value:w"]
    section.value("again", 1)
    assert made.shown() == ["value:w", ["section:s", ["section:s/value:again"]]]


def test_a_removed_child_is_let_go_of_and_the_list_of_children_has_an_end() -> None:
    made = Deck()
    section = made.deck.section("s")
    for number in range(1000):
        section.value("v", number, id=f"v{number}")
        made.deck.remove(f"v{number}")
        made.shown()
    layout = made.replay.decks["d"]["section:s"].element()
    assert isinstance(layout, Layout)
    assert len(layout.children) < 200


def test_replacing_the_tab_forgets_its_containers() -> None:
    made = Deck()
    row = made.deck.row()
    row.value("v", 1)
    made.deck.replace("<p>alone</p>")
    assert made.shown() == ["e1"]
    row.value("v", 2)
    assert made.shown() == ["e1", ["e2", ["value:v"]]]


def test_other_threads_and_tabs_are_not_in_a_with_statement() -> None:
    made = Deck()
    other = made.page.deck("other")
    with made.deck.section("s"):
        other.value("elsewhere", 1)
        thread = threading.Thread(target=lambda: made.deck.value("thread", 1))
        thread.start()
        thread.join()
    assert made.shown() == ["section:s", "value:thread"]
    assert tree(buffer.element() for buffer in made.replay.decks["other"].values()) == ["value:elsewhere"]


def test_a_container_is_left_by_an_error_too_and_by_statements_that_cross() -> None:
    made = Deck()
    with pytest.raises(ZeroDivisionError), made.deck.section("s"):
        raise ZeroDivisionError
    one, two = made.deck.row(id="one"), made.deck.row(id="two")
    one.__enter__()
    two.__enter__()
    one.__exit__(None, None, None)
    made.deck.value("in two", 1)
    two.__exit__(None, None, None)
    two.__exit__(None, None, None)
    made.deck.value("outside", 1)
    assert made.shown() == ["section:s", "one", ["two", ["value:in two"]], "value:outside"]


def test_what_is_called_deeper_than_is_shown_stands_as_deep_as_is() -> None:
    made = Deck()
    at: Any = made.deck
    for _ in range(2000):
        at = at.row()
    at.value("v", 1)
    deepest = made.shown()
    for _ in range(arrangement.MOST_DEPTH - 1):
        ((_, deepest),) = deepest
    assert deepest == ["value:v"]


def test_a_deck_that_is_too_large_loses_data_and_not_its_order() -> None:
    page = Page(max_bytes=20_000)
    deck, replay = page.deck("d"), Replay()
    with deck.section("s"):
        chart = deck.chart("c")
    for step in range(5000):
        chart.append(step, y=step)
        if step % 100 == 0:
            replay.apply_ops(page.take().ops())
            ops, _ = limits.make_room(replay, [], 0, 20_000)
            replay.apply_ops(ops)
    shown = tree(buffer.element() for buffer in replay.decks["d"].values())
    assert shown[0] == ["section:s", ["section:s/chart:c"]]


def test_old_elements_go_before_what_they_stand_in() -> None:
    made = Deck()
    section = made.deck.section("s")
    for number in range(bounds.ELEMENTS + 10):
        section.value(f"{number}", number)
    shown = made.shown()
    assert [each[0] for each in shown if isinstance(each, list)] == ["section:s"]
    assert made.replay.count <= bounds.ELEMENTS + 1


def test_sections_of_several_tasks_on_a_shared_tab_are_one() -> None:
    shared = SharedTabs()
    for task in ("n0", "n1"):
        page = Page()
        deck = page.deck("shared:d")
        with deck.section("train"), deck.row():
            deck.chart("loss").append(1, y=1)
            deck.progress(f"of {task}", total=2)
        deck.text(f"text of {task}")
        shared.apply(task, 0, page.take().ops())
    replay = Replay()
    replay.apply_ops(shared.take())
    section = ["layout/section:train", [["layout/e1", ["chart/section:train/chart:loss", *PROGRESS]]]]
    assert section in tree(buffer.element() for buffer in replay.decks["d"].values())


PROGRESS = ["progress/section:train/progress:of n0", "progress/section:train/progress:of n1"]


def test_a_saved_page_without_scripts_shows_what_stands_in_which() -> None:
    made = Deck()
    with made.deck.section("<b>s", folded=True), made.deck.grid(2):
        made.deck.value("v", 1)
    made.deck.append("<style>p{color:red}</style>")
    for number in range(8):
        made.deck.chart(f"layer_{number}/grad")
    made.shown()
    page = snapshot.render(made.replay.document(), live=True, script_of=lambda: None).decode()
    assert "<details class=&quot;ld-element ld-layout ld-section&quot;><summary>" in page
    assert "&amp;lt;b&amp;gt;s" in page
    assert "layer_0 \u2013 layer_7" in page
    assert page.count("<details") == page.count("</details>")
    for live in (True, False):
        assert snapshot.parse(snapshot.render(made.replay.document(), live=live)) == made.replay.document()


def test_hostile_layouts_are_drawn_without_scripts_too() -> None:
    chain: list[Element] = [Layout(f"{n}", "section", [f"{n + 1}", "0"]) for n in reversed(range(3000))]
    document = Document(1, "", [Tab("d", [*chain, Value("v", "v", 1)])])
    page = snapshot.render(document, live=False, script_of=lambda: None).decode()
    assert page.count("<summary>") == 3000
    assert snapshot.parse(page.encode()) == document


def test_what_stood_in_what_is_dropped_stays() -> None:
    replay = Replay()
    replay.apply_ops([Put("d", Layout("a", "section", ["v"])), Put("d", Value("v", "v", 1)), Drop("d", "a")])
    assert tree(buffer.element() for buffer in replay.decks["d"].values()) == ["v"]
