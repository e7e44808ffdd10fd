"""The compiled form of conditionals: what flytekit writes for the same program."""

import dataclasses
from datetime import timedelta

from flyteidl.core.condition_pb2 import BooleanExpression, ComparisonExpression, ConjunctionExpression
from flyteidl.core.workflow_pb2 import Node

from livedeck import conditional, task, workflow
from livedeck.literals.order import notes_of
from livedeck.sdk.specs.workflows import CompileSettings, closure, workflow_spec

SETTINGS = CompileSettings("p", "d", "v")


@dataclasses.dataclass
class Fit:
    loss: float


@task
def one(x: int) -> int:
    return x


@task
def fit(x: int) -> Fit:
    return Fit(x)


@task
def wait(x: int) -> timedelta:
    return timedelta(x)


@task
def show(words: dict[str, int]) -> int:
    return len(words)


@workflow
def inner(x: int) -> int:
    return one(x=x)


@workflow
def flow(x: int, y: int) -> int:
    made, fitted, waited = one(x=x), fit(x=y), wait(x=x)
    return (
        conditional("outer")
        .if_((x > 1) & ((made == 2) | (fitted.loss < 0.5)))
        .then(inner(x=made))
        .elif_(waited >= timedelta(seconds=3))
        .then(
            conditional("within")
            .if_(x.is_none())
            .then(show(words={"b": made, "a": 1}).with_overrides(retries=2))
            .else_()
            .fail("neither")
        )
        .else_()
        .then(one(x=y))
    )


def branch() -> Node:
    return workflow_spec(flow, SETTINGS).template.nodes[3]


def comparison(condition: BooleanExpression) -> tuple[str, int, str]:
    compared = condition.comparison
    right = compared.right_value
    return compared.left_value.var, compared.operator, str(right.primitive).strip()


def test_conditions_and_what_they_look_at() -> None:
    node = branch()
    assert (node.id, node.metadata.name) == ("n3", "outer")
    assert set(node.upstream_node_ids) == {"n0", "n1", "n2"}
    bound = {each.var: each.binding.promise for each in node.inputs}
    assert {var: (promise.node_id, promise.var) for var, promise in bound.items()} == {
        ".x": ("", "x"),
        "n0.o0": ("n0", "o0"),
        "n1.o0['loss']": ("n1", "o0"),
        "n2.o0": ("n2", "o0"),
    }
    assert [step.string_value for step in bound["n1.o0['loss']"].attr_path] == ["loss"]
    block = node.branch_node.if_else
    both = block.case.condition.conjunction
    assert both.operator == ConjunctionExpression.AND
    assert comparison(both.left_expression) == (".x", ComparisonExpression.GT, "integer: 1")
    either = both.right_expression.conjunction
    assert either.operator == ConjunctionExpression.OR
    assert comparison(either.right_expression) == ("n1.o0['loss']", ComparisonExpression.LT, "float_value: 0.5")
    assert block.other[0].condition.comparison.right_value.primitive.duration.seconds == 3


def test_ways_are_nodes_of_their_own() -> None:
    block = branch().branch_node.if_else
    assert block.case.then_node.id == "n0"
    assert block.case.then_node.workflow_node.sub_workflow_ref.name == inner.name
    assert block.case.then_node.upstream_node_ids == ["n0"]
    assert (block.else_node.id, block.else_node.task_node.reference_id.name) == ("n2", one.name)
    within = block.other[0].then_node
    assert (within.id, within.metadata.name) == ("n1", "within")
    assert within.branch_node.if_else.error.message == "neither"
    assert within.branch_node.if_else.error.failed_node_id == "within"
    assert within.branch_node.if_else.case.then_node.metadata.retries.retries == 2
    none = within.branch_node.if_else.case.condition.comparison
    assert none.right_value.scalar.HasField("none_type")


def test_all_that_the_ways_call_is_registered() -> None:
    made = closure(flow, SETTINGS)
    assert {each.template.id.name for each in made.tasks} == {each.name for each in (one, fit, wait, show)}
    assert [each.template.id.name for each in made.workflows] == [inner.name, flow.name]
    assert [each.id.name for each in made.workflows[-1].sub_workflows] == [inner.name]


def test_the_order_of_dicts_is_noted_under_the_compiled_id() -> None:
    assert set(notes_of(workflow_spec(flow, SETTINGS).template)) == {"n3-n1-n0.words"}
