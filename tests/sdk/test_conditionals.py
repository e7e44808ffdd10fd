"""Reading conditionals: what becomes a node, and what is refused."""

# Promises are typed as the values that they stand for, which know less than promises do.
# mypy: disable-error-code="no-any-return, attr-defined, comparison-overlap, operator"

import dataclasses
import enum
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from livedeck import InvalidWorkflow, conditional, task, workflow
from livedeck.errors import TypeMismatch, UnsupportedOption
from livedeck.sdk.conditionals import Conditional
from livedeck.sdk.nodes import Reference
from livedeck.sdk.workflows import Workflow


class Size(enum.Enum):
    SMALL = "small"
    LARGE = "large"


@dataclasses.dataclass
class Fit:
    loss: float
    names: list[str]


@task
def one(x: int) -> int:
    return x


@task
def two(x: int) -> tuple[int, str]:
    return x, "two"


@task
def text(x: int) -> str:
    return str(x)


@task
def size(x: int) -> Size:
    return Size.SMALL


@task
def flag(x: int) -> bool:
    return x > 0


@task
def maybe(x: int) -> int | None:
    return x or None


@task
def when(x: int) -> datetime:
    return datetime.fromtimestamp(x, UTC)


@task
def fit(x: int) -> Fit:
    return Fit(x, ["a"])


@task
def nothing(x: int) -> None:
    pass


def conditional_of(flow: Workflow[..., Any], node_id: str) -> Conditional:
    entity = next(node.entity for node in flow.traced.nodes if node.id == node_id)
    assert isinstance(entity, Conditional)
    return entity


def test_a_conditional_is_a_node_that_holds_its_ways() -> None:
    @workflow
    def flow(x: int) -> int:
        made = one(x=x)
        inner = conditional("inner").if_(x < 3).then(one(x=made)).else_().then(one(x=2))
        return one(x=inner)

    assert [(node.id, [before.id for before in node.upstream]) for node in flow.traced.nodes] == [
        ("n0", []),
        ("n1", ["n0"]),
        ("n2", ["n1"]),
    ]
    entity = conditional_of(flow, "n1")
    assert [(str(way.condition), way.node.id) for way in entity.ways] == [("input x < 3", "n0"), ("None", "n1")]
    assert entity.variables == {".x": Reference(None, "x")}
    assert entity.interface.outputs == {"o0": int}


def test_conditions_name_what_they_look_at_as_flytekit_does() -> None:
    @workflow
    def flow(x: int, y: int) -> None:
        made, other = one(x=x), fit(x=y)
        condition = ((x > 1) & (made == 2)) | (other.loss < 0.5) | (made > x)
        conditional("c").if_(condition).then(nothing(x=1)).else_().fail("no")

    entity = conditional_of(flow, "n2")
    assert list(entity.variables) == [".x", "n0.o0", "n1.o0['loss']"]
    assert str(entity.ways[0].condition) == (
        "(((input x > 1) & (n0.o0 == 2)) | (n1.o0['loss'] < 0.5)) | (n0.o0 > input x)"
    )
    assert entity.failure == "no"


def test_a_conditional_gives_what_all_ways_have_in_common() -> None:
    seen: list[Any] = []

    @workflow
    def flow(x: int) -> int:
        seen.append(conditional("a").if_(x > 1).then(two(x=x)).else_().then(one(x=x)))
        seen.append(conditional("b").if_(x > 1).then(two(x=x)).else_().then(two(x=1)))
        seen.append(conditional("c").if_(x > 1).then(one(x=x)).else_().then(text(x=1)))
        seen.append(conditional("d").if_(x > 1).then(one(x=x)).else_().fail("no"))
        seen.append(conditional("e").if_(x > 1).then(one(x=x)).else_().then(nothing(x=1)))
        return seen[0]

    _ = flow.traced
    assert [repr(each) for each in seen[:1]] == ["<promise of n0.o0: int>"]
    assert [repr(each) for each in seen[1]] == ["<promise of n1.o0: int>", "<promise of n1.o1: str>"]
    assert repr(seen[2]) == "<node n2 (c)>"
    assert repr(seen[3]) == "<promise of n3.o0: int>"
    assert repr(seen[4]) == "<node n4 (e)>"


def test_who_wants_an_output_that_the_ways_do_not_share_is_told_why() -> None:
    @workflow
    def flow(x: int) -> int:
        return one(x=conditional("c").if_(x > 1).then(one(x=x)).else_().then(text(x=1)))

    with pytest.raises(
        InvalidWorkflow,
        match=r"no output of one name and type in common: n0 \(.*one\) gives o0 \(int\); n1 \(.*text\) gives o0 \(str",
    ):
        _ = flow.traced


def test_conditionals_nest() -> None:
    @workflow
    def flow(x: int) -> int:
        made = one(x=x)
        return (
            conditional("outer")
            .if_(x > 1)
            .then(conditional("inner").if_(made > 2).then(one(x=made)).else_().then(one(x=x)))
            .else_()
            .then(one(x=0))
        )

    outer = conditional_of(flow, "n1")
    inner = outer.ways[0].node.entity
    assert isinstance(inner, Conditional)
    assert list(outer.variables) == [".x"]
    assert list(inner.variables) == ["n0.o0"]
    assert [node.id for node in outer.upstream] == ["n0"]


def test_arrows_lead_to_and_from_a_conditional() -> None:
    @workflow
    def flow(x: int) -> None:
        first = nothing(x=x)
        chosen = conditional("c").if_(x > 1).then(nothing(x=1)).else_().then(nothing(x=2))
        last = nothing(x=3)
        first >> chosen >> last

    assert [[before.id for before in node.upstream] for node in flow.traced.nodes] == [[], ["n0"], ["n1"]]


def test_a_way_can_have_overrides_and_a_conditional_a_name() -> None:
    @workflow
    def flow(x: int) -> int:
        way = conditional("c").if_(x > 1).then(one(x=1).with_overrides(retries=3)).else_().then(one(x=2))
        return way.with_overrides(node_name="choice", name="The choice")

    assert conditional_of(flow, "choice").ways[0].node.overrides.retries == 3

    @workflow
    def refused(x: int) -> int:
        return conditional("c").if_(x > 1).then(one(x=1)).else_().then(one(x=2)).with_overrides(retries=3)

    with pytest.raises(
        UnsupportedOption, match=r"\(retries=...\) does not apply to a conditional: set it on the calls"
    ):
        _ = refused.traced


@pytest.mark.parametrize(
    "condition",
    [
        lambda x: one(x=x) == 1,
        lambda x: one(x=x) > 1,
        lambda x: one(x=x) >= 0.5,
        lambda x: text(x=x) != "a",
        lambda x: size(x=x) == Size.LARGE,
        lambda x: size(x=x) == "large",
        lambda x: flag(x=x).is_true(),
        lambda x: flag(x=x).is_false(),
        lambda x: flag(x=x) == flag(x=1),
        lambda x: maybe(x=x).is_none(),
        lambda x: maybe(x=x) > 3,
        lambda x: when(x=x) < datetime(2026, 1, 1, tzinfo=UTC),
        lambda x: fit(x=x).loss > 1,
        lambda x: fit(x=x).names[0] == "a",
    ],
)
def test_what_compares(condition: Any) -> None:
    @workflow
    def flow(x: int) -> None:
        looked_at = condition(x)
        conditional("c").if_(looked_at).then(nothing(x=1)).else_().fail("no")

    _ = flow.traced


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (lambda x: one(x=x) == "1", r"\(n0.o0 == '1'\) compares int with str: only values of one kind compare"),
        (lambda x: one(x=x) == True, "compares int with bool"),  # noqa: E712
        (lambda x: one(x=x) < text(x=x), r"\(n0.o0 < n1.o0\) compares int with str"),
        (lambda x: flag(x=x) > False, "booleans and None have no order"),
        (lambda x: one(x=x) > None, "booleans and None have no order"),
        (lambda x: fit(x=x) == 1, "Fit does not compare"),
        (lambda x: fit(x=x).names == ["a"], r"list\[str\] does not compare"),
        (lambda x: when(x=x) == timedelta(1), "compares datetime with timedelta"),
        (lambda x: size(x=x) == Size, "does not compare"),
    ],
)
def test_what_does_not_compare_is_refused(condition: Any, words: str) -> None:
    @workflow
    def flow(x: int) -> None:
        looked_at = condition(x)
        conditional("c").if_(looked_at).then(nothing(x=1)).else_().fail("no")

    with pytest.raises(TypeMismatch, match=words):
        _ = flow.traced


def stray(x: Any) -> Any:
    section = conditional("c").if_(x > 1)
    one(x=x)
    return section.then(one(x=x)).else_().fail("no")


def after_a_way(x: Any) -> Any:
    way = one(x=1)
    conditional("c").if_(x > 1).then(way).else_().fail("no")
    return way


def waits_for_a_way(x: Any) -> Any:
    conditional("c").if_(x > 1).then(way := one(x=1)).else_().fail("no")
    return one(x=way)


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        (lambda x: conditional("c").if_(x), r"conditional\('c'\).if_\(.*\): a value alone is no condition: compare it"),
        (lambda x: conditional("c").if_(True), r"if_\(True\): a condition compares promises"),
        (lambda x: conditional("c").if_(x > 1).then(one(x=1)).elif_(None), r"elif_\(None\): a condition compares"),
        (lambda x: conditional("c").if_(x > 1).then(one(x=1)), r"conditional\('c'\) does not end: end it with .else_"),
        (lambda x: conditional("c").if_(x > 1), "does not end"),
        (lambda x: conditional("c").else_(), r"else_\(\): begin with if_"),
        (lambda x: conditional("c").elif_(x > 1), r"elif_\(\): begin with if_"),
        (lambda x: conditional("c").if_(x > 1).then(one(x=1)).if_(x > 2), r"has its if_\(\) already"),
        (lambda x: conditional("c").if_(x > 1).fail("no"), r"only else_\(\) can fail"),
        (
            lambda x: conditional("c").if_(x > 1).then(x),
            r"then\(\) takes what a task or workflow returns",
        ),
        (lambda x: conditional("c").if_(x > 1).then(3), r"then\(3\): then\(\) takes"),
        (lambda x: conditional("c").if_(x > 1).then(one(x=one(x=1))), r"n1 \(.*one\) cannot wait for n0"),
        (lambda x: conditional("c").if_(x > 1).then(fit(x=1).loss), r"then\(\) takes what a task or workflow returns"),
        (after_a_way, r"then\(\) takes what a task or workflow returns"),
        (stray, r"if_\(input x > 1\).then\(...\) calls n0 \(.*one\) besides n1 \(.*one\), but a way is one call"),
        (waits_for_a_way, r"n2 \(.*one\) cannot wait for n0 \(.*one\), which is a node of another workflow or a way"),
        (
            lambda x: conditional("c").if_(x > 1).then(one(x=one(x=x))),
            r"n1 \(.*one\) cannot wait for n0 \(.*one\), which is called inside of conditional\('c'\) too: a way",
        ),
        (lambda x: conditional("c").if_(one(x=x) > 1), r"if_\(n0.o0 > 1\) calls n0 \(.*one\): call it before cond"),
        (lambda x: (x > 1) & 3, r"\(input x > 1\) & 3: only conditions can be joined"),
        (lambda x: (x > 1) | x, r"\(input x > 1\) \| .*: only conditions can be joined"),
        (lambda x: (x > 1) and (x < 3), "is not known while a workflow is read"),
        (lambda x: not x.is_none(), "is not known while a workflow is read"),
        (lambda x: x & (x > 1), "cannot be computed with"),
    ],
)
def test_what_is_refused_says_what_to_do(deed: Any, words: str) -> None:
    @workflow
    def flow(x: int) -> None:
        nothing(x=x)
        deed(x)

    with pytest.raises(InvalidWorkflow, match=words):
        _ = flow.traced


def test_an_end_is_the_end() -> None:
    @workflow
    def flow(x: int) -> None:
        section = conditional("c").if_(x > 1).then(nothing(x=1))
        end = section.else_()
        end.then(nothing(x=2))
        with pytest.raises(InvalidWorkflow, match=r"else_\(\) has its then\(\) or fail\(\) already"):
            end.then(nothing(x=2))
        with pytest.raises(InvalidWorkflow, match=r"has its else_\(\) already, which is the end"):
            section.elif_(x > 3)
        open_case = conditional("d")
        open_case.if_(x > 1)
        with pytest.raises(InvalidWorkflow, match=r"conditional\('d'\).if_\(input x > 1\) is not followed by .then"):
            open_case.if_(x > 2)
        raise StopIteration

    with pytest.raises(StopIteration):
        _ = flow.traced


def test_outside_of_a_workflow_there_is_ifs() -> None:
    with pytest.raises(InvalidWorkflow, match=r"conditional\('c'\) is for the body of a @workflow; anywhere else, use"):
        conditional("c")
