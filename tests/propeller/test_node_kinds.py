"""What the interface of node kinds promises, shown by kinds that only tests have, and what each kind has to have."""

import asyncio
import inspect
from collections.abc import Callable
from pathlib import Path as FilePath
from typing import Any

import pytest
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.dynamic_job_pb2 import DynamicJobSpec
from flyteidl.core.execution_pb2 import NodeExecution, WorkflowExecution
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.event.event_pb2 import NodeExecutionEvent

from livedeck.executors.api import Attempt, Exit
from livedeck.propeller import nodes
from livedeck.propeller.node_handler import NodeHandler
from livedeck.propeller.nodes import KINDS
from livedeck.propeller.nodes.dynamic import DynamicHandler
from livedeck.store import open_store, split_uri
from livedeck.testing.control_plane import FakeExecution
from livedeck.testing.executors import DONE, ScriptedExecutor, fail, literal, succeed
from livedeck.testing.workflows import promise, task, workflow
from tests.propeller.conftest import World
from tests.propeller.deaths import CALLS, die_at_every_call

ALL: tuple[type[NodeHandler], ...] = KINDS


# Every kind has every part.


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_a_kind_has_every_part(kind: Any) -> None:
    assert not inspect.isabstract(kind), f"{kind.__name__} lacks {sorted(kind.__abstractmethods__)}"


@pytest.mark.parametrize("part", sorted(NodeHandler.__abstractmethods__))
def test_a_kind_that_lacks_a_part_cannot_plan_a_node(part: str) -> None:
    others = {name: getattr(DynamicHandler, name) for name in NodeHandler.__abstractmethods__ - {part}}
    lacking = type("Lacking", (NodeHandler,), others)
    with pytest.raises(TypeError, match=part):
        lacking()


def test_every_kind_that_there_is_can_be_run() -> None:
    """A module of a kind that nobody has named in ``KINDS`` would plan nothing."""
    folder = FilePath(nodes.__file__).parent
    modules = {path.stem for path in folder.iterdir() if path.stem not in ("__init__", "__pycache__")}
    assert {kind.__module__.removeprefix(f"{nodes.__name__}.").split(".")[0] for kind in KINDS} == modules


# Kinds that only tests have, run by the engine.


async def outputs_of(uri: str) -> dict[str, Any]:
    folder, name = split_uri(uri)
    literals = LiteralMap.FromString(await open_store(folder).aget(name)).literals
    return {
        key: [item.scalar.primitive.integer for item in value.collection.literals]
        if value.HasField("collection")
        else value.scalar.primitive.integer
        for key, value in literals.items()
    }


async def add_ten(attempt: Attempt) -> Exit:
    inputs = await outputs_of(attempt.command[1])
    return await succeed(attempt, o0=10 + sum(inputs.values()))


def phases(execution: FakeExecution) -> dict[str, str]:
    return {node.id.node_id: NodeExecution.Phase.Name(node.closure.phase) for node in execution.nodes}


def story(execution: Any, name: str) -> list[str]:
    """The phases that were recorded of a node, in order."""
    told = [event for event in execution.history if isinstance(event, NodeExecutionEvent) and event.id.node_id == name]
    return [NodeExecution.Phase.Name(event.phase) for event in told]


async def run(
    world: World, closure: CompiledWorkflowClosure, script: Callable[..., Any], **inputs: Any
) -> FakeExecution:
    literals = LiteralMap(literals={name: literal(value) for name, value in inputs.items()})
    execution = world.control.create(f"a{len(world.control.executions)}", closure, inputs=literals)
    async with world.propeller(world.executor(script), kinds=ALL):
        await world.control.until_over(execution)
    return execution


def inner_workflow() -> CompiledWorkflowClosure:
    return workflow(
        task("n0", x=promise("", "x"), outputs="o0"),
        name="inner",
        inputs=["x"],
        outputs={"o0": promise("n0", "o0")},
    )


def expanding() -> CompiledWorkflowClosure:
    return workflow(
        task("n0", x=promise("", "x"), outputs="o0"),
        task("n1", x=promise("n0", "o0"), outputs="o0"),
        inputs=["x"],
        outputs={"o0": promise("n1", "o0")},
    )


async def leave_nodes(attempt: Attempt) -> Exit:
    """Leave as many nodes as the input says, from the task ``n0`` on the top level."""
    if attempt.id.split("/")[3] != "n0":
        return await add_ten(attempt)
    times = (await outputs_of(attempt.command[1]))["x"]
    if attempt.id.endswith("/0"):
        return await fail(attempt, recoverable=True)
    parts = [task(f"d{index}", x=index, outputs="o0") for index in range(times)]
    closure = workflow(*parts, name="made", outputs={"o0": promise(parts[-1].node.id, "o0")})
    spec = DynamicJobSpec(
        nodes=closure.primary.template.nodes,
        outputs=closure.primary.template.outputs,
        tasks=[each.template for each in closure.tasks],
    )
    await open_store(attempt.output_prefix).aput("futures.pb", spec.SerializeToString())
    return DONE


def expanding_with_retries() -> CompiledWorkflowClosure:
    closure = expanding()
    closure.tasks[0].template.metadata.retries.retries = 1
    return closure


async def test_a_kind_wraps_another_and_holds_what_an_attempt_left(world: World) -> None:
    execution = await run(world, expanding_with_retries(), leave_nodes, x=3)
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    assert await outputs_of(execution.output_uri) == {"o0": 10 + 10 + 2}
    assert {name for name in phases(execution) if "-d" in name} == {"n0-1-d0", "n0-1-d1", "n0-1-d2"}, "of attempt 1"
    assert story(execution, "n0") == ["QUEUED", "RUNNING", "DYNAMIC_RUNNING", "SUCCEEDED"]
    child = next(node for node in execution.nodes if node.id.node_id == "n0-1-d0")
    assert child.metadata.retry_group == "1"


async def leave_nodes_of_which_one_fails(attempt: Any) -> Any:
    if "-d" not in attempt.id:
        return await leave_nodes(attempt)
    if attempt.id.split("/")[3].endswith("-d0"):
        return await fail(attempt, "a child broke")
    await asyncio.Event().wait()  # until it is stopped
    raise AssertionError


async def test_what_an_attempt_left_may_fail(world: World) -> None:
    execution = await run(world, expanding_with_retries(), leave_nodes_of_which_one_fails, x=2)
    assert execution.phase == WorkflowExecution.FAILED
    assert "a child broke" in execution.error.message
    assert story(execution, "n0") == ["QUEUED", "RUNNING", "DYNAMIC_RUNNING", "FAILING", "FAILED"]
    assert phases(execution)["n0-1-d1"] == "ABORTED"


async def test_with_nothing_beside_it_a_node_fails_at_once(world: World) -> None:
    execution = await run(world, expanding_with_retries(), leave_nodes_of_which_one_fails, x=1)
    assert story(execution, "n0") == ["QUEUED", "RUNNING", "DYNAMIC_RUNNING", "FAILED"]


async def test_what_an_attempt_left_is_aborted_with_the_execution(world: World) -> None:
    async def hang(attempt: Attempt) -> Any:
        if "-d" not in attempt.id:
            return await leave_nodes(attempt)
        await asyncio.Event().wait()  # until it is stopped
        raise AssertionError

    closure = expanding_with_retries()
    execution = world.control.create("a", closure, inputs=LiteralMap(literals={"x": literal(2)}))
    async with world.propeller(world.executor(hang), kinds=ALL):
        await world.control.until(
            lambda: sum("-d" in task.id.node_execution_id.node_id for task in execution.tasks) == 2
        )
        await world.control.terminate(execution, "enough")
        await world.control.until_over(execution)
    assert story(execution, "n0") == ["QUEUED", "RUNNING", "DYNAMIC_RUNNING", "ABORTED"]
    assert phases(execution)["n0-1-d0"] == phases(execution)["n0-1-d1"] == "ABORTED"


# An engine dies at every call, and the next one carries on.


async def check_expanded(execution: FakeExecution, executor: ScriptedExecutor) -> None:
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    assert await outputs_of(execution.output_uri) == {"o0": 10 + 10 + 1}
    assert len(executor.processes) == 2 + 2 + 1


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    "case",
    [
        (expanding_with_retries, {"x": 2}, leave_nodes, check_expanded),
    ],
    ids=["dynamic"],
)
async def test_the_next_engine_finds_what_was_made_at_run_time(
    world: World, case: tuple[Callable[..., Any], dict[str, int], Callable[..., Any], Callable[..., Any]], after: bool
) -> None:
    closure, inputs, script, check = case
    literals = LiteralMap(literals={name: literal(value) for name, value in inputs.items()})

    def create(name: str) -> FakeExecution:
        return world.control.create(name, closure(), inputs=literals)

    died = await die_at_every_call(world, create, script, check, after=after, kinds=ALL)
    assert died >= {*CALLS, "compile_dynamic_workflow"}
