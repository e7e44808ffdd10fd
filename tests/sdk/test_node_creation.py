"""Nodes that a workflow makes with ``create_node``."""

import pytest

from livedeck import InvalidWorkflow, UserError, create_node, task, workflow


@task
def add(a: int, b: int) -> int:
    return a + b


@task
def note(a: int) -> None:
    del a


def test_its_outputs_are_taken_by_name_and_it_can_be_ordered_and_overridden() -> None:
    @workflow
    def sums(a: int) -> int:
        first = create_node(note, a=a).with_overrides(node_name="first")
        last = create_node(add, a=a, b=1)
        first.runs_before(last)
        assert (first.id, first.outputs, set(last.outputs)) == ("first", {}, {"o0"})
        return last.o0  # type: ignore[return-value]

    assert sums(a=2) == 3
    nodes = sums.traced.nodes
    assert [node.id for node in nodes[1].upstream] == ["first"]


def test_what_it_cannot_do_is_said() -> None:
    @workflow
    def lacking(a: int) -> int:
        return create_node(add, a=a, b=1).o1  # type: ignore[return-value]

    with pytest.raises(InvalidWorkflow, match=r"has no output 'o1'; its outputs are: o0"):
        lacking(a=1)
    with pytest.raises(InvalidWorkflow, match="elsewhere call it itself"):
        create_node(add, a=1, b=2)
    with pytest.raises(UserError, match="by name, not by position"):
        create_node(add, 1, 2)
    with pytest.raises(UserError, match="create_node is for tasks and workflows"):
        create_node(print)  # type: ignore[arg-type]
