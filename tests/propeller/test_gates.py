"""Gates, run by the engine: approvals, inputs, sleeps, their timeouts, aborts, and engines that die."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.execution_pb2 import ExecutionError, NodeExecution, WorkflowExecution
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.types_pb2 import SimpleType
from flyteidl.core.workflow_pb2 import GateNode, Node, NodeMetadata
from flyteidl.event.event_pb2 import NodeExecutionEvent

from livedeck.errors import InvalidWorkflow
from livedeck.propeller.compiled_closure import Planner
from livedeck.propeller.nodes import KINDS
from livedeck.testing.control_plane import FakeExecution
from livedeck.testing.executors import ScriptedExecutor, literal
from livedeck.testing.workflows import (
    Part,
    approval,
    asked_for,
    branch,
    equals,
    promise,
    sleep,
    sub_workflow,
    task,
    workflow,
)
from tests.propeller.conftest import World
from tests.propeller.deaths import CALLS, die_at_every_call
from tests.propeller.test_node_kinds import add_ten, outputs_of, phases, story

YEAR = timedelta(days=365)


def approving(timeout: timedelta | None = None) -> CompiledWorkflowClosure:
    return workflow(
        task("n0", x=promise("", "x"), outputs="o0"),
        approval("n1", "looks good", timeout, o0=promise("n0", "o0")).after("n0"),
        task("n2", x=promise("n1", "o0"), outputs="o0"),
        inputs=["x"],
        outputs={"o0": promise("n2", "o0")},
    )


def asking(timeout: timedelta | None = None) -> CompiledWorkflowClosure:
    return workflow(
        asked_for("n0", "how many", "number", timeout),
        task("n1", x=promise("n0", "number"), outputs="o0"),
        outputs={"o0": promise("n1", "o0"), "given": promise("n0", "number")},
    )


def sleeping(duration: timedelta) -> CompiledWorkflowClosure:
    return workflow(sleep("n0", duration), task("n1", outputs="o0").after("n0"), outputs={"o0": promise("n1", "o0")})


def create(world: World, closure: CompiledWorkflowClosure, name: str = "a") -> FakeExecution:
    return world.control.create(name, closure, inputs=LiteralMap(literals={"x": literal(1)}))


async def run(world: World, closure: CompiledWorkflowClosure, **signals: Any) -> FakeExecution:
    """Run a workflow whose signals are set as soon as they are there."""
    execution = create(world, closure)
    async with world.propeller(world.executor(add_ten)):
        for signal, value in signals.items():
            await world.control.until(lambda signal=signal: (execution.key, signal) in world.control.signals)  # type: ignore[misc]
            await world.control.set_signal(execution, signal, literal(value))
        await world.control.until_over(execution)
    return execution


async def test_what_is_approved_goes_through(world: World) -> None:
    execution = await run(world, approving(), **{"looks good": True})
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    assert await outputs_of(execution.output_uri) == {"o0": 21}
    assert story(execution, "n1") == ["QUEUED", "RUNNING", "SUCCEEDED"]
    gate = next(node for node in execution.nodes if node.id.node_id == "n1")
    assert await outputs_of(gate.closure.output_uri) == {"o0": 11}
    assert not execution.by_attempt.keys() & {("n1", 0)}


async def test_nodes_that_wait_for_values_of_different_types_by_one_name_fail(world: World) -> None:
    text = asked_for("n1", "how many", "number")
    text.node.gate_node.signal.type.simple = SimpleType.STRING
    execution = await run(world, workflow(asked_for("n0", "how many", "number"), text.after("n0")), **{"how many": 7})
    assert execution.phase == WorkflowExecution.FAILED
    assert execution.error.code == "SignalTypeMismatch"
    assert "'how many' is of another type for another node" in execution.error.message


async def test_times_that_end_before_or_behind_all_years_are_times(world: World) -> None:
    ages = timedelta(days=3_000_000)
    inner = workflow(task("n0", outputs="o0"), name="inner")
    metadata = NodeMetadata()
    metadata.timeout.FromTimedelta(ages)
    closure = workflow(sleep("n0", -ages), approval("n1", "ok", ages), sub_workflow("n2", inner).named(metadata))
    execution = await run(world, closure, ok=True)
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error


async def test_a_refusal_fails_the_node(world: World) -> None:
    execution = await run(world, approving(), **{"looks good": False})
    assert execution.phase == WorkflowExecution.FAILED
    assert execution.error.code == "ReceivedRejectSignal"
    assert execution.error.message == "'looks good' was not approved."
    assert execution.error.kind == ExecutionError.USER
    assert story(execution, "n1") == ["QUEUED", "RUNNING", "FAILED"]
    assert "n2" not in phases(execution)


async def test_what_was_asked_for_is_the_output(world: World) -> None:
    execution = await run(world, asking(), **{"how many": 7})
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    assert await outputs_of(execution.output_uri) == {"o0": 17, "given": 7}


async def test_the_signal_is_there_once_the_gate_is_reached(world: World) -> None:
    execution = create(world, approving())
    assert not world.control.signals
    async with world.propeller(world.executor(add_ten)):
        await world.control.until(lambda: bool(world.control.signals))
        assert phases(execution)["n1"] == "RUNNING"
        await world.control.terminate(execution, "enough")
        await world.control.until_over(execution)
    assert phases(execution)["n1"] == "ABORTED"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("closure", "words"),
    [
        (approving(timedelta(milliseconds=10)), "'looks good' was not approved within 0:00:00.010000."),
        (asking(timedelta(milliseconds=10)), "'how many' was not given within 0:00:00.010000."),
    ],
)
async def test_a_gate_waits_as_long_as_it_may(world: World, closure: CompiledWorkflowClosure, words: str) -> None:
    execution = await run(world, closure)
    assert execution.phase == WorkflowExecution.FAILED
    assert (execution.error.code, execution.error.message) == ("TimeoutExpired", words)


async def test_a_sleep_passes(world: World) -> None:
    execution = await run(world, sleeping(timedelta(milliseconds=20)))
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    assert story(execution, "n0") == ["QUEUED", "RUNNING", "SUCCEEDED"]
    told = [each for each in execution.history if isinstance(each, NodeExecutionEvent) and each.id.node_id == "n0"]
    began, ended = (each.occurred_at.ToDatetime(UTC) for each in told[1:])
    assert ended - began >= timedelta(milliseconds=20)


async def began_before(world: World, closure: CompiledWorkflowClosure, ago: timedelta, node: str) -> FakeExecution:
    """An execution whose gate began so long ago, and whose engine is gone."""
    execution = create(world, closure)
    async with world.propeller(world.executor(add_ten), owner="first"):
        await world.control.until(lambda: phases(execution).get(node) == "RUNNING")
    execution.by_node[node].closure.started_at.FromDatetime(datetime.now(UTC) - ago)
    return execution


async def test_a_sleep_goes_on_from_when_it_began(world: World) -> None:
    execution = await began_before(world, sleeping(YEAR), YEAR, "n0")
    async with world.propeller(world.executor(add_ten), owner="second"):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error


@pytest.mark.slow
async def test_so_does_the_time_that_an_approval_may_take(world: World) -> None:
    execution = await began_before(world, approving(YEAR), YEAR, "n1")
    async with world.propeller(world.executor(add_ten), owner="second"):
        await world.control.until_over(execution)
    assert execution.error.code == "TimeoutExpired"


async def test_what_was_approved_while_no_engine_ran_counts(world: World) -> None:
    execution = await began_before(world, approving(YEAR), 2 * YEAR, "n1")
    await world.control.set_signal(execution, "looks good", literal(True))
    async with world.propeller(world.executor(add_ten), owner="second"):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error


async def test_a_gate_is_aborted_by_the_next_engine(world: World) -> None:
    execution = await began_before(world, approving(), timedelta(), "n1")
    await world.control.terminate(execution, "enough")
    async with world.propeller(world.executor(add_ten), owner="second"):
        await world.control.until_over(execution)
    assert phases(execution)["n1"] == "ABORTED"


async def test_a_gate_may_be_a_way(world: World) -> None:
    gate = approval("n0", "ok", o0=promise("n0", "o0"))
    closure = workflow(
        task("n0", x=promise("", "x"), outputs="o0"),
        branch("n1", (equals("x", 1), gate), otherwise="no", x=promise("", "x")).after("n0"),
        inputs=["x"],
        outputs={"o0": promise("n1", "o0")},
    )
    execution = await run(world, closure, ok=True)
    assert await outputs_of(execution.output_uri) == {"o0": 11}


def test_a_gate_says_what_it_waits_for() -> None:
    closure = workflow(Part(Node(id="n0", gate_node=GateNode())))
    with pytest.raises(InvalidWorkflow, match="gate 'n0' does not say what it waits for"):
        Planner(closure, KINDS, system_retries=0).plan()


async def check_approved(execution: FakeExecution, executor: ScriptedExecutor) -> None:
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    assert await outputs_of(execution.output_uri) == {"o0": 21}
    assert len(executor.processes) == 2


async def check_asked(execution: FakeExecution, executor: ScriptedExecutor) -> None:
    assert await outputs_of(execution.output_uri) == {"o0": 17, "given": 7}
    assert len(executor.processes) == 1


async def check_slept(execution: FakeExecution, executor: ScriptedExecutor) -> None:
    assert {node.closure.phase for node in execution.nodes} == {NodeExecution.SUCCEEDED}
    assert len(executor.processes) == 1


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    "case",
    [
        (approving, check_approved),
        (asking, check_asked),
        (lambda: sleeping(timedelta(milliseconds=10)), check_slept),
    ],
    ids=["approve", "ask", "sleep"],
)
async def test_the_next_engine_waits_on(
    world: World, case: tuple[Callable[[], CompiledWorkflowClosure], Callable[..., Any]], after: bool
) -> None:
    closure, check = case

    def create_set(name: str) -> FakeExecution:
        execution = create(world, closure(), name)
        world.control.values[execution.key, "looks good"] = literal(True)
        world.control.values[execution.key, "how many"] = literal(7)
        return execution

    assert await die_at_every_call(world, create_set, add_ten, check, after=after) >= CALLS
