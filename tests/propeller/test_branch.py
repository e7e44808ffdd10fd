"""Branches, run by the engine: the way taken, the ways not taken, failures, aborts, and engines that die."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.execution_pb2 import ExecutionError, NodeExecution, TaskExecution, WorkflowExecution
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.types_pb2 import LiteralType, SimpleType

from livedeck.errors import InvalidWorkflow
from livedeck.executors.api import Attempt, Exit
from livedeck.literals.offloading import stand_in
from livedeck.propeller.compiled_closure import Planner
from livedeck.propeller.nodes import KINDS
from livedeck.store import join_uri, open_store
from livedeck.testing.control_plane import FakeExecution
from livedeck.testing.executors import ScriptedExecutor, fail, literal, succeed
from livedeck.testing.workflows import branch, equals, promise, sub_workflow, task, workflow
from tests.propeller.conftest import World
from tests.propeller.deaths import CALLS, die_at_every_call
from tests.propeller.test_node_kinds import add_ten, inner_workflow, outputs_of, phases, run, story

X = equals(".x", 0), equals(".x", 1)


def branching(otherwise: Any = "no way fits") -> CompiledWorkflowClosure:
    """Adds ten three times where x is 0, binding a node before the branch; runs a workflow in between where it is 1."""
    return workflow(
        task("n0", x=promise("", "x"), outputs="o0"),
        branch(
            "n1",
            (X[0], task("n0", x=promise("n0", "o0"), outputs="o0")),
            (X[1], sub_workflow("n1", inner_workflow(), x=promise("n0", "o0"))),
            otherwise=otherwise,
            **{".x": promise("", "x")},
        ).after("n0"),
        task("n2", x=promise("n1", "o0"), outputs="o0"),
        inputs=["x"],
        outputs={"o0": promise("n2", "o0")},
    )


async def test_one_way_is_taken_and_the_others_are_skipped(world: World) -> None:
    execution = await run(world, branching(), add_ten, x=0)
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    assert await outputs_of(execution.output_uri) == {"o0": 30}
    assert phases(execution) == {
        "start-node": "SUCCEEDED",
        "n0": "SUCCEEDED",
        "n1": "SUCCEEDED",
        "n1-0-n1-n0": "SUCCEEDED",
        "n1-0-n1-n1": "SKIPPED",
        "n2": "SUCCEEDED",
    }
    assert story(execution, "n1") == ["QUEUED", "RUNNING", "SUCCEEDED"]
    assert story(execution, "n1-0-n1-n1") == ["SKIPPED"]
    by_name = {node.id.node_id: node for node in execution.nodes}
    assert by_name["n1"].metadata.is_parent_node
    assert by_name["n1"].closure.output_uri == by_name["n1-0-n1-n0"].closure.output_uri
    assert by_name["n1-0-n1-n0"].metadata.spec_node_id == "n1-n0"
    assert not by_name["n1-0-n1-n1"].input_uri


async def test_a_condition_looks_at_a_value_that_is_stored_by_itself(world: World) -> None:
    large = literal("x" * 1000)
    content = large.SerializeToString()

    async def script(attempt: Attempt) -> Exit:
        await open_store(attempt.output_prefix).aput("large.pb", content)
        uri = join_uri(attempt.output_prefix, "large.pb")
        return await succeed(attempt, o0=stand_in(large, content, uri, LiteralType(simple=SimpleType.STRING)))

    closure = workflow(
        task("n0", outputs="o0"),
        branch("n1", (equals("large", "x" * 1000), task("n0", outputs="o0")), large=promise("n0", "o0")),
    )
    execution = world.control.create("a", closure)
    async with world.propeller(world.executor(script)):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error


async def test_a_way_may_be_a_workflow(world: World) -> None:
    execution = await run(world, branching(), add_ten, x=1)
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    assert await outputs_of(execution.output_uri) == {"o0": 31}
    assert phases(execution)["n1-0-n1-n0"] == "SKIPPED"
    assert phases(execution)["n1-0-n1-n1-0-n0"] == "SUCCEEDED"


async def test_the_else_node_is_taken_when_no_condition_holds(world: World) -> None:
    execution = await run(world, branching(task("n2", outputs="o0")), add_ten, x=7)
    assert await outputs_of(execution.output_uri) == {"o0": 20}
    assert phases(execution)["n1-0-n1-n2"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("otherwise", "code", "words"),
    [
        ("no way fits", "UserProvidedError", "no way fits"),
        (None, "MalformedBranchUserError", "No condition holds, and there is no else."),
    ],
)
async def test_a_branch_without_a_way_fails(world: World, otherwise: str | None, code: str, words: str) -> None:
    execution = await run(world, branching(otherwise), add_ten, x=7)
    assert execution.phase == WorkflowExecution.FAILED
    assert (execution.error.code, execution.error.message) == (code, words)
    assert execution.error.kind == ExecutionError.USER
    assert phases(execution) == {
        "start-node": "SUCCEEDED",
        "n0": "SUCCEEDED",
        "n1": "FAILED",
        "n1-0-n1-n0": "SKIPPED",
        "n1-0-n1-n1": "SKIPPED",
    }


async def test_a_condition_that_compares_nothing_alike_fails_the_branch(world: World) -> None:
    closure = workflow(
        branch("n0", (equals(".x", "a"), task("n0")), otherwise="no", **{".x": promise("", "x")}), inputs=["x"]
    )
    execution = await run(world, closure, add_ten, x=7)
    assert execution.error.code == "MalformedBranchUserError"
    assert ".x == 'a' compares a number with a text" in execution.error.message


def nested(depth: int) -> CompiledWorkflowClosure:
    """Branches in branches; the innermost way binds a node of the workflow."""
    part = task("n0", x=promise("n0", "o0"), outputs="o0")
    for _ in range(depth):
        part = branch("n0", (X[0], part), otherwise="no", **{".x": promise("", "x")})
    part.node.id = "n9"
    return workflow(
        task("n0", x=promise("", "x"), outputs="o0"),
        part.after("n0"),
        inputs=["x"],
        outputs={"o0": promise("n9", "o0")},
    )


@pytest.mark.parametrize("depth", [1, 2, 3])
async def test_branches_nest_and_bind_what_lies_around_them_all(world: World, depth: int) -> None:
    execution = await run(world, nested(depth), add_ten, x=0)
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    assert await outputs_of(execution.output_uri) == {"o0": 20}


async def test_a_way_without_outputs_gives_none(world: World) -> None:
    closure = workflow(
        branch("n0", (X[0], task("n0")), otherwise="no", **{".x": promise("", "x")}),
        task("n1").after("n0"),
        inputs=["x"],
    )
    execution = await run(world, closure, add_ten, x=0)
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    assert phases(execution)["n1"] == "SUCCEEDED"


async def fail_in_the_branch(attempt: Attempt) -> Exit:
    return await (fail(attempt, "the way broke") if "/n1-" in attempt.id else add_ten(attempt))


async def test_a_branch_fails_with_the_way_taken(world: World) -> None:
    execution = await run(world, branching(), fail_in_the_branch, x=0)
    assert "the way broke" in execution.error.message
    assert story(execution, "n1") == ["QUEUED", "RUNNING", "FAILED"]
    assert "n2" not in phases(execution)


async def test_a_branch_is_aborted_with_its_execution(world: World) -> None:
    async def hang(attempt: Attempt) -> Any:
        if "/n1-" not in attempt.id:
            return await add_ten(attempt)
        await asyncio.Event().wait()  # until it is stopped
        raise AssertionError

    execution = world.control.create("a", branching(), inputs=LiteralMap(literals={"x": literal(0)}))
    async with world.propeller(world.executor(hang)):
        await world.control.until(
            lambda: any(
                task.id.node_execution_id.node_id == "n1-0-n1-n0" and task.closure.phase == TaskExecution.RUNNING
                for task in execution.tasks
            )
        )
        await world.control.terminate(execution, "enough")
        await world.control.until_over(execution)
    assert phases(execution)["n1"] == phases(execution)["n1-0-n1-n0"] == "ABORTED"
    assert phases(execution)["n1-0-n1-n1"] == "SKIPPED"


def test_ways_have_ids_of_their_own() -> None:
    closure = branching(task("n0", outputs="o0"))
    with pytest.raises(InvalidWorkflow, match="branch 'n1' has two nodes with the same id"):
        Planner(closure, KINDS, system_retries=0).plan()


async def check_first(execution: FakeExecution, executor: ScriptedExecutor) -> None:
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    assert await outputs_of(execution.output_uri) == {"o0": 30}
    assert phases(execution)["n1-0-n1-n1"] == "SKIPPED"
    assert len(executor.processes) == 3


async def check_nested(execution: FakeExecution, executor: ScriptedExecutor) -> None:
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    assert await outputs_of(execution.output_uri) == {"o0": 20}
    assert len(executor.processes) == 2


async def check_refused(execution: FakeExecution, executor: ScriptedExecutor) -> None:
    assert execution.error.message == "no way fits"
    assert {node.closure.phase for node in execution.nodes if "n1-0" in node.id.node_id} == {NodeExecution.SKIPPED}
    assert len(executor.processes) == 1


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    "case",
    [(branching, 0, check_first), (lambda: nested(2), 0, check_nested), (branching, 7, check_refused)],
    ids=["first", "nested", "refused"],
)
async def test_the_next_engine_carries_a_branch_on(
    world: World, case: tuple[Callable[[], CompiledWorkflowClosure], int, Callable[..., Any]], after: bool
) -> None:
    closure, x, check = case

    def create(name: str) -> FakeExecution:
        return world.control.create(name, closure(), inputs=LiteralMap(literals={"x": literal(x)}))

    assert await die_at_every_call(world, create, add_ten, check, after=after) >= CALLS
