"""Executions that recover others: what has succeeded there is not run again, at any depth."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from flyteidl.admin.execution_pb2 import ExecutionMetadata
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.execution_pb2 import WorkflowExecution
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.event.event_pb2 import NodeExecutionEvent

from livedeck.executors.api import Attempt, Exit
from livedeck.propeller.addresses import child_name
from livedeck.store import open_store, split_uri
from livedeck.testing.control_plane import FakeExecution
from livedeck.testing.executors import ScriptedExecutor, fail, literal
from livedeck.testing.workflows import (
    approval,
    branch,
    equals,
    launch,
    mapped,
    promise,
    sub_workflow,
    task,
    template,
    workflow,
)
from tests.propeller.conftest import World
from tests.propeller.deaths import die_at_every_call
from tests.propeller.test_dynamic import leaving, spec_of
from tests.propeller.test_node_kinds import add_ten, outputs_of, phases

Script = Callable[[Attempt], Awaitable[Exit]]


def failing(*nodes: str, run: Script = add_ten) -> Script:
    """A script in which the attempts of some nodes fail."""

    async def script(attempt: Attempt) -> Exit:
        return await (fail(attempt) if attempt.id.split("/")[3] in nodes else run(attempt))

    return script


def ran(executor: ScriptedExecutor) -> list[str]:
    """The nodes and attempts that were run."""
    return sorted(name.split("/", 3)[3] for name in executor.processes)


def recovering(world: World, first: FakeExecution, closure: CompiledWorkflowClosure, name: str = "a1") -> FakeExecution:
    metadata = ExecutionMetadata(mode=ExecutionMetadata.RECOVERED, reference_execution=first.id)
    return world.control.create(name, closure, inputs=first.inputs, metadata=metadata)


async def run(world: World, execution: FakeExecution, script: Script) -> ScriptedExecutor:
    executor = world.executor(script)
    async with world.propeller(executor):
        await world.control.until_over(execution)
    return executor


async def first_of(world: World, closure: CompiledWorkflowClosure, script: Script, **inputs: int) -> FakeExecution:
    literals = LiteralMap(literals={name: literal(value) for name, value in inputs.items()})
    execution = world.control.create("a0", closure, inputs=literals)
    await run(world, execution, script)
    assert execution.phase == WorkflowExecution.FAILED
    return execution


def last_event(execution: FakeExecution, node: str) -> NodeExecutionEvent:
    return [each for each in execution.history if isinstance(each, NodeExecutionEvent) and each.id.node_id == node][-1]


def chain(**options: Any) -> CompiledWorkflowClosure:
    return workflow(
        task("n0", x=promise("", "x"), outputs="o0", options={"deck": True, **options}),
        task("n1", x=promise("n0", "o0"), outputs="o0"),
        inputs=["x"],
        outputs={"o0": promise("n1", "o0")},
    )


async def test_what_has_succeeded_is_not_run_again(world: World) -> None:
    first = await first_of(world, chain(), failing("n1"), x=1)
    second = recovering(world, first, chain())
    executor = await run(world, second, add_ten)
    assert second.phase == WorkflowExecution.SUCCEEDED, second.error
    assert ran(executor) == ["n1/0"]
    assert phases(second) == {"start-node": "SUCCEEDED", "n0": "RECOVERED", "n1": "SUCCEEDED"}
    assert await outputs_of(second.output_uri) == {"o0": 21}
    told = last_event(second, "n0")
    assert told.output_uri == f"{second.prefix}/n0/data/0/outputs.pb", "copied: the other may go"
    assert await outputs_of(told.input_uri) == {"x": 1}
    assert told.deck_uri == f"{first.prefix}/n0/data/0/deck.html"
    source = told.task_node_metadata.catalog_key.source_task_execution
    assert (source.node_execution_id.execution_id, source.retry_attempt) == (first.id, 0)
    assert not [each for each in second.tasks if each.id.node_execution_id.node_id == "n0"]


async def test_a_node_that_was_recovered_is_recovered_again_and_its_deck_is_still_the_first(world: World) -> None:
    first = await first_of(world, chain(), failing("n1"), x=1)
    second = recovering(world, first, chain())
    await run(world, second, failing("n1"))
    third = recovering(world, second, chain(), "a2")
    executor = await run(world, third, add_ten)
    assert ran(executor) == ["n1/0"]
    told = last_event(third, "n0")
    assert told.deck_uri == f"{first.prefix}/n0/data/0/deck.html"
    assert told.task_node_metadata.catalog_key.source_task_execution.node_execution_id.execution_id == first.id


async def test_what_is_gone_is_run(world: World) -> None:
    first = await first_of(world, chain(), failing("n1"), x=1)
    folder, name = split_uri(last_event(first, "n0").output_uri)
    open_store(folder).delete(name)
    second = recovering(world, first, chain())
    executor = await run(world, second, add_ten)
    assert ran(executor) == ["n0/0", "n1/0"]
    assert second.phase == WorkflowExecution.SUCCEEDED


async def test_an_execution_that_is_not_there_any_more_leaves_all_to_be_run(world: World) -> None:
    first = await first_of(world, chain(), failing("n1"), x=1)
    second = recovering(world, first, chain())
    del world.control.executions[first.key]
    assert ran(await run(world, second, add_ten)) == ["n0/0", "n1/0"]


async def test_nodes_of_a_sub_workflow_and_of_a_branch(world: World) -> None:
    inner = workflow(
        task("m0", x=promise("", "x"), outputs="o0"),
        task("m1", x=promise("m0", "o0"), outputs="o0"),
        name="inner",
        inputs=["x"],
        outputs={"o0": promise("m1", "o0")},
    )
    closure = workflow(
        branch("b", (equals("x", 1), sub_workflow("inner", inner, x=promise("", "x"))), x=promise("", "x")),
        inputs=["x"],
        outputs={"o0": promise("b", "o0")},
    )
    first = await first_of(world, closure, failing("b-0-b-inner-0-m1"), x=1)
    second = recovering(world, first, closure)
    executor = await run(world, second, add_ten)
    assert second.phase == WorkflowExecution.SUCCEEDED, second.error
    assert ran(executor) == ["b-0-b-inner-0-m1/0"]
    assert phases(second)["b-0-b-inner-0-m0"] == "RECOVERED"
    assert await outputs_of(second.output_uri) == {"o0": 21}


@pytest.mark.parametrize("attempts", [1, 2])
async def test_a_dynamic_task_that_has_left_its_nodes_is_not_run_again(world: World, attempts: int) -> None:
    add = template("add", inputs=["x"], outputs=["o0"])
    left = spec_of(task("d0", add, x=1), task("d1", add, x=promise("d0", "o0")), output=promise("d1", "o0"))
    closure = workflow(
        task("n0", outputs="o0", options={"retries": 1, "deck": True}), outputs={"o0": promise("n0", "o0")}
    )
    leaves = leaving(left, of=lambda node: node == "n0")

    async def script(attempt: Attempt) -> Exit:
        node, number = attempt.id.split("/")[3:]
        if node == "n0":
            return await (leaves(attempt) if int(number) == attempts - 1 else fail(attempt, recoverable=True))
        return await (fail(attempt) if node.endswith("d1") else add_ten(attempt))

    first = await first_of(world, closure, script)
    held = [node for node in phases(first) if node.endswith("d0")]
    assert held == [f"n0-{attempts - 1}-d0"]
    second = recovering(world, first, closure)
    executor = await run(world, second, add_ten)
    assert second.phase == WorkflowExecution.SUCCEEDED, second.error
    assert ran(executor) == ["n0-0-d1/0"]
    assert phases(second)["n0-0-d0"] == "RECOVERED"
    assert await outputs_of(second.output_uri) == {"o0": 21}
    assert last_event(second, "n0").deck_uri == f"{first.prefix}/n0/data/{attempts - 1}/deck.html"


async def test_a_child_that_has_failed_is_recovered_in_its_turn(world: World) -> None:
    world.control.launch_plans["wf"] = chain()
    closure = workflow(launch("n0", chain(), x=1), outputs={"o0": promise("n0", "o0")}, name="outer")
    first = await first_of(world, closure, failing("n1"))
    second = recovering(world, first, closure)
    executor = await run(world, second, add_ten)
    assert second.phase == WorkflowExecution.SUCCEEDED, second.error
    assert ran(executor) == ["n1/0"]
    child = world.control.executions[f"flytesnacks/development/{child_name('a1', 'n0', 0)}"]
    assert child.spec.metadata.reference_execution.name == child_name("a0", "n0", 0)
    assert phases(child)["n0"] == "RECOVERED"


async def test_a_child_that_has_succeeded_is_not_started_again_and_the_one_of_then_is_named(world: World) -> None:
    world.control.launch_plans["wf"] = chain()
    closure = workflow(launch("n0", chain(), x=1), task("last", x=promise("n0", "o0")), name="outer")
    first = await first_of(world, closure, failing("last"))
    second = recovering(world, first, closure)
    assert ran(await run(world, second, add_ten)) == ["last/0"]
    assert last_event(second, "n0").workflow_node_metadata.execution_id.name == child_name("a0", "n0", 0)


async def test_items_of_a_map_over_a_launch_plan_go_on_being_begun(world: World) -> None:
    world.control.launch_plans["wf"] = chain()
    item = launch("item", chain(), x=promise("", "x"))
    values = [1, 2, 3, 4]
    closure = workflow(mapped("n0", item, parallelism=1, x=values), outputs={"o0": promise("n0", "o0")}, name="outer")

    async def third_fails(attempt: Attempt) -> Exit:
        if attempt.id.split("/")[3] != "n1":
            return await add_ten(attempt)
        x = (await outputs_of(attempt.command[1]))["x"]
        return await (fail(attempt) if x == 13 else add_ten(attempt))

    first = await first_of(world, closure, third_fails)
    second = recovering(world, first, closure)
    executor = await run(world, second, add_ten)
    assert second.phase == WorkflowExecution.SUCCEEDED, second.error
    assert await outputs_of(second.output_uri) == {"o0": [21, 22, 23, 24]}
    assert len(ran(executor)) == 3, "of the third its second task, of the fourth both"


async def test_a_failure_node_runs_for_each_failure(world: World) -> None:
    closure = workflow(task("n0", outputs="o0"), on_failure=task("clean"))
    first = await first_of(world, closure, failing("n0"))
    second = recovering(world, first, closure)
    executor = await run(world, second, failing("n0"))
    assert ran(executor) == ["clean/0", "n0/0"]


async def test_a_gate_that_was_opened_stays_open(world: World) -> None:
    closure = workflow(approval("n0", "ok", x=1), task("n1", x=promise("n0", "x")))
    first = world.control.create("a0", closure)
    async with world.propeller(world.executor(failing("n1"))):
        await world.control.set_signal(first, "ok", literal(True))
        await world.control.until_over(first)
    second = recovering(world, first, closure)
    assert ran(await run(world, second, add_ten)) == ["n1/0"]
    assert second.phase == WorkflowExecution.SUCCEEDED


@pytest.mark.parametrize("after", [False, True])
async def test_an_engine_that_dies_at_any_call_has_recovered_the_same(world: World, *, after: bool) -> None:
    add = template("add", inputs=["x"], outputs=["o0"])
    left = spec_of(task("d0", add, x=1), task("d1", add, x=promise("d0", "o0")), output=promise("d1", "o0"))
    closure = workflow(
        task("n0", outputs="o0"), task("n1", x=promise("n0", "o0"), outputs="o0"), outputs={"o0": promise("n1", "o0")}
    )
    leaves: Script = leaving(left, of=lambda node: node == "n1")

    async def script(attempt: Attempt) -> Exit:
        node = attempt.id.split("/")[3]
        if node == "n1":
            return await leaves(attempt)
        return await (fail(attempt) if node.endswith("d1") else add_ten(attempt))

    first = await first_of(world, closure, script)

    async def check(execution: FakeExecution, executor: ScriptedExecutor) -> None:
        assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
        assert ran(executor) == ["n1-0-d1/0"]
        assert await outputs_of(execution.output_uri) == {"o0": 21}
        assert phases(execution)["n0"] == "RECOVERED"

    def create(name: str) -> FakeExecution:
        return recovering(world, first, closure, f"r{name}")

    died = await die_at_every_call(world, create, add_ten, check, after=after)
    assert {"find_recorded", "find_dynamic_workflow", "report"} <= died


async def test_an_execution_that_recovers_is_aborted(world: World) -> None:
    first = await first_of(world, chain(), failing("n1"), x=1)
    second = recovering(world, first, chain())

    async def hang(_: Attempt) -> Exit:
        await asyncio.Event().wait()
        raise AssertionError

    async with world.propeller(world.executor(hang)):
        await world.control.until(lambda: ("n1", 0) in second.by_attempt)
        await world.control.terminate(second, "because")
        await world.control.until_over(second)
    assert second.phase == WorkflowExecution.ABORTED
    assert phases(second)["n0"] == "RECOVERED"
