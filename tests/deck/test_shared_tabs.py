"""Tabs that tasks share: what each publishes to its own Deck, put together."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from livedeck.deck.bounds import LINES
from livedeck.deck.kinds.chart import Band
from livedeck.deck.limits import within
from livedeck.deck.ops import (
    Chart,
    Document,
    Drop,
    End,
    Extend,
    Html,
    Markdown,
    Op,
    Progress,
    Put,
    Segment,
    Series,
    Tab,
    Text,
    Value,
)
from livedeck.deck.page import Deck, Page, bound_page
from livedeck.deck.replay import Replay
from livedeck.deck.shared_tabs import SharedTabs, is_shared

BOARD = "shared:board"


class Viewer:
    """Applies what is taken, as the log of the shared tabs does."""

    def __init__(self) -> None:
        self.tabs = SharedTabs()
        self.replay = Replay()

    def look(self) -> Document:
        self.replay.apply(Segment(self.replay.seq + 1, "", self.tabs.take()))
        return self.replay.document()

    def elements(self, tab: str = "board") -> list[Any]:
        return next((held.elements for held in self.look().decks if held.name == tab), [])

    def only(self, kind: type[Any]) -> list[Any]:
        return [each for each in self.elements() if isinstance(each, kind)]


def loss(task: str, x: list[float], y: list[float]) -> Chart:
    return Chart("chart:loss", "loss", [Series("loss", list(x), list(y))])


def test_a_tab_is_shared_by_its_name_alone() -> None:
    page = Page()
    with bound_page(page):
        Deck.shared("board").value("accuracy", 0.5)
        Deck("own").value("accuracy", 0.25)
    puts = [op for op in page.take().ops() if isinstance(op, Put)]
    assert [(op.deck, is_shared(op.deck)) for op in puts] == [(BOARD, True), ("own", False)]


def test_what_is_not_shared_changes_nothing() -> None:
    viewer = Viewer()
    assert not viewer.tabs.apply("a", 0, [Put("board", Value("v", "v", 1)), End("succeeded", "")])
    assert viewer.look().decks == []


def test_a_row_says_that_its_task_has_not_succeeded_until_the_next_attempt_shares_something() -> None:
    viewer = Viewer()
    put = Put(BOARD, Value("accuracy", "accuracy", 0.5))
    for task in ("train n0", "train n1", "train n2"):
        assert viewer.tabs.apply(task, 0, [put])
    assert viewer.tabs.apply("train n0", 0, [End("failed", "")])
    assert not viewer.tabs.apply("train n1", 0, [End("succeeded", "")])
    assert viewer.tabs.end("train n2", 0, "died")
    (table,) = viewer.only(Html)
    assert ["train n0 (failed)" in table.html, "train n1 (" in table.html, "train n2 (died)" in table.html] == [
        True,
        False,
        True,
    ]
    assert not viewer.tabs.end("train n2", 1, "died")
    assert viewer.tabs.load("train n0", 1, Document(decks=[Tab(BOARD, [put.element])]))
    (table,) = viewer.only(Html)
    assert "train n0 (" not in table.html
    assert viewer.tabs.load("train n0", 1, Document(decks=[Tab(BOARD, [put.element])], end=End("aborted", "")))
    (table,) = viewer.only(Html)
    assert "train n0 (aborted)" in table.html


def test_values_are_a_table_ranked_by_the_first_number() -> None:
    viewer = Viewer()
    for task, score in (("train n2", 0.5), ("train n10", 0.75), ("train n1", None)):
        viewer.tabs.apply(
            task, 0, [Put(BOARD, Value("value:score", "score", score)), Put(BOARD, Value("value:kind", "kind", "<b>"))]
        )
    (table,) = viewer.elements()
    assert isinstance(table, Html)
    assert "<b>" not in table.html
    assert table.html.index("train n10") < table.html.index("train n2") < table.html.index("train n1<")
    viewer.tabs.apply("train n2", 0, [Put(BOARD, Value("value:score", "score", 0.875))])
    (table,) = viewer.elements()
    assert table.html.index("train n2") < table.html.index("train n10")


def test_charts_of_one_title_are_one_with_a_line_for_each_task() -> None:
    viewer = Viewer()
    for task in ("a", "b"):
        viewer.tabs.apply(task, 0, [Put(BOARD, Chart("chart:loss", "loss")), Extend(BOARD, loss(task, [0], [1]))])
    viewer.look()
    viewer.tabs.apply(
        "a",
        0,
        [Extend(BOARD, Chart("chart:loss", "loss", [Series("loss", [1.0], [0.5]), Series("test", [1.0], [0.75])]))],
    )
    ops = viewer.tabs.take()
    assert [type(op) for op in ops] == [Extend], "only the new points are sent"
    viewer.replay.apply(Segment(viewer.replay.seq + 1, "", ops))
    (chart,) = viewer.elements()
    assert {line.name: line.y for line in chart.series} == {"a": [1, 0.5], "b": [1], "a test": [0.75]}


def test_of_a_chart_of_very_many_tasks_the_first_lines_are_shown_and_the_others_counted() -> None:
    viewer = Viewer()
    names = [f"task {number:03}" for number in range(LINES + 2)]
    for name in names:
        band = [Band("loss", [0.0], [[0.0], [1.0]])] if name == names[0] else []
        chart = Chart("chart:loss", "loss", [Series("loss", [0.0, 1.0], [1.0, 2.0])], bands=band)
        viewer.tabs.apply(name, 0, [Put(BOARD, chart)])
    segment = Segment(1, "", viewer.tabs.take())
    assert within(Replay(), segment) == segment, "it is no more than is shown"
    viewer.replay.apply(segment)
    (joined,) = viewer.elements()
    assert [line.name for line in joined.series] == names[:LINES]
    assert joined.bands == []
    assert joined.notes == {f"lines beyond the first {LINES}": 5}


def test_bars_of_one_label_are_added_up() -> None:
    viewer = Viewer()
    viewer.tabs.apply("a", 0, [Put(BOARD, Progress("progress:files", "files", 3, 10))])
    viewer.tabs.apply("b", 0, [Put(BOARD, Progress("progress:files", "files", 4, 5))])
    (bar,) = viewer.elements()
    assert (bar.value, bar.total) == (7, 15)
    viewer.tabs.apply("b", 0, [Put(BOARD, Progress("progress:files", "files", 4))])
    (bar,) = viewer.elements()
    assert (bar.value, bar.total) == (7, None), "of one nobody knows how much there is to do"


def test_everything_else_stands_under_the_name_of_its_task() -> None:
    viewer = Viewer()
    viewer.tabs.apply("a", 0, [Put(BOARD, Text("e1", "one\n")), Put(BOARD, Text("e2", "two\n"))])
    viewer.tabs.apply("b", 0, [Put(BOARD, Text("e1", "three\n"))])
    viewer.tabs.apply("a", 0, [Extend(BOARD, Text("e1", "more\n"))])
    shown = viewer.elements()
    assert [each.text for each in shown] == ["### a", "one\nmore\n", "two\n", "### b", "three\n"]
    assert len({each.id for each in shown}) == len(shown)


def test_a_retry_takes_the_place_of_the_attempt_before_once_it_shares_something() -> None:
    viewer = Viewer()
    viewer.tabs.apply("a", 0, [Put(BOARD, Value("v", "score", 1)), Put(BOARD, loss("a", [0], [1]))])
    viewer.tabs.apply("a", 1, [Put("own", Value("v", "score", 1))])
    assert len(viewer.elements()) == 2, "an attempt that died has shared this"
    viewer.tabs.apply("a", 1, [Put(BOARD, Value("v", "score", 2))])
    (table,) = viewer.elements()
    assert "<td" in table.html
    assert ">2<" in table.html
    assert not viewer.tabs.apply("a", 0, [Put(BOARD, Value("v", "score", 3))]), "what comes late of the one before"


def test_the_name_of_a_task_goes_with_the_last_that_stood_below_it() -> None:
    viewer = Viewer()
    for task in ("a", "b"):
        viewer.tabs.apply(task, 0, [Put(BOARD, Text("one", f"{task} 0\n"))])
    viewer.look()
    for task in ("b", "a"):
        viewer.tabs.apply(task, 1, [Put(BOARD, Text("one", f"{task} 1\n"))])
    assert [each.text for each in viewer.elements()] == ["### b", "b 1\n", "### a", "a 1\n"]
    viewer.tabs.apply("b", 1, [Put(BOARD, Text("two", "b 2\n")), Drop(BOARD, "one")])
    viewer.tabs.apply("a", 1, [Put(BOARD, Text("two", "a 2\n"))])
    shown = [each.text for each in viewer.elements()]
    assert shown == ["### a", "a 1\n", "### b", "b 2\n", "### a", "a 2\n"], "each below the name of its own task"
    viewer.tabs.apply("a", 1, [Drop(BOARD)])
    assert [each.text for each in viewer.elements()] == ["### b", "b 2\n"]


def test_what_a_task_removes_is_gone() -> None:
    viewer = Viewer()
    ops: list[Op] = [Put(BOARD, Value("v", "score", 1)), Put(BOARD, loss("a", [0], [1])), Put(BOARD, Text("t", "text"))]
    viewer.tabs.apply("a", 0, ops)
    viewer.tabs.apply("b", 0, ops)
    viewer.look()
    viewer.tabs.apply("a", 0, [Drop(BOARD)])
    assert [line.name for line in viewer.only(Chart)[0].series] == ["b"]
    assert [each.text for each in viewer.only(Text)] == ["text"]
    viewer.tabs.apply("b", 0, [Drop(BOARD, id_) for id_ in ("v", "chart:loss", "t")])
    assert not viewer.only(Chart)
    assert not viewer.only(Html)
    assert not viewer.only(Text)


def test_a_document_says_the_same_as_the_log_that_it_is_of() -> None:
    ops: list[Op] = [
        Put(BOARD, Value("v", "score", 1)),
        Extend(BOARD, loss("a", [0], [1])),
        Put(BOARD, Markdown("m", "_a_")),
    ]
    followed, loaded = Viewer(), Viewer()
    followed.tabs.apply("a*", 0, ops)
    replay = Replay()
    replay.apply(Segment(1, "", ops))
    loaded.tabs.load("a*", 0, replay.document())
    loaded.tabs.load("a*", 0, replay.document())
    kinds = [type(each).__name__ for each in followed.elements()]
    assert sorted(kinds) == sorted(type(each).__name__ for each in loaded.elements())


_element = st.one_of(
    st.builds(
        Value, st.sampled_from("ab"), st.sampled_from(["score", "kind"]), st.one_of(st.integers(0, 9), st.none())
    ),
    st.builds(Progress, st.sampled_from("ab"), st.just("files"), st.integers(0, 9), st.just(9.0)),
    st.builds(
        lambda id_, y: Chart(id_, "loss", [Series("loss", [0.0], [y])]),
        st.sampled_from("ab"),
        st.floats(0, 1, width=16),
    ),
    st.builds(Text, st.sampled_from("ab"), st.just("x")),
)
_op = st.one_of(
    st.builds(Put, st.just(BOARD), _element),
    st.builds(Extend, st.just(BOARD), _element),
    st.builds(Drop, st.just(BOARD), st.sampled_from(["a", "b", None])),
)


@given(
    st.lists(
        st.tuples(st.sampled_from(["one", "two", "three"]), st.integers(0, 1), st.lists(_op, max_size=3), st.booleans())
    )
)
def test_however_often_it_is_looked_at_the_last_look_is_the_same(steps: list[tuple[str, int, list[Op], bool]]) -> None:
    often, once = Viewer(), Viewer()
    for task, attempt, ops, look in steps:
        often.tabs.apply(task, attempt, ops)
        once.tabs.apply(task, attempt, ops)
        if look:
            often.look()
    # Where an element stands depends on when it was first looked at; what it shows does not.
    assert by_id(often) == by_id(once)


def by_id(viewer: Viewer) -> dict[str, Any]:
    return {each.id: lines_of(each) for each in viewer.elements() if not isinstance(each, Markdown)}


def lines_of(element: Any) -> Any:
    return {line.name: (line.x, line.y) for line in element.series} if isinstance(element, Chart) else element


def test_all_tabs_of_a_gangs_processes_are_put_together_but_those_that_are_added_to_each() -> None:
    viewer = Viewer()
    viewer.tabs = SharedTabs(every_tab=True)
    for rank in range(2):
        puts: list[Op] = [
            Put("default", Value("v", "loss", float(rank))),
            Put("Input", Text("t", "x = 1")),
            Put(BOARD, Value("w", "best", float(rank))),
        ]
        viewer.tabs.apply(f"rank {rank}", 0, puts)
    assert [tab.name for tab in viewer.look().decks] == ["default", "board"]
    (table,) = viewer.only(Html) or [None]
    assert "<th>rank</th>" in table.html
    viewer.tabs.apply("rank 1", 0, [End("failed", "2026-11-27T12:00:00Z")])
    (table,) = viewer.only(Html)
    assert "rank 1 (failed)" in table.html
