"""Launch plans, run by the engine as child executions: outputs, failures, aborts, timeouts, maps, engines that die."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flyteidl.admin.execution_pb2 import ExecutionMetadata, ExecutionSpec
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.execution_pb2 import ExecutionError, WorkflowExecution
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.workflow_pb2 import NodeMetadata
from flyteidl.event.event_pb2 import NodeExecutionEvent
from google.protobuf.duration_pb2 import Duration

from livedeck.executors.api import Attempt, Exit
from livedeck.propeller.addresses import child_name
from livedeck.propeller.children import MOST_NESTED
from livedeck.testing.control_plane import FakeExecution
from livedeck.testing.executors import ScriptedExecutor, fail, literal
from livedeck.testing.workflows import branch, equals, launch, mapped, promise, task, workflow
from tests.propeller.conftest import QUICK, World
from tests.propeller.deaths import CALLS, die_at_every_call
from tests.propeller.test_node_kinds import add_ten, outputs_of, phases, story

Script = Callable[[Attempt], Any]


def inner(**options: Any) -> CompiledWorkflowClosure:
    return workflow(
        task("n0", x=promise("", "x"), outputs="o0", options=options),
        name="inner",
        inputs=["x"],
        outputs={"o0": promise("n0", "o0")},
    )


def outer(*, fail_immediately: bool = True) -> CompiledWorkflowClosure:
    return workflow(
        task("n0", x=promise("", "x"), outputs="o0"),
        launch("n1", inner(), x=promise("n0", "o0")),
        task("n2", x=promise("n1", "o0"), outputs="o0"),
        inputs=["x"],
        outputs={"o0": promise("n2", "o0")},
        fail_immediately=fail_immediately,
    )


def beside() -> CompiledWorkflowClosure:
    """A child beside a task."""
    return workflow(launch("n0", inner(), x=1), task("n1", outputs="o0"))


def create(world: World, closure: CompiledWorkflowClosure, name: str = "a", **spec: Any) -> FakeExecution:
    world.control.launch_plans["inner"] = inner()
    return world.control.create(name, closure, inputs=LiteralMap(literals={"x": literal(1)}), **spec)


def child_of(world: World, execution: FakeExecution, node: str = "n1") -> FakeExecution:
    return world.control.executions[f"flytesnacks/development/{child_name(execution.id.name, node, 0)}"]


def has_child(world: World, execution: FakeExecution, node: str) -> bool:
    return f"flytesnacks/development/{child_name(execution.id.name, node, 0)}" in world.control.executions


async def run(world: World, closure: CompiledWorkflowClosure, script: Script = add_ten, **spec: Any) -> FakeExecution:
    execution = create(world, closure, **spec)
    async with world.propeller(world.executor(script)):
        await world.control.until_over(execution)
    return execution


async def hang_in_children(attempt: Attempt) -> Exit:
    if "/a/" in f"/{attempt.id}":
        return await add_ten(attempt)
    await asyncio.Event().wait()  # until it is stopped
    raise AssertionError


# The child's name.


@pytest.mark.parametrize(
    ("execution", "node", "name"),
    [
        ("a", "n0", "a-n0-0"),
        ("abcdefghijklmno", "n0", "abcdefghijklmno-n0-0"),
        # FNV-1a of 64 bits in Flyte's base 32, as Flyte's own engine names them.
        ("a6dzmzp5mt5j7fq6cqb9", "n0", "fhmwkxs2jg3uoe"),
        ("a", "n0.X", None),
    ],
)
def test_a_child_is_named_after_its_parent(execution: str, node: str, name: str | None) -> None:
    made = child_name(execution, node, 0)
    assert made == child_name(execution, node, 0)
    assert made != child_name(execution, node, 1)
    assert len(made) <= 20
    assert made == made.lower()
    assert "." not in made
    if name is not None and len(f"{execution}-{node}-0") <= 20:
        assert made == name


# Ends.


async def test_a_child_takes_the_inputs_and_gives_its_outputs(world: World) -> None:
    execution = await run(world, outer())
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    assert await outputs_of(execution.output_uri) == {"o0": 31}
    assert story(execution, "n1") == ["QUEUED", "RUNNING", "SUCCEEDED"]
    child = child_of(world, execution)
    assert await outputs_of(child.output_uri) == {"o0": 21}
    node = execution.by_node["n1"]
    assert node.closure.workflow_node_metadata.executionId == child.id
    assert node.closure.output_uri == f"{execution.prefix}/n1/data/0/outputs.pb", "copied, as Flyte does"
    assert not node.metadata.is_parent_node
    assert not execution.by_attempt.keys() & {("n1", 0)}


async def test_the_link_is_there_as_soon_as_the_node_runs(world: World) -> None:
    execution = await run(world, outer())
    told = [each for each in execution.history if isinstance(each, NodeExecutionEvent) and each.id.node_id == "n1"]
    assert [each.workflow_node_metadata.execution_id.name for each in told] == ["", "a-n1-0", "a-n1-0"]
    assert {each.target_entity.name for each in told} == {"inner"}


async def test_a_child_knows_its_parent_and_inherits_its_spec(world: World) -> None:
    execution = await run(
        world,
        outer(),
        labels={"values": {"team": "blue"}},
        annotations={"values": {"note": "x"}},
        max_parallelism=7,
        overwrite_cache=True,
        envs={"values": [{"key": "A", "value": "b"}]},
        raw_output_data_config={"output_location_prefix": f"{world.root}/elsewhere"},
        metadata=ExecutionMetadata(principal="me", nesting=2),
    )
    spec = child_of(world, execution).spec
    parent = NodeExecutionIdentifier(node_id="n1", execution_id=execution.id)
    assert spec.metadata == ExecutionMetadata(
        mode=ExecutionMetadata.CHILD_WORKFLOW, principal="me", nesting=3, parent_node_execution=parent
    )
    expected = ExecutionSpec()
    expected.CopyFrom(execution.spec)
    expected.metadata.CopyFrom(spec.metadata)
    expected.launch_plan.CopyFrom(spec.launch_plan)
    assert spec == expected
    assert spec.launch_plan.name == "inner"


async def test_a_node_may_say_that_its_child_is_interruptible(world: World) -> None:
    closure = workflow(launch("n1", inner(), x=1).named(NodeMetadata(interruptible=True)))
    assert child_of(world, await run(world, closure)).spec.interruptible.value


async def test_a_child_that_fails_fails_the_node_with_its_error(world: World) -> None:
    async def break_in_children(attempt: Attempt) -> Exit:
        return await add_ten(attempt) if attempt.id.startswith("flytesnacks/development/a/") else await fail(attempt)

    execution = await run(world, outer(), break_in_children)
    assert execution.phase == WorkflowExecution.FAILED
    error = child_of(world, execution).error
    assert error is not None
    assert execution.error is not None
    assert (execution.error.code, execution.error.kind) == (error.code, ExecutionError.USER)
    assert execution.error.message == f"Execution 'a-n1-0' of launch plan 'inner' failed: {error.message}"
    assert story(execution, "n1") == ["QUEUED", "RUNNING", "FAILED"]
    assert "n2" not in phases(execution)


async def test_a_child_that_is_aborted_fails_the_node(world: World) -> None:
    execution = create(world, outer())
    async with world.propeller(world.executor(hang_in_children)):
        await world.control.until(lambda: has_child(world, execution, "n1"))
        await world.control.terminate(child_of(world, execution), "not wanted")
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.FAILED
    assert execution.error is not None
    assert execution.error.code == "RemoteChildWorkflowExecutionFailed"
    assert execution.error.message == "Execution 'a-n1-0' of launch plan 'inner' was aborted: not wanted"


async def test_a_launch_plan_that_cannot_be_started_fails_the_node(world: World) -> None:
    execution = create(world, outer())
    world.control.launch_plans.clear()
    async with world.propeller(world.executor(add_ten)):
        await world.control.until_over(execution)
    assert execution.error is not None
    assert "Launch plan 'inner' cannot be started: there is no launch plan 'inner'" in execution.error.message
    assert story(execution, "n1") == ["QUEUED", "FAILED"]


async def test_a_name_that_is_taken_fails_the_node_and_nothing_else(world: World) -> None:
    execution = create(world, outer())
    stranger = world.control.create("a-n1-0", workflow(task("n0", outputs="o0")))
    async with world.propeller(world.executor(add_ten)):
        await world.control.until_over(execution)
        await world.control.until_over(stranger)
    assert execution.error is not None
    assert "'a-n1-0' exists already" in execution.error.message
    assert stranger.phase == WorkflowExecution.SUCCEEDED


@pytest.mark.slow
async def test_a_child_takes_no_longer_than_the_node_may(world: World) -> None:
    plan = launch("n1", inner(), x=1).named(NodeMetadata(timeout=Duration(nanos=10_000_000)))
    execution = await run(world, workflow(plan), hang_in_children)
    assert execution.phase == WorkflowExecution.FAILED
    assert execution.error is not None
    assert execution.error.code == "TimeoutExpired"
    assert execution.error.message == (
        f"Execution 'a-n1-0' of launch plan 'inner' took longer than the node's timeout "
        f"({timedelta(milliseconds=10)}) and was aborted."
    )
    assert child_of(world, execution).abort_cause.startswith("It took longer")


async def test_what_starts_itself_comes_to_an_end(world: World) -> None:
    execution = await run(world, outer(), metadata=ExecutionMetadata(nesting=MOST_NESTED))
    assert execution.error is not None
    assert f"it would be {MOST_NESTED + 1} levels below" in execution.error.message
    assert not has_child(world, execution, "n1")


async def test_children_have_children(world: World) -> None:
    middle = workflow(
        launch("n0", inner(), x=promise("", "x")), name="middle", inputs=["x"], outputs={"o0": promise("n0", "o0")}
    )
    world.control.launch_plans["middle"] = middle
    top = workflow(launch("n1", middle, x=promise("", "x")), inputs=["x"], outputs={"o0": promise("n1", "o0")})
    execution = await run(world, top)
    assert await outputs_of(execution.output_uri) == {"o0": 11}
    child = child_of(world, execution)
    assert [child.spec.metadata.nesting, child_of(world, child, "n0").spec.metadata.nesting] == [1, 2]


async def test_a_branch_and_a_failure_node_may_start_children(world: World) -> None:
    way = branch("n1", (equals("x", 1), launch("w", inner(), x=promise("", "x"))), x=promise("", "x"))
    closure = workflow(
        way, task("n2", x=promise("n1", "o0")), inputs=["x"], on_failure=launch("fn", inner(), x=promise("", "x"))
    )

    async def break_at_the_end(attempt: Attempt) -> Exit:
        return await (fail if "/n2/" in attempt.id else add_ten)(attempt)

    execution = await run(world, closure, break_at_the_end)
    assert execution.phase == WorkflowExecution.FAILED
    assert child_of(world, execution, "n1-0-n1-w").phase == WorkflowExecution.SUCCEEDED
    assert child_of(world, execution, "fn").phase == WorkflowExecution.SUCCEEDED


# Stopping.


async def test_a_child_is_aborted_with_its_parent(world: World) -> None:
    execution = create(world, outer())
    async with world.propeller(world.executor(hang_in_children)):
        await world.control.until(lambda: phases(execution).get("n1") == "RUNNING")
        await world.control.terminate(execution, "enough")
        await world.control.until_over(execution)
        child = await world.control.until_over(child_of(world, execution))
    assert (execution.phase, child.phase) == (WorkflowExecution.ABORTED, WorkflowExecution.ABORTED)
    assert child.abort_cause == "Its parent, execution 'a', was aborted or has failed."
    assert story(execution, "n1") == ["QUEUED", "RUNNING", "ABORTED"]


async def test_a_child_is_aborted_when_its_parent_fails(world: World) -> None:
    execution = create(world, beside())

    async def break_beside(attempt: Attempt) -> Exit:
        if attempt.id.startswith("flytesnacks/development/a/"):
            await world.control.until(lambda: phases(execution).get("n0") == "RUNNING")
            return await fail(attempt)
        return await hang_in_children(attempt)

    async with world.propeller(world.executor(break_beside)):
        await world.control.until_over(execution)
        child = await world.control.until_over(child_of(world, execution, "n0"))
    assert (execution.phase, child.phase) == (WorkflowExecution.FAILED, WorkflowExecution.ABORTED)
    assert phases(execution)["n0"] == "ABORTED"


async def test_what_waits_for_a_slot_starts_no_child_once_it_is_stopped(world: World) -> None:
    closure = workflow(launch("n0", inner(), x=1), launch("n1", inner(), x=2))
    execution = create(world, closure, max_parallelism=1)
    async with world.propeller(world.executor(hang_in_children)):
        await world.control.until(lambda: "RUNNING" in (phases(execution).get("n0"), phases(execution).get("n1")))
        assert sum(has_child(world, execution, node) for node in ("n0", "n1")) == 1
        await world.control.terminate(execution, "enough")
        await world.control.until_over(execution)
        await world.control.until(lambda: all(each.over for each in world.control.executions.values()))
    assert sum(has_child(world, execution, node) for node in ("n0", "n1")) == 1
    assert set(phases(execution).values()) == {"SUCCEEDED", "ABORTED"}


async def test_those_who_wait_for_children_do_not_keep_them_from_being_driven(world: World) -> None:
    execution = create(world, outer())
    async with world.propeller(world.executor(add_ten), settings=replace(QUICK, max_executions=1)):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED


async def test_an_execution_that_cannot_be_driven_takes_its_children_along(world: World) -> None:
    execution = create(world, outer())
    async with world.propeller(world.executor(hang_in_children)):
        await world.control.until(lambda: phases(execution).get("n1") == "RUNNING")
    execution.closure.primary.template.nodes[1].workflow_node.launchplan_ref.name = "gone"  # nothing plans that
    async with world.propeller(world.executor(hang_in_children)):
        await world.control.until_over(execution)
        child = await world.control.until_over(child_of(world, execution))
    assert execution.phase == WorkflowExecution.FAILED
    assert child.phase == WorkflowExecution.ABORTED


# Maps.


def mapping(**options: Any) -> CompiledWorkflowClosure:
    lists = mapped("n0", launch("i", inner()), x=[1, 2, 3], **options)
    return workflow(lists, outputs={"o0": promise("n0", "o0")})


async def test_a_map_starts_a_child_for_each_item(world: World) -> None:
    execution = await run(world, mapping())
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    assert await outputs_of(execution.output_uri) == {"o0": [11, 12, 13]}
    assert story(execution, "n0") == ["QUEUED", "RUNNING", "SUCCEEDED"]
    items = {name: node for name, node in execution.by_node.items() if name.startswith("n0-0-")}
    assert sorted(items) == ["n0-0-n0", "n0-0-n1", "n0-0-n2"]
    for name, node in items.items():
        assert node.closure.workflow_node_metadata.executionId == child_of(world, execution, name).id
    assert execution.by_node["n0"].metadata.is_array
    assert not execution.by_node["n0"].metadata.is_parent_node, "clients take that for a workflow"
    assert not execution.by_attempt, "as in Flyte, whose items are nodes here"


async def break_second(attempt: Attempt) -> Exit:
    name = (await outputs_of(attempt.command[1]))["x"]
    return await (fail if name == 2 else add_ten)(attempt)


async def test_a_map_fails_with_its_items_unless_enough_succeed(world: World) -> None:
    execution = await run(world, mapping(), break_second)
    assert execution.phase == WorkflowExecution.FAILED
    assert execution.error is not None
    assert "1 of 3 items failed" in execution.error.message
    assert "of launch plan 'inner' failed" in execution.error.message
    other = create(world, mapping(minimum=2), "b")
    async with world.propeller(world.executor(break_second)):
        await world.control.until_over(other)
    assert other.phase == WorkflowExecution.SUCCEEDED


async def test_a_map_starts_as_many_as_may_be_at_work(world: World) -> None:
    execution = create(world, mapping(parallelism=2))
    seen: list[int] = []

    async def count(attempt: Attempt) -> Exit:
        children = [each for each in world.control.executions.values() if each is not execution]
        seen.append(sum(not each.over for each in children))
        return await add_ten(attempt)

    async with world.propeller(world.executor(count)):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED
    assert max(seen) <= 2


# An engine dies at every call, and the next one carries on.


async def check(execution: FakeExecution, executor: ScriptedExecutor) -> None:
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    assert await outputs_of(execution.output_uri) == {"o0": 31}
    assert len(executor.processes) == 3, "the child was started once"


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_the_next_engine_finds_the_child(world: World, after: bool) -> None:
    made = lambda name: create(world, outer(), name)  # noqa: E731
    died = await die_at_every_call(world, made, add_ten, check, after=after)
    assert died >= {*CALLS, "create_child"}


async def check_mapped(execution: FakeExecution, executor: ScriptedExecutor) -> None:
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    assert await outputs_of(execution.output_uri) == {"o0": [11, 12, 13]}
    assert len(executor.processes) == 3, "each child was started once"


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_the_next_engine_finds_the_children_of_a_map(world: World, after: bool) -> None:
    closure = mapping(parallelism=2)
    made = lambda name: create(world, closure, name)  # noqa: E731
    died = await die_at_every_call(world, made, add_ten, check_mapped, after=after)
    assert died >= {*CALLS, "create_child"}
