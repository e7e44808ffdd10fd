"""Reading workflows: what becomes a node, and what is refused."""

import dataclasses
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

import pytest

from livedeck import (
    Cache,
    InvalidWorkflow,
    LaunchPlan,
    NoEffectWarning,
    Resources,
    WorkflowFailurePolicy,
    chain,
    task,
    workflow,
)
from livedeck.errors import InvalidName, MissingInput, TypeMismatch, UnknownEntity, UnsupportedOption, UserError
from livedeck.sdk.nodes import Constant, DictOf, ListOf, Reference, dns_label
from livedeck.sdk.workflows import Workflow


@dataclasses.dataclass
class Point:
    x: int
    tags: dict[str, list[str]]


class Split(NamedTuple):
    train: list[int]
    test: list[int]


@task
def one(x: int, scale: float = 1) -> int:
    return round(x * scale)


@task
def total(values: list[int]) -> int:
    return sum(values)


@task
def text(value: str) -> str:
    return value


@task
def point(x: int) -> Point:
    return Point(x, {"a": ["p", "q"]})


@task
def split(values: list[int]) -> Split:
    return Split(values[:-1], values[-1:])


@task
def nothing() -> None:
    pass


def ids(flow: Workflow) -> list[str]:
    return [node.id for node in flow.traced.nodes]


class Row(TypedDict):
    x: int


class Wide(Row):
    tags: list[str]


@task
def wide() -> Wide:
    return {"x": 1, "tags": ["a"]}


@task
def row(value: Row) -> int:
    return value["x"]


def test_a_typed_dict_is_passed_on_and_looked_into() -> None:
    @workflow
    def flow() -> int:
        made = wide()
        row(value=made)
        total(values=[made["x"], row(value={"x": 2})])
        text(value=made["tags"][0])
        return made["x"]

    assert flow() == 1

    @workflow
    def wrong() -> None:
        text(value=wide()["x"])

    with pytest.raises(TypeMismatch, match="input 'value' must be str"):
        _ = wrong.traced

    @workflow
    def absent() -> None:
        text(value=wide()["y"])  # type: ignore[misc]

    with pytest.raises(InvalidWorkflow, match="has no 'y'"):
        _ = absent.traced


def test_a_chain() -> None:
    @workflow
    def flow(x: int) -> int:
        return one(x=one(x=x))

    first, second = flow.traced.nodes
    assert ids(flow) == ["n0", "n1"]
    assert first.bindings["x"] == Reference(None, "x")
    assert first.bindings["scale"] == Constant(1.0, float)
    assert second.bindings["x"] == Reference(first, "o0")
    assert second.upstream == (first,)
    assert flow.traced.outputs == {"o0": Reference(second, "o0")}


def test_fan_out_and_in() -> None:
    @workflow
    def flow(x: int) -> int:
        return total(values=[one(x=x) for _ in range(3)])

    *parts, end = flow.traced.nodes
    assert end.bindings["values"] == ListOf(tuple(Reference(part, "o0") for part in parts))
    assert end.upstream == tuple(parts)
    assert flow(x=2) == 6


def test_lists_and_dicts_with_promises_and_constants() -> None:
    @task
    def weigh(weights: dict[str, int], more: list[int] | None = None) -> int:
        return sum(weights.values()) + sum(more or [])

    @workflow
    def flow(x: int) -> int:
        return weigh(weights={"a": one(x=x), "b": 5}, more=[x, 1])

    made, end = flow.traced.nodes
    assert end.bindings["weights"] == DictOf({"a": Reference(made, "o0"), "b": Constant(5, int)})
    assert flow(x=2) == 10


def test_named_outputs_are_taken_by_name_position_and_unpacking() -> None:
    @workflow
    def flow(values: list[int]) -> tuple[int, int, int]:
        parts = split(values=values)
        train, _ = split(values=values)
        return total(values=parts.train), total(values=parts[1]), total(values=train)

    assert flow(values=[1, 2, 3]) == (3, 3, 3)


def test_a_named_tuple_of_the_workflow() -> None:
    @workflow
    def flow(values: list[int]) -> Split:
        parts = split(values=values)
        return Split(train=parts.test, test=parts.train)

    assert list(flow.traced.outputs) == ["train", "test"]
    assert flow(values=[1, 2, 3]) == Split([3], [1, 2])


def test_looking_into_a_promise() -> None:
    @workflow
    def flow(x: int) -> tuple[str, int]:
        p = point(x=x)
        return text(value=p.tags["a"][1]), one(x=p.x)

    assert flow.traced.nodes[1].bindings["value"] == Reference(flow.traced.nodes[0], "o0", ("tags", "a", 1))
    assert flow(x=4) == ("q", 4)


def test_a_path_of_the_wrong_type_is_refused_when_read() -> None:
    @workflow
    def flow(x: int) -> int:
        return one(x=point(x=x).tags["a"][0])

    with pytest.raises(TypeMismatch, match=r"one: input 'x' must be int, but n0\.o0\['tags'\]\['a'\]\[0\] is str"):
        _ = flow.traced


def test_a_path_that_does_not_exist_is_refused_when_read() -> None:
    @workflow
    def flow(x: int) -> int:
        return one(x=point(x=x).y)

    with pytest.raises(InvalidWorkflow, match=r"promise of n0\.o0: Point> has no 'y'"):
        _ = flow.traced

    @workflow
    def other(x: int) -> int:
        return one(x=one(x=x)[0])

    with pytest.raises(InvalidWorkflow, match="has no 0"):
        _ = other.traced


def test_a_key_that_is_not_there_is_an_error_when_run() -> None:
    @workflow
    def flow(x: int) -> str:
        return text(value=point(x=x).tags["z"][0])

    with pytest.raises(InvalidWorkflow, match=r"n0\.o0\.tags has no 'z'"):
        flow(x=1)


def test_the_order_of_arrows() -> None:
    @workflow
    def flow() -> None:
        a, b, c = nothing(), nothing(), nothing()
        c >> b >> a

    assert ids(flow) == ["n2", "n1", "n0"]
    assert [before.id for before in flow.traced.nodes[1].upstream] == ["n2"]


def test_arrows_between_all_that_tasks_return() -> None:
    @workflow
    def flow(values: list[int]) -> None:
        a, b, c = split(values=values), total(values=values), nothing()
        a >> b >> c

    assert [before.id for before in flow.traced.nodes[2].upstream] == ["n1"]
    assert [before.id for before in flow.traced.nodes[1].upstream] == ["n0"]


def test_a_cycle_is_refused_and_named() -> None:
    @workflow
    def flow() -> None:
        a, b, c = nothing(), nothing(), nothing()
        a >> b >> c >> b

    with pytest.raises(InvalidWorkflow, match=r"flow is cyclic: n[12] \(.*nothing\) >> n[12] .* >> n[12] .*; remove"):
        _ = flow.traced


def test_a_node_after_itself_is_refused() -> None:
    @workflow
    def flow() -> None:
        a = nothing()
        a >> a

    with pytest.raises(InvalidWorkflow, match="cyclic"):
        _ = flow.traced


def test_an_empty_workflow_is_refused() -> None:
    @workflow
    def flow(x: int) -> int:
        return x

    with pytest.raises(InvalidWorkflow, match=r"flow is empty.*\. Call a task that returns what this does"):
        flow(x=1)


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        (lambda p: 1 if p else 2, "used as a condition.*take one of several ways by it with `conditional`"),
        (lambda p: not p, "used as a condition"),
        (list, "iterated over.*`map_task` or in a `@dynamic` task"),
        (len, "iterated over"),
        (lambda p: 3 in p, "iterated over"),
        (lambda p: p + 1, "computed with"),
        (lambda p: 1 - p, "computed with"),
        (lambda p: -p, "computed with"),
        (lambda p: bool(p > 1), r"\(n0.o0 > 1\) is not known while a workflow is read"),
        (lambda p: 1 < p < 3, r"\(n0.o0 > 1\) is not known while a workflow is read"),
        (int, "converted"),
        (range, "converted.*give it the promise as an input$"),
        (lambda p: f"{p}", "converted"),
        (lambda p: p(), "called"),
        (lambda p: p[1:2], "only a text key or an index"),
        (lambda p: p >> 3, "right side"),
    ],
)
def test_what_needs_a_value_is_refused_with_advice(deed: Any, words: str) -> None:
    @workflow
    def flow(x: int) -> int:
        made = one(x=x)
        deed(made)
        return made

    with pytest.raises(InvalidWorkflow, match=words):
        _ = flow.traced


def test_inputs_of_the_workflow_are_promises_too() -> None:
    @workflow
    def flow(x: int) -> int:
        return one(x=x + 1)

    with pytest.raises(InvalidWorkflow, match="promise of input x: int> cannot be computed with"):
        _ = flow.traced


def test_promises_can_be_shown() -> None:
    seen = []

    @workflow
    def flow(x: int) -> int:
        made = one(x=x)
        seen.extend([repr(made), str(made), repr(nothing())])
        return made

    _ = flow.traced
    assert seen[0] == seen[1] == "<promise of n0.o0: int>"
    assert seen[2].startswith("<node n1 (")


def test_a_constant_of_the_wrong_type_is_refused_when_read() -> None:
    @workflow
    def flow() -> int:
        return one(x="three")

    with pytest.raises(TypeMismatch, match=r"test_workflows\.one: input 'x' must be int, not 'three' \(str\)"):
        _ = flow.traced


def test_a_promise_of_the_wrong_type_is_refused_when_read() -> None:
    @workflow
    def flow(x: int) -> str:
        return text(value=one(x=x))

    with pytest.raises(TypeMismatch, match=r"text: input 'value' must be str, but n0\.o0 is int"):
        _ = flow.traced


def test_an_item_of_the_wrong_type_names_its_place() -> None:
    @workflow
    def flow(x: int) -> int:
        return total(values=[one(x=x), "b"])

    with pytest.raises(TypeMismatch, match=r"values\[1\]' must be int, not 'b'"):
        _ = flow.traced


def test_outputs_are_checked_when_read() -> None:
    @workflow
    def flow(x: int) -> str:
        return one(x=x)

    with pytest.raises(TypeMismatch, match=r"flow: output 'o0' must be str, but n0\.o0 is int"):
        _ = flow.traced

    @workflow
    def other(x: int) -> tuple[int, int]:
        return one(x=x)

    with pytest.raises(TypeMismatch, match="a tuple of 2 values"):
        _ = other.traced

    @workflow
    def third(x: int):  # type: ignore[no-untyped-def]
        return one(x=x)

    with pytest.raises(TypeMismatch, match="declares no output"):
        _ = third.traced


def test_missing_and_unknown_inputs_of_a_task() -> None:
    @workflow
    def flow() -> int:
        return one()

    with pytest.raises(MissingInput, match="one: input 'x'"):
        _ = flow.traced

    @workflow
    def other() -> int:
        return one(x=1, y=2)

    with pytest.raises(UnknownEntity, match="one has no input 'y'"):
        _ = other.traced


def test_giving_what_is_no_value() -> None:
    @workflow
    def flow() -> int:
        return one(x=nothing())

    with pytest.raises(InvalidWorkflow, match="which has no output: use >>"):
        _ = flow.traced

    @workflow
    def other() -> int:
        return total(values=split(values=[1]))

    with pytest.raises(InvalidWorkflow, match="give one of them: train, test"):
        _ = other.traced

    @workflow
    def third(x: int) -> Point:
        return point(x=one(x=Point(x, {}).x))

    assert third(x=1).x == 1

    @task
    def flat(p: Point) -> int:
        return p.x

    @workflow
    def fourth(x: int) -> int:
        return flat(p={"x": one(x=x)})

    with pytest.raises(InvalidWorkflow, match="promises may be inside lists and dicts only"):
        _ = fourth.traced


def test_promises_of_another_workflow_are_refused() -> None:
    leaked = []

    @workflow
    def flow(x: int) -> int:
        leaked.append(one(x=x))
        return leaked[0]

    @workflow
    def other(x: int) -> int:
        return one(x=leaked[0])

    _ = flow.traced
    with pytest.raises(InvalidWorkflow, match="a node of another workflow"):
        _ = other.traced


def test_sub_workflows() -> None:
    @workflow
    def inner(x: int, scale: float = 2) -> int:
        return one(x=one(x=x))

    @workflow
    def outer(x: int) -> int:
        return inner(x=inner(x=x))

    assert ids(outer) == ["n0", "n1"]
    assert outer.traced.nodes[0].bindings["scale"] == Constant(2.0, float)
    assert outer(x=3) == 3


def test_a_workflow_that_calls_itself_is_refused() -> None:
    @workflow
    def flow(x: int) -> int:
        return flow(x=x)

    with pytest.raises(InvalidWorkflow, match="calls itself"):
        _ = flow.traced


def test_overrides() -> None:
    @workflow
    def flow(x: int) -> int:
        made = one(x=x).with_overrides(node_name="My_Name", retries=2, requests=Resources(cpu="2"))
        split(values=[x]).with_overrides(timeout=5, interruptible=False)
        nothing().with_overrides(name="shown").with_overrides(cache=False)
        return made

    first, second, third = flow.traced.nodes
    assert first.id == "my-name"
    assert first.overrides.retries == 2
    assert first.overrides.requests == Resources(cpu="2")
    assert second.overrides.timeout == timedelta(seconds=5)
    assert second.overrides.interruptible is False
    assert (third.id, third.overrides.name, third.overrides.cache) == ("n2", "shown", False)


@pytest.mark.parametrize(
    ("overrides", "error", "words"),
    [
        ({"task_config": "x"}, UnsupportedOption, "task_config='x' cannot be honoured: give it to @task"),
        (
            {"aliases": {"o0": "x"}},
            UnsupportedOption,
            "aliases=.* cannot be honoured: name the outputs with a NamedTuple",
        ),
        ({"cache_ignore_input_vars": ("x",)}, UnsupportedOption, "cache_ignore_input_vars=.* give it to @task"),
        ({"retry": 1}, TypeError, "did you mean 'retries'"),
        ({"retries": -1}, UserError, "retries=-1"),
        ({"timeout": 0}, UnsupportedOption, "a node's 0 means the task's own timeout"),
        ({"timeout": timedelta(0)}, UnsupportedOption, "a node's 0 means the task's own timeout"),
        ({"cache_version": "2"}, UserError, "cache_version='2'.* says nothing without cache=True"),
        ({"cache": False, "cache_version": "2"}, UserError, "says nothing without cache=True"),
        ({"cache": Cache("2"), "cache_version": "3"}, UserError, r"inside Cache\(...\)"),
        ({"cache": Cache("2", ignored_inputs="x")}, UnsupportedOption, r"ignored_inputs=\('x',\)\) cannot be honoured"),
        ({"cache": Cache(salt="2")}, UserError, r"give Cache\(...\) a version"),
        ({"node_name": "../x"}, InvalidName, "letters, digits and dashes"),
        ({"node_name": "start-node"}, InvalidName, "letters"),
        ({"node_name": "n0"}, InvalidName, "named so"),
    ],
)
def test_overrides_that_are_refused(overrides: dict[str, Any], error: type[Exception], words: str) -> None:
    @workflow
    def flow(x: int) -> int:
        one(x=x)
        return one(x=x).with_overrides(**overrides)

    with pytest.raises(error, match=words):
        _ = flow.traced


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("My_Name", "my-name"),
        ("ofA.wineTask", "of-a-wine-task"),
        ("ABC", "a-b-c"),
        ("_x_", "x"),
        ("a" * 70, "e93442db5d-" + "a" * 52),
    ],
)
def test_a_name_of_a_node_becomes_the_id_that_flytekit_makes_of_it(name: str, label: str) -> None:
    assert dns_label(name) == label


def test_a_name_given_to_an_earlier_node_is_not_given_again() -> None:
    @workflow
    def flow(x: int) -> int:
        one(x=x).with_overrides(node_name="n1")
        return one(x=x)

    assert ids(flow) == ["n1", "n2"]


def test_a_cache_version_for_a_cache() -> None:
    cached = task(cache=True, cache_version="1")(nothing.function)

    @workflow
    def flow() -> None:
        cached().with_overrides(cache_version="2")
        nothing().with_overrides(cache=True, cache_version="2")
        nothing().with_overrides(cache=True).with_overrides(cache_version="2")
        nothing().with_overrides(cache=Cache(version="2", serialize=True))

    assert [node.overrides.cache_version for node in flow.traced.nodes] == ["2", "2", "2", "2"]
    last = flow.traced.nodes[-1].overrides
    assert (last.cache, last.cache_serialize) == (True, True)


def test_overrides_that_say_nothing_about_a_sub_workflow() -> None:
    @workflow
    def inner(x: int) -> int:
        return one(x=x)

    @workflow
    def outer(x: int) -> int:
        return inner(x=x).with_overrides(requests=Resources(cpu="1"))

    with pytest.raises(UnsupportedOption, match="does not apply to a sub-workflow"):
        _ = outer.traced


def test_retries_of_a_sub_workflow_are_registered_and_said_to_have_no_effect() -> None:
    @workflow
    def inner(x: int) -> int:
        return one(x=x)

    plan = LaunchPlan.get_or_create(inner)

    @workflow
    def outer(x: int) -> tuple[int, int]:
        return inner.with_overrides(retries=2)(x=x), plan(x=x).with_overrides(retries=1)

    with pytest.warns(NoEffectWarning) as told:
        nodes = outer.traced.nodes
    assert [str(each.message).partition(":")[0] for each in told] == [
        "with_overrides(retries=...) has no effect on a sub-workflow",
        "with_overrides(retries=...) has no effect on a launch plan",
    ]
    assert [Path(each.filename).name for each in told] == [Path(__file__).name] * 2
    assert [node.overrides.retries for node in nodes] == [2, 1]


def test_overrides_of_an_input_are_refused() -> None:
    @workflow
    def flow(x: int) -> int:
        x.with_overrides(retries=2)
        return one(x=x)

    with pytest.raises(InvalidWorkflow, match="is an input of the workflow"):
        _ = flow.traced


def test_options_of_a_workflow() -> None:
    @workflow(
        failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE, interruptible=True, docs="About."
    )
    def flow(x: int) -> int:
        """Not shown."""
        return one(x=x)

    assert flow.failure_policy is WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE
    assert flow.interruptible is True
    assert flow.description == "About."
    for options in ({"failure_policy": 1}, {"interruptible": 1}, {"docs": 1}, {"on_failure": flow.function}):
        with pytest.raises(UserError):
            workflow(**options)(flow.function)
    with pytest.raises(TypeError, match="failure_policy"):
        workflow(failure_polcy=None)(flow.function)  # type: ignore[call-overload]


def test_async_workflows_are_refused() -> None:
    async def flow(x: int) -> int:
        return x

    with pytest.raises(UserError, match="is async"):
        workflow(flow)


def test_a_workflow_is_read_once() -> None:
    calls = []

    @workflow
    def flow(x: int) -> int:
        calls.append(x)
        return one(x=x)

    flow(x=1)
    flow(x=2)
    assert len(calls) == 1


def test_a_wide_workflow_is_read_quickly_enough_to_be_linear() -> None:
    looked: list[Any] = []

    @workflow
    def flow(x: int) -> int:
        return total(values=[one(x=x) for _ in range(1500)])

    looked.extend(flow.traced.nodes)
    assert len(looked) == 1501


def test_options_may_be_given_before_the_call_which_type_checkers_understand() -> None:
    renamed = one.with_overrides(node_name="renamed", retries=2)

    @workflow
    def flow(x: int) -> int:
        both = renamed(x=x, scale=2)
        return one.with_overrides(node_name="again", timeout=5)(both)

    first, second = flow.traced.nodes
    assert [first.id, second.id] == ["renamed", "again"]
    assert (first.overrides.retries, second.overrides.timeout) == (2, timedelta(seconds=5))
    assert first.entity is second.entity is one
    with pytest.raises(
        InvalidWorkflow, match=r"one.with_overrides\(...\)\(...\) is for workflows: .* call one\(...\) itself"
    ):
        renamed(x=1)


def test_options_before_the_call_are_checked_as_those_after_it() -> None:
    @workflow
    def flow(x: int) -> int:
        return one.with_overrides(retries=-1)(x=x)

    with pytest.raises(UserError, match="retries=-1"):
        _ = flow.traced


def test_a_chain_is_what_the_operator_makes() -> None:
    @workflow
    def flow(x: int) -> int:
        first, second, third = one(x=x), nothing(), split(values=[x])
        chain(third, second, first)
        return first

    assert [node.id for node in flow.traced.nodes] == ["n2", "n1", "n0"]
    assert [[before.id for before in node.after] for node in flow.traced.nodes] == [[], ["n2"], ["n1"]]

    @workflow
    def wrong(x: int) -> int:
        first = one(x=x)
        chain(3, first)
        return first

    with pytest.raises(InvalidWorkflow, match="chain: 3 is not what a task returned in this workflow"):
        _ = wrong.traced
