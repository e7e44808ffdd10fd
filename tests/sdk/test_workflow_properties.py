"""Any workflow gives what plain Python gives, and its nodes are in an order that can run."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from livedeck import task, workflow
from livedeck.sdk.nodes import references


@task
def add(values: list[int], more: int = 0) -> int:
    return sum(values) + more


@st.composite
def graphs(draw: Callable[..., Any]) -> list[tuple[list[int], list[int]]]:
    """For each node, which earlier nodes (or the input, -1) it adds up, and which of them it is merely put after."""
    size = draw(st.integers(1, 8))
    earlier = [st.integers(-1, number - 1) for number in range(size)]
    return [
        (draw(st.lists(earlier[number], max_size=4)), draw(st.lists(earlier[number], max_size=2)))
        for number in range(size)
    ]


@given(graphs(), st.integers(-5, 5))
def test_a_workflow_is_its_function(graph: list[tuple[list[int], list[int]]], x: int) -> None:
    expected: list[int] = []
    for number, (added, _) in enumerate(graph):
        expected.append(sum(x if each < 0 else expected[each] for each in added) + number)

    @workflow
    def flow(x: int) -> int:
        made: list[Any] = []
        for number, (added, after) in enumerate(graph):
            made.append(add(values=[x if each < 0 else made[each] for each in added], more=number))
            for each in after:
                if each >= 0:
                    made[each] >> made[number]
        return made[-1]  # type: ignore[no-any-return]

    assert flow(x=x) == expected[-1]
    done = set()
    for node in flow.traced.nodes:
        assert all(before in done for before in node.upstream)
        done.add(node)
        assert all(ref.node is None or ref.node in done for each in node.bindings.values() for ref in references(each))


@given(st.permutations(range(6)))
def test_arrows_decide_the_order(order: list[int]) -> None:
    @task
    def step() -> None: ...

    @workflow
    def flow() -> None:
        made = [step() for _ in order]
        for before, after in pairwise(order):
            made[before] >> made[after]  # type: ignore[operator]

    assert [node.id for node in flow.traced.nodes] == [f"n{number}" for number in order]
