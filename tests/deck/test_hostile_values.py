"""No call on a Deck raises or waits for ever, whatever it is given: the task never pays."""

import inspect
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from itertools import repeat
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from livedeck.deck import user_code
from livedeck.deck.kinds import BaseElement, Handle, Holder
from livedeck.deck.kinds.audio import AudioPlayer
from livedeck.deck.kinds.bars import BarChart
from livedeck.deck.kinds.chart import LineChart
from livedeck.deck.kinds.code import CodeBlock
from livedeck.deck.kinds.figure import FigureBlock
from livedeck.deck.kinds.heatmap import HeatmapChart
from livedeck.deck.kinds.histogram import HistogramChart
from livedeck.deck.kinds.html import Html, HtmlBlock
from livedeck.deck.kinds.image import ImageFigure
from livedeck.deck.kinds.json import JsonTree
from livedeck.deck.kinds.layout import LayoutBox
from livedeck.deck.kinds.log import DeckLog
from livedeck.deck.kinds.markdown import MarkdownBlock
from livedeck.deck.kinds.progress import ProgressBar
from livedeck.deck.kinds.table import DataTable
from livedeck.deck.kinds.text import TextBlock
from livedeck.deck.kinds.value import ValueTile
from livedeck.deck.kinds.video import VideoPlayer
from livedeck.deck.ops import KINDS, Container, Document, Segment
from livedeck.deck.page import Deck, Page, bound_page
from livedeck.deck.segments import clean, decode, encode
from livedeck.deck.showing import Shown
from livedeck.sdk.context import AttemptIdentity, ExecutionContext
from tests.deck.applying import apply_ops
from tests.examples import examples

ASKED = (
    *(
        "__str__",
        "__repr__",
        "__float__",
        "__index__",
        "__int__",
        "__len__",
        "__iter__",
        "__bool__",
        "__hash__",
        "__eq__",
    ),
    *("__format__", "__getitem__", "item", "tolist", "timestamp", "items", "keys", "to_html", "savefig", "isoformat"),
    *("_repr_html_", "_repr_svg_", "_repr_png_", "_repr_markdown_"),
)


def raising(error: BaseException) -> object:
    """An instance of a class of its own, whose every method raises an error."""

    def fail(*_: object, **__: object) -> object:
        raise error

    return type("Raising", (), dict.fromkeys(ASKED, fail))()


def answering(answer: object) -> object:
    """An instance of a class of its own, whose every method returns the same."""

    def nonsense(*_: object, **__: object) -> object:
        return answer

    return type("Answering", (), {**dict.fromkeys(ASKED, nonsense), "__hash__": object.__hash__})()


class Unfindable:
    """Looking up anything on it fails, not only what is called."""

    def __getattribute__(self, name: str) -> object:
        raise ZeroDivisionError(name)


class Text(str):
    """A text that is not what it looks like."""

    __slots__ = ()

    def __len__(self) -> int:
        raise RuntimeError

    __str__ = __add__ = __contains__ = isascii = encode = __len__  # type: ignore[assignment]


class Whole(int):
    """A number that cannot be compared."""

    def __le__(self, other: object) -> bool:
        raise RuntimeError

    __ge__ = __lt__ = __gt__ = __le__


RECURSIVE: list[object] = []
RECURSIVE.append(RECURSIVE)

ERRORS = (RuntimeError("no"), SystemExit(3), GeneratorExit(), RecursionError(), MemoryError())
ANSWERS: tuple[Any, ...] = (None, -1, 10**5000, "\ud800", "text", b"\xff", float("nan"), [], {}, object(), ("<b>", {}))
VALUES = (
    *(Unfindable(), Text("x"), Whole(3), RECURSIVE, 10**5000, -(10**5000), Decimal("1e999999"), Decimal("sNaN")),
    *(float("nan"), float("inf"), -0.5, 1.7e308, 2**63, "\ud800", "\x00", b"\xff\xfe", None, object, Exception, ...),
    *(np.array([[1, 2], [3, 4]]), np.array([object()]), np.datetime64("NaT"), np.float16("inf"), np.array("x")),
    *(
        {"a": RECURSIVE},
        [None],
        range(3),
        iter([1]),
        {1: 2},
        complex(1, 2),
        memoryview(b"abc"),
        "",
        0,
        True,
        "x" * 9999,
    ),
)
HOSTILE = [*map(raising, ERRORS), *map(answering, ANSWERS), *VALUES]
hostile = st.integers(0, len(HOSTILE) - 1)
"""Which of them: Hypothesis shows what it draws, and that these do not endure."""


def public_methods(kind: type) -> list[str]:
    return [name for name, found in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")]


def handle_of(kind: type[BaseElement]) -> type[Handle]:
    """What the calls of a kind return."""
    module = sys.modules[kind.__module__]
    (found,) = (
        each
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, Handle) and each.__module__ == module.__name__
    )
    return found


MADE: tuple[type, ...] = (*map(handle_of, KINDS.values()), Container, Shown)
CALLS: list[tuple[type, str]] = [(Deck, name) for name in public_methods(Deck)]
CALLS += [(kind, name) for kind in MADE for name in public_methods(kind) if not hasattr(Holder, name)]


def arguments(call: Callable[..., Any], draw: st.DataObject) -> tuple[list[object], dict[str, object]]:
    """Hostile values for the parameters of a bound method: all that it needs, and some of the others."""
    given: list[object] = []
    named: dict[str, object] = {}
    for parameter in inspect.signature(call).parameters.values():
        needed = parameter.default is parameter.empty
        if parameter.kind is parameter.VAR_KEYWORD:
            named["series"] = HOSTILE[draw.draw(hostile)]
        elif needed or draw.draw(st.booleans()):
            value = HOSTILE[draw.draw(hostile)]
            if parameter.kind is parameter.KEYWORD_ONLY:
                named[parameter.name] = value
            elif len(given) == list(inspect.signature(call).parameters).index(parameter.name):
                given.append(value)
    return given, named


@examples(40)
@pytest.mark.parametrize(("kind", "name"), CALLS, ids=lambda each: getattr(each, "__name__", each))
@given(draw=st.data())
def test_no_call_on_a_deck_raises(kind: Any, name: str, draw: DataObject) -> None:
    page = Page()
    deck = page.deck("d")
    handles = {
        Deck: deck,
        HtmlBlock: deck.append("a"),
        MarkdownBlock: deck.markdown("b"),
        TextBlock: deck.text("f"),
        ProgressBar: deck.progress("c"),
        ValueTile: deck.value("d", 1),
        LineChart: deck.chart("e"),
        BarChart: deck.bar("g", {"a": 1}),
        HistogramChart: deck.histogram("h", [1, 2]),
        HeatmapChart: deck.heatmap("i", [[1, 2]]),
        DataTable: deck.table([{"k": 1}], key="k"),
        ImageFigure: deck.image(b""),
        JsonTree: deck.json({}),
        CodeBlock: deck.code("i"),
        AudioPlayer: deck.audio([0], rate=8000),
        VideoPlayer: deck.video(b""),
        LayoutBox: deck.section("g")._box,
        Container: deck.row(id="h"),
        FigureBlock: deck.figure(b""),
        Shown: deck.show(1),
        DeckLog: deck.log("g"),
    }
    call = getattr(handles[kind], name)
    given_, named = arguments(call, draw)
    call(*given_, **named)
    is_readable(page)


@examples(100)
@given(name=hostile, html=hostile)
def test_no_tab_raises(name: int, html: int) -> None:
    with bound_page(Page()) as page:
        Deck(HOSTILE[name], HOSTILE[html])  # type: ignore[arg-type]
        Deck(HOSTILE[name])  # type: ignore[arg-type]
        is_readable(page)


@examples(100)
@given(wait=hostile, timeout=hostile)
def test_publishing_raises_nothing(wait: int, timeout: int) -> None:
    page = Page()
    page.publisher = Recorder()
    context = ExecutionContext(AttemptIdentity(), page=lambda: page, enable_deck=True)
    assert context.publish_decks(wait=HOSTILE[wait], timeout=HOSTILE[timeout]) is True  # type: ignore[arg-type]


class Recorder:
    def publish(self, *, wait: bool = False, timeout: float | None = None) -> bool:
        assert type(wait) is bool
        assert timeout is None or (type(timeout) is float and timeout >= 0)
        return True


def is_readable(page: Page) -> None:
    """What was noted can be stored and read again."""
    ops = [clean(op) for op in page.take().ops()]  # as the publisher does: without lone surrogates
    apply_ops(Document(), decode(encode(Segment(1, "2026-01-01T00:00:00.000Z", ops))).ops)


@pytest.mark.parametrize(("timeout", "words"), [("x", "'x'"), (float("nan"), "nan"), (-1, "-1")])
def test_a_time_that_is_none_is_said_and_not_waited_for(
    caplog: pytest.LogCaptureFixture, timeout: Any, words: str
) -> None:
    page = Page()
    waited: list[object] = []

    class Waits:
        def publish(self, *, wait: bool = False, timeout: float | None = None) -> bool:
            waited.append(timeout)
            return False

    page.publisher = Waits()
    context = ExecutionContext(AttemptIdentity(), page=lambda: page, enable_deck=True)
    assert context.publish_decks(wait=True, timeout=timeout) is False
    assert waited == [0.0]
    assert words in caplog.text
    assert "seconds" in caplog.text


def test_a_number_of_too_many_digits_is_written_short() -> None:
    page = Page()
    page.deck("d").value("steps", 10**5000)
    page.deck("d").value("less", -(3 * 10**5000))
    first, second = (op.element.value for op in page.take().ops())
    assert first == "1e+5000"
    assert second == "-3e+5000"


class TestSlowValues:
    @pytest.fixture
    def released(self) -> Iterator[threading.Event]:
        released = threading.Event()
        yield released
        released.set()

    def test_a_type_whose_code_hangs_is_given_up_on_once(self, released: threading.Event) -> None:
        asked: list[object] = []

        class Hangs:
            def __str__(self) -> str:
                asked.append(self)
                released.wait()
                return "late"

        with pytest.raises(user_code.NoAnswer, match=r"Hangs did not answer within 0\.1 s"):
            user_code.call(str, Hangs(), limit=0.1)
        with pytest.raises(user_code.NoAnswer, match="was given up on before"):
            user_code.call(str, Hangs())
        assert len(asked) == 1

    @pytest.mark.parametrize("held_by", ["list", "array", "frame"])
    def test_what_holds_such_a_value_is_given_up_on_and_others_are_asked_all_the_same(
        self, released: threading.Event, held_by: str
    ) -> None:
        class Hangs:
            def __repr__(self) -> str:
                released.wait()
                return "late"

        def held(value: object) -> object:
            match held_by:
                case "list":
                    return [value]
                case "array":
                    return np.array([value], dtype=object)
                case _:
                    return pd.DataFrame({"column": [value]})

        kind = type(held(0)).__name__
        for limit in ("0.1", "0.5"):  # of the second time it is known
            with pytest.raises(user_code.NoAnswer, match=rf"{kind} did not answer within {limit} s"):
                user_code.call(str, held(Hangs()), limit=0.1 if limit == "0.1" else 10)
        assert "word" in user_code.call(str, held("word"))

    @pytest.mark.slow
    def test_a_deck_goes_on(self, released: threading.Event) -> None:
        """Each method hangs on a type of its own, all at once: each is waited for as long as it may take."""
        names = ("__str__", "__float__", "__len__", "__bool__", "_repr_html_", "to_html", "savefig")
        with ThreadPoolExecutor(len(names)) as threads:
            for after in threads.map(self.put_on_a_deck, names, repeat(released)):
                assert after.html == "after"

    @staticmethod
    def put_on_a_deck(name: str, released: threading.Event) -> Html:
        hangs = type("Hangs", (), {name: lambda *_, **__: released.wait()})()
        page = Page()
        deck = page.deck("d")
        deck.append(hangs)
        deck.append(hangs).update(hangs)
        deck.value("v", hangs, hangs, hangs)
        deck.chart("c", log_y=hangs).append(hangs, a=hangs)
        deck.progress("p", hangs).advance(hangs)
        deck.append("after")
        return apply_ops(Document(), page.take().ops()).decks[0].elements[-1]  # type: ignore[return-value]

    def test_the_current_context_is_the_same_there(self) -> None:
        with bound_page(Page()) as page:

            class Publishes:
                def _repr_html_(self) -> str:
                    Deck("other", "inner")
                    return "outer"

            Deck("d").append(Publishes())
        assert [deck.name for deck in page.decks] == ["d", "other"]
