"""Which elements stand in which: whatever a log says, every element is shown once, and no deeper than is shown."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck.deck import arrangement
from livedeck.deck.arrangement import Placed
from livedeck.deck.ops import Chart, Element, Layout, Text
from tests.examples import examples

FIXTURE = Path(__file__).parents[1] / "fixtures" / "arrangement_cases.json"
CASES: list[dict[str, Any]] = json.loads(FIXTURE.read_bytes())


def boxes(placed: Iterable[Placed[Element]], holder: Element | None = None) -> list[Any]:
    """What is shown, as the cases have it: for each box its class, its title, and the ids with what stands in them."""
    return [
        {"group": run.group, "title": run.title, "placed": [[each.element.id, inside(each)] for each in run.placed]}
        for run in arrangement.runs(placed, holder)
    ]


def inside(placed: Placed[Element]) -> list[Any]:
    return boxes(placed.children, placed.element)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_elements_stand_where_the_cases_say(case: dict[str, Any]) -> None:
    elements = msgspec.convert(case["elements"], list[Element])
    assert boxes(arrangement.arranged(elements)) == case["shown"]


def ids_of(placed: Iterable[Placed[Element]], depth: int = 1) -> list[tuple[str, int]]:
    found = []
    for run in arrangement.runs(placed):
        for each in run.placed:
            found += [(each.element.id, depth), *ids_of(each.children, depth + 1)]
    return found


ids = st.sampled_from([*"abcdefghijklmnop"])
layouts = st.builds(Layout, ids, st.sampled_from(["row", "grid", "section", "cell"]), st.lists(ids, max_size=6))
charts = st.builds(Chart, ids, st.sampled_from(["a/b", "a1/b", "a2/b", "c", "/"]), st.just([]))
elements = st.lists(layouts | charts | st.builds(Text, ids, st.just("")), max_size=24, unique_by=lambda each: each.id)


@examples(300)
@given(elements=elements)
def test_every_element_is_shown_once_and_none_too_deep(elements: list[Element]) -> None:
    shown = ids_of(arrangement.arranged(elements))
    assert sorted(id_ for id_, _ in shown) == sorted(element.id for element in elements)
    assert all(depth <= arrangement.MOST_DEPTH for _, depth in shown)


def test_ten_thousand_in_a_chain_and_in_one_are_no_matter() -> None:
    chain: list[Element] = [Layout(f"{n}", "section", [f"{n + 1}"]) for n in reversed(range(10_000))]
    assert len(ids_of(arrangement.arranged(chain))) == 10_000
    wide: list[Element] = [Layout(f"{n}", "row", [f"{m}" for m in range(5000)]) for n in range(40)]
    assert len(ids_of(arrangement.arranged(wide))) == 40
