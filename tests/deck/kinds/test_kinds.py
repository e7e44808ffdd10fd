"""Every kind of element has all its parts: a kind that lacks one fails here."""

import importlib
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import livedeck.deck
from livedeck.deck import snapshot
from livedeck.deck.kinds import Calls, Handle, Traits
from livedeck.deck.ops import KINDS, Document, ElementCalls, Extend, Op, Put, Segment, Tab
from livedeck.deck.page import Deck as UserDeck
from livedeck.deck.page import Page
from livedeck.deck.replay import Replay
from livedeck.deck.segments import decode, encode
from tests.deck.applying import apply_ops, merge
from tests.deck.strategies import of_kind

FOLDER = Path(livedeck.deck.__file__).parent / "kinds"
ELEMENTS = Path(__file__).parents[3] / "console" / "src" / "elements"

BY_NAME = frozenset({"bars", "histogram"})
"""Kinds whose parts have names: appended to itself, such an element has no parts that it had not."""

every_kind = pytest.mark.parametrize("kind", KINDS)


def example(kind: str) -> list[Any]:
    """The elements that the kind's own example makes, each as far as it was published."""
    page = Page()
    KINDS[kind].example(page.deck("d"))
    return [op.element for op in page.take().ops() if isinstance(op, Put | Extend)]


def test_each_module_is_a_kind_and_each_kind_a_module() -> None:
    modules = {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}
    assert modules == set(KINDS)
    assert {kind.__module__ for kind in KINDS.values()} == {f"livedeck.deck.kinds.{kind}" for kind in KINDS}


@every_kind
def test_it_defines_what_the_interface_asks_for(kind: str) -> None:
    element = KINDS[kind]
    for part in ("buffer", "static", "example"):
        assert part in vars(element), f"{element.__name__} has no {part}: see livedeck/deck/kinds/__init__.py"
    assert isinstance(element.traits, Traits)
    assert not element.traits.raw or element.traits.raw in element.__struct_fields__
    assert (FOLDER / f"{kind}.css").is_file(), f"there is no CSS of the {kind}"


@every_kind
def test_users_can_call_it_and_hold_it(kind: str) -> None:
    module = importlib.import_module(KINDS[kind].__module__)
    made = [found for _, found in inspect.getmembers(module, inspect.isclass) if found.__module__ == module.__name__]
    assert sum(issubclass(each, Handle) for each in made) == 1
    calls = [each for each in made if issubclass(each, Calls)]
    assert len(calls) == 1
    assert issubclass(ElementCalls, calls[0])
    assert issubclass(UserDeck, calls[0])


@every_kind
def test_the_console_has_its_two_parts(kind: str) -> None:
    for part in ("apply.ts", "view.ts"):
        assert (ELEMENTS / kind / part).is_file(), f"console/src/elements/{kind} has no {part}"


def test_the_console_has_no_kind_of_its_own() -> None:
    assert {path.name for path in ELEMENTS.iterdir() if path.is_dir()} == set(KINDS)


@every_kind
def test_the_console_shows_what_of_it_stands_in_headlines(kind: str) -> None:
    assert (ELEMENTS / kind / "summary.ts").is_file() is (KINDS[kind].traits.headline > 0)


@every_kind
def test_the_property_tests_know_it(kind: str) -> None:
    assert kind in of_kind, "tests/deck/strategies.py has no strategy for it"


@every_kind
def test_its_example_is_one_and_shows_all_that_it_holds(kind: str) -> None:
    elements = example(kind)
    assert {element.kind for element in elements} == {kind}
    fields = set(KINDS[kind].__struct_fields__)
    # Of charts over times; of what is on its way; of what is too large.
    optional = {"zone", "dropped", "replaced", "total", "first"}
    optional |= {"library", "spec", "width"}  # of figures that libraries draw
    optional |= {"rate", "seconds"}  # of what takes a while
    optional |= {"edges"}  # of histograms of which counts are given
    filled = {field for each in elements for field in fields if getattr(each, field) or field == "log_y"}
    assert fields - optional <= filled


@every_kind
def test_it_grows_as_its_traits_say(kind: str) -> None:
    (element, *_) = example(kind)
    buffer = element.buffer()
    before, weight = buffer.element(), buffer.weight
    assert before == element
    buffer.extend(element)
    assert (buffer.element() == element) is not KINDS[kind].traits.grows
    assert before == element, "a value does not change when more is appended"
    assert (buffer.weight > weight) is (KINDS[kind].traits.grows and kind not in BY_NAME)
    assert buffer.kind is KINDS[kind]
    other = next(each for each in KINDS.values() if each is not KINDS[kind])
    with pytest.raises(TypeError, match="cannot append"):
        buffer.extend(example(str(other.__struct_config__.tag))[0])


@every_kind
def test_its_oldest_data_goes_first_and_weighs_nothing_any_more(kind: str) -> None:
    (element, *_) = example(kind)
    buffer = element.buffer()
    for _ in range(40):
        buffer.extend(element)
    traits = KINDS[kind].traits
    assert buffer.appended is (traits.grows and not traits.tile)
    weight, loose = buffer.weight, buffer.loose(0.5)
    freed = buffer.drop_oldest(0.5)
    assert buffer.weight == weight - freed
    assert buffer.weight == buffer.element().buffer().weight
    assert (freed > 0) is (traits.grows and not traits.tile), "a tile is always whole"
    assert abs(freed - loose) <= weight / 20


@every_kind
def test_it_is_stored_replayed_merged_and_saved(kind: str) -> None:
    elements = example(kind)
    ops: list[Op] = [Put("d", elements[0]), Extend("d", elements[-1])]
    document = apply_ops(Document(), decode(encode(Segment(1, "", ops))).ops)
    assert document == apply_ops(Document(), merge(ops))
    for live in (True, False):
        assert snapshot.parse(snapshot.render(document, live=live)) == document


@every_kind
def test_its_static_rendering_shows_it_and_texts_as_text(kind: str) -> None:
    page = snapshot.render(Document(1, "", [Tab("d", example(kind))]), live=True).decode()
    assert f'class="ld-element ld-{kind}' in page
    assert "could not be drawn" not in page


@every_kind
def test_an_element_of_it_that_is_too_large_is_trimmed_or_goes_and_the_deck_says_so(kind: str) -> None:
    page, replay = Page(max_bytes=20_000), Replay()
    deck = page.deck("d")
    for number in range(400):
        KINDS[kind].example(deck)
        deck.markdown("w" * 200, id=f"{number}")
        assert page.take().weight <= 20_000
    for number in range(400):  # nothing is published meanwhile
        KINDS[kind].example(deck)
        deck.markdown("w" * 200, id=f"{number}")
    replay.apply_ops(page.take().ops())
    assert replay.weight <= 20_000
    assert "livedeck-notice" in replay.decks["d"]


def test_what_a_class_of_css_looks_like_is_said_by_one_kind() -> None:
    """Two kinds that use one name would change each other's looks."""
    kinds: dict[str, set[str]] = {}
    for file in (*FOLDER.glob("*.css"), *ELEMENTS.glob("*/*.css")):
        kind = file.stem if file.parent == FOLDER else file.parent.name
        css = re.sub(r"/\*.*?\*/", "", file.read_text(), flags=re.DOTALL)
        for selector in ",".join(re.findall(r"([^{}]+)\{", css)).split(","):
            names = re.findall(r"\.(ld-[a-z-]+)", selector)
            if len(names) == 1 and selector.strip().startswith("."):
                kinds.setdefault(names[0], set()).add(kind)
    assert {name: each for name, each in kinds.items() if len(each) > 1} == {}
