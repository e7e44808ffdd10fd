"""Workflows run from end to end over the fakes."""

import asyncio
import signal
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.execution_pb2 import ExecutionError, NodeExecution, TaskExecution, TaskLog, WorkflowExecution
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import Resources
from flyteidl.core.types_pb2 import SimpleType
from flyteidl.core.workflow_pb2 import Node, NodeMetadata
from flyteidl.event.event_pb2 import (
    NodeExecutionEvent,
    TaskExecutionEvent,
    TaskExecutionMetadata,
    WorkflowExecutionEvent,
)

from livedeck.errors import CannotStart, ExecutorError, not_retried
from livedeck.executors.api import Attempt, Exit, ExitKind, Queued
from livedeck.executors.router import Router
from livedeck.literals.task_config import CUSTOM_RESOURCES, EXECUTOR
from livedeck.propeller import PropellerSettings
from livedeck.store import open_store, split_uri
from livedeck.store.layout import DECK
from livedeck.testing.control_plane import FakeExecution, MemoryControlPlane
from livedeck.testing.executor_contract import eventually
from livedeck.testing.executors import ScriptedExecutor, fail, literal, succeed
from livedeck.testing.workflows import Part, promise, sub_workflow, task, template, workflow
from tests.propeller.conftest import QUICK, World

KILLED = Exit(ExitKind.SIGNALLED, signal.SIGKILL, last_words="it grew", out_of_memory=True)
LOST = Exit(ExitKind.LOST, reason="its machine was restarted")


async def read(uri: str) -> dict[str, int]:
    folder, name = split_uri(uri)
    literals = LiteralMap.FromString(await open_store(folder).aget(name)).literals
    return {key: value.scalar.primitive.integer for key, value in literals.items()}


async def add_one(attempt: Attempt) -> Exit:
    inputs = await read(attempt.command[1])
    return await succeed(attempt, o0=1 + sum(inputs.values()))


class Refusing:
    """An executor that refuses to start attempts, a number of times."""

    def __init__(self, executor: ScriptedExecutor, error: CannotStart | ExecutorError, times: int = 1000) -> None:
        self.asked = 0
        self._executor = executor
        self._error = error
        self._times = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._executor, name)

    async def launch(self, attempt: Attempt) -> str:
        self.asked += 1
        if self.asked <= self._times:
            raise self._error
        return await self._executor.launch(attempt)


async def run(
    world: World,
    closure: CompiledWorkflowClosure,
    script: Callable[..., Any],
    *,
    inputs: dict[str, int] | None = None,
    executor: ScriptedExecutor | None = None,
    **spec: Any,
) -> FakeExecution:
    literals = LiteralMap(literals={name: literal(value) for name, value in (inputs or {}).items()})
    name = f"a{len(world.control.executions)}"
    execution = world.control.create(name, closure, inputs=literals, **spec)
    async with world.propeller(executor or world.executor(script)):
        await world.control.until_over(execution)
    return execution


def story(execution: FakeExecution) -> list[tuple[str, int, str]]:
    """What happened: who, attempt, phase."""
    told = []
    for event in execution.history:
        match event:
            case WorkflowExecutionEvent():
                told.append(("", 0, WorkflowExecution.Phase.Name(event.phase)))
            case NodeExecutionEvent():
                told.append((event.id.node_id, -1, NodeExecution.Phase.Name(event.phase)))
            case TaskExecutionEvent():
                name = event.parent_node_execution_id.node_id
                told.append((name, event.retry_attempt, TaskExecution.Phase.Name(event.phase)))
    return told


def phases(execution: FakeExecution) -> dict[str, str]:
    return {node.id.node_id: NodeExecution.Phase.Name(node.closure.phase) for node in execution.nodes}


async def test_events_come_in_flytes_order(world: World) -> None:
    execution = await run(world, workflow(task("n0", outputs="o0")), add_one)
    assert story(execution) == [
        ("", 0, "QUEUED"),
        ("", 0, "RUNNING"),
        ("start-node", -1, "SUCCEEDED"),
        ("n0", -1, "QUEUED"),
        ("n0", 0, "QUEUED"),
        ("n0", -1, "RUNNING"),
        ("n0", 0, "RUNNING"),
        ("n0", 0, "SUCCEEDED"),
        ("n0", -1, "SUCCEEDED"),
        ("", 0, "SUCCEEDING"),
        ("", 0, "SUCCEEDED"),
    ]


async def test_a_chain_hands_outputs_on_and_ends_with_the_workflows(world: World) -> None:
    closure = workflow(
        task("n0", x=promise("", "x"), outputs="o0"),
        task("n1", x=promise("n0", "o0"), y=10, outputs="o0"),
        inputs=["x"],
        outputs={"o0": promise("n1", "o0"), "all": promise("n0", "o0")},
    )
    execution = await run(world, closure, add_one, inputs={"x": 1})
    assert execution.phase == WorkflowExecution.SUCCEEDED
    assert await read(execution.output_uri) == {"o0": 13, "all": 2}
    assert execution.output_uri.endswith("/end-node/data/0/outputs.pb")


async def test_an_order_without_data_is_kept(world: World) -> None:
    order = []

    async def note(attempt: Attempt) -> Exit:
        order.append(attempt.id.split("/")[3])
        return await succeed(attempt)

    await run(world, workflow(task("n0").after("n1"), task("n1").after("n2"), task("n2")), note)
    assert order == ["n2", "n1", "n0"]


async def test_what_does_not_depend_runs_at_once(world: World) -> None:
    together = asyncio.Barrier(3)

    async def meet(attempt: Attempt) -> Exit:
        await together.wait()
        return await succeed(attempt)

    execution = await run(world, workflow(task("n0"), task("n1"), task("n2")), meet)
    assert execution.phase == WorkflowExecution.SUCCEEDED


async def test_nodes_that_are_ready_together_start_in_the_workflows_order(tmp_path: Path) -> None:
    world = World(tmp_path.as_uri(), MemoryControlPlane(tmp_path.as_uri()))
    names = [f"n{number}" for number in range(40)]
    executor = world.executor(succeed)
    execution = world.control.create("a", workflow(*map(task, names)))
    async with world.propeller(executor, settings=PropellerSettings(ahead=len(names), in_order=60)):
        await world.control.until_over(execution)
    assert [launch.split("/")[3] for launch in executor.launches] == names


async def test_an_empty_workflow_hands_its_inputs_through(world: World) -> None:
    closure = workflow(inputs=["x"], outputs={"o0": promise("", "x")})
    execution = await run(world, closure, add_one, inputs={"x": 3})
    assert await read(execution.output_uri) == {"o0": 3}


async def test_nodes_that_would_wait_for_room_are_not_prepared_yet(world: World) -> None:
    gate = asyncio.Event()

    async def wait(attempt: Attempt) -> Exit:
        await gate.wait()
        return await succeed(attempt)

    executor = world.executor(wait, capacity=2)
    execution = world.control.create("a", workflow(*(task(f"n{n}") for n in range(20))))
    async with world.propeller(executor, settings=PropellerSettings(ahead=3)):
        await world.control.until(lambda: len(executor.launches) == 5)
        for _ in range(100):  # a few turns of the loop, in which nothing else may begin
            await asyncio.sleep(0)
        assert Counter(phases(execution).values()) == {"SUCCEEDED": 1, "RUNNING": 2, "QUEUED": 18}
        assert len(executor.launches) == 5, "two run, three wait for room"
        gate.set()
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED
    assert executor.most == 2


async def test_a_node_whose_attempt_waits_is_queued_and_says_why_and_how_many_are_ahead(world: World) -> None:
    gate = asyncio.Event()

    async def wait(attempt: Attempt) -> Exit:
        await gate.wait()
        return await succeed(attempt)

    executor = world.executor(wait, capacity=1)
    execution = world.control.create("a", workflow(*(task(f"n{n}", options={"deck": True}) for n in range(9))))
    settings = PropellerSettings(ahead=3, report_waiting_after=0.01)
    async with world.propeller(executor, settings=settings) as propeller:
        waiting = TaskExecution.WAITING_FOR_RESOURCES
        await world.control.until(lambda: [task.closure.phase for task in execution.tasks].count(waiting) == 3)
        assert Counter(phases(execution).values()) == {"SUCCEEDED": 1, "RUNNING": 1, "QUEUED": 8}
        assert [node.closure.deck_uri != "" for node in execution.nodes].count(True) == 1, "of the one that runs"
        reasons = {
            event.reason
            for event in execution.history
            if isinstance(event, TaskExecutionEvent) and event.phase == waiting
        }
        assert reasons == {"waits for room"}
        queued = world.control.queues(execution.key)
        assert queued == propeller.queued(execution.key)
        assert {node: each.ahead for node, each in queued.items()} == {
            f"n{number}": number - 1 for number in range(1, 9)
        }
        assert world.control.queues("p/d/other") == {}
        told = len(execution.history)
        gate.set()
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED
    moved = [event for event in execution.history[told:] if isinstance(event, TaskExecutionEvent)]
    assert len(moved) <= 4 * 9, "no event tells that the queue moved"


async def test_waiting_is_not_recorded_while_it_is_short(world: World) -> None:
    async def quick(attempt: Attempt) -> Exit:
        return await succeed(attempt)

    execution = world.control.create("a", workflow(*(task(f"n{n}") for n in range(9))))
    settings = replace(QUICK, report_waiting_after=60.0)  # shorter than that it is on any machine
    async with world.propeller(world.executor(quick, capacity=1), settings=settings):
        await world.control.until_over(execution)
    assert not [told for told in story(execution) if told[2] == "WAITING_FOR_RESOURCES"]


async def test_a_retried_attempt_does_not_wait_behind_those_that_have_not_begun(world: World) -> None:
    fails, others = asyncio.Event(), asyncio.Event()

    async def flaky(attempt: Attempt) -> Exit:
        if attempt.id.endswith("/n0/0"):
            await fails.wait()
            return await fail(attempt, recoverable=True)
        if "/n0/" not in attempt.id:
            await others.wait()
        return await succeed(attempt)

    executor = world.executor(flaky)
    closure = workflow(task("n0", options={"retries": 1}), *(task(f"n{n}") for n in range(1, 9)))
    execution = world.control.create("a", closure, max_parallelism=1)

    def queues() -> Mapping[str, Queued]:
        return world.control.queues(execution.key)

    async with world.propeller(executor):
        await world.control.until(lambda: len(execution.tasks) == 9 and len(queues()) == 8)
        (reason,) = {queued.reason for queued in queues().values()}
        assert reason == "waits for a slot (max_parallelism 1 of the execution)"
        fails.set()
        await world.control.until(lambda: len(execution.tasks) == 10 and "n0" in queues())
        assert queues()["n0"].ahead == 0
        assert phases(execution)["n0"] == "RUNNING", "it has run, and what its Deck held is there"
        others.set()
        await world.control.until_over(execution)
    begun = ["/".join(attempt.split("/")[-2:]) for attempt in executor.processes]
    assert (begun[0], begun[2]) == ("n0/0", "n0/1")
    told = [process.attempt.retried for process in executor.processes.values()]
    assert [index for index, retried in enumerate(told) if retried] == [2], "the executor lets it go first as well"


async def test_nodes_that_are_over_are_not_prepared(world: World) -> None:
    async def break_down(attempt: Attempt) -> Exit:
        return await fail(attempt)

    closure = workflow(*(task(f"n{n}", x=1) for n in range(200)))
    execution = await run(world, closure, break_down)
    assert execution.phase == WorkflowExecution.FAILED
    inputs = [key for key in open_store(execution.prefix).list() if key.endswith("/inputs.pb")]
    assert 0 < len(inputs) < 100


async def test_no_more_attempts_run_at_once_than_the_execution_allows(world: World) -> None:
    executor = world.executor(add_one)
    closure = workflow(*(task(f"n{index}", outputs="o0") for index in range(20)))
    execution = await run(world, closure, add_one, executor=executor, max_parallelism=3)
    assert execution.phase == WorkflowExecution.SUCCEEDED
    assert executor.most <= 3


async def test_a_sub_workflow_has_children_of_its_own(world: World) -> None:
    inner = workflow(
        task("n0", x=promise("", "x"), outputs="o0", options={"deck": True}),
        name="inner",
        inputs=["x"],
        outputs={"o0": promise("n0", "o0")},
    )
    middle = workflow(
        sub_workflow("n0", inner, x=promise("", "x")),
        name="middle",
        inputs=["x"],
        outputs={"o0": promise("n0", "o0")},
    )
    closure = workflow(
        sub_workflow("n0", middle, x=1),
        task("n1", x=promise("n0", "o0"), outputs="o0"),
        outputs={"o0": promise("n1", "o0")},
    )
    execution = await run(world, closure, add_one)
    assert await read(execution.output_uri) == {"o0": 3}
    assert set(phases(execution)) == {
        "start-node",
        "n0",
        "n0-0-start-node",
        "n0-0-n0",
        "n0-0-n0-0-start-node",
        "n0-0-n0-0-n0",
        "n1",
    }
    events = {event.id.node_id: event for event in execution.history if isinstance(event, NodeExecutionEvent)}
    assert events["n0"].is_parent
    assert events["n0"].target_entity.name == "middle"
    leaf = events["n0-0-n0-0-n0"]
    assert leaf.parent_node_metadata.node_id == "n0-0-n0"
    assert (leaf.spec_node_id, leaf.retry_group, leaf.is_parent) == ("n0", "0", False)
    assert leaf.deck_uri.endswith("/n0-0-n0-0-n0/data/0/deck.html")
    assert not events["n1"].HasField("parent_node_metadata")


async def test_events_say_where_everything_lies(world: World) -> None:
    closure = workflow(
        task("n0", outputs="o0", options={"deck": True}).named(NodeMetadata(name="first")),
        task("n1", outputs="o0"),
    )
    execution = await run(world, closure, add_one)
    prefix = execution.prefix
    running = [
        event
        for event in execution.history
        if isinstance(event, NodeExecutionEvent) and event.phase == NodeExecution.RUNNING
    ]
    decks = {event.id.node_id: event.deck_uri for event in running}
    assert decks == {"n0": f"{prefix}/n0/data/0/deck.html", "n1": ""}
    assert {event.node_name for event in running} == {"first", "n1"}
    assert all(event.producer_id == "p" and event.HasField("occurred_at") for event in running)
    last = next(
        event
        for event in execution.history
        if isinstance(event, TaskExecutionEvent) and event.phase == TaskExecution.SUCCEEDED
    )
    name = last.parent_node_execution_id.node_id
    assert last.input_uri == f"{prefix}/{name}/data/inputs.pb"
    assert last.output_uri == f"{prefix}/{name}/data/0/outputs.pb"
    assert last.metadata.generated_name == f"handle:flytesnacks/development/a0/{name}/0"
    assert list(last.logs) == [TaskLog(name="output", uri=f"{prefix}/{name}/data/0/log")]
    assert {node.input_uri for node in execution.nodes if node.id.node_id == "n0"} == {f"{prefix}/n0/data/inputs.pb"}


async def test_attempts_are_counted_by_the_executor_that_runs_them(world: World) -> None:
    go = asyncio.Event()

    async def wait(attempt: Attempt) -> Exit:
        await go.wait()
        return await succeed(attempt)

    router = Router({"here": world.executor(wait), "there": world.executor(wait, capacity=1)})
    there = template("there")
    there.config[EXECUTOR] = "there"
    execution = world.control.create("a0", workflow(task("n0"), task("n1", there), task("n2", there)))
    async with world.propeller(router, names=router) as propeller:
        expected = {("here", "running"): 1, ("here", "queued"): 0, ("there", "running"): 1, ("there", "queued"): 1}
        await eventually(lambda: propeller.status().attempts == expected)
        assert propeller.status().leases == 1
        assert 0.0 < propeller.status().lease_age < propeller.status().longest_silence
        go.set()
        await world.control.until_over(execution)
        await eventually(lambda: propeller.status().attempts == dict.fromkeys(expected, 0))
        await eventually(lambda: propeller.status().leases == 0)
        assert propeller.status().lease_age == 0.0


async def test_a_recoverable_error_is_tried_again_in_a_new_prefix(world: World) -> None:
    async def flaky(attempt: Attempt) -> Exit:
        if attempt.environment["FLYTE_ATTEMPT_NUMBER"] != "2":
            return await fail(attempt, recoverable=True)
        return await succeed(attempt, o0=1)

    execution = await run(world, workflow(task("n0", outputs="o0", options={"retries": 2, "deck": True})), flaky)
    assert execution.phase == WorkflowExecution.SUCCEEDED
    assert [task.closure.phase for task in execution.tasks] == [
        TaskExecution.FAILED,
        TaskExecution.FAILED,
        TaskExecution.SUCCEEDED,
    ]
    decks = [
        event.deck_uri.removeprefix(execution.prefix)
        for event in execution.history
        if isinstance(event, NodeExecutionEvent) and event.phase == NodeExecution.RUNNING and event.id.node_id == "n0"
    ]
    assert decks == [f"/n0/data/{attempt}/deck.html" for attempt in range(3)]


async def test_a_plain_error_is_not_tried_again(world: World) -> None:
    async def broken(attempt: Attempt) -> Exit:
        return await fail(attempt, "Traceback: no such column")

    execution = await run(world, workflow(task("n0", options={"retries": 5})), broken)
    assert execution.phase == WorkflowExecution.FAILED
    assert len(execution.tasks) == 1
    for error in (execution.error, execution.nodes[-1].closure.error, execution.tasks[0].closure.error):
        assert error.code == "USER:ValueError"
        assert error.message == f"Traceback: no such column\n{not_retried(5)}"
        assert error.kind == ExecutionError.USER
        assert error.error_uri.endswith("/n0/data/0/error.pb")
    assert [phase for _, _, phase in story(execution)][-2:] == ["FAILING", "FAILED"]


async def test_when_retries_are_exhausted_the_code_says_so(world: World) -> None:
    async def flaky(attempt: Attempt) -> Exit:
        return await fail(attempt, "not today", recoverable=True)

    execution = await run(world, workflow(task("n0", options={"retries": 1})), flaky)
    assert len(execution.tasks) == 2
    assert execution.error.code == "RetriesExhausted|USER:ValueError"
    assert execution.error.message == "Attempt 2 of 2 failed, no attempts are left. The last error: not today"


async def test_a_killed_attempt_is_run_again_only_if_the_task_allows(world: World) -> None:
    async def killed(attempt: Attempt) -> Exit:
        return KILLED

    execution = await run(world, workflow(task("n0")), killed)
    assert len(execution.tasks) == 1, "retries=0: what it did to the world is done once"
    assert execution.error.code == "RetriesExhausted|OOMKilled"
    assert execution.error.kind == ExecutionError.USER
    assert execution.tasks[0].closure.error.code == "OOMKilled", "the attempt says how it ended, the node what it means"
    assert "memory ran out" in execution.error.message
    assert "it grew" in execution.error.message

    execution = await run(world, workflow(task("n0", options={"retries": 2})), killed)
    assert len(execution.tasks) == 3
    assert {task.closure.error.code for task in execution.tasks} == {"OOMKilled"}


async def test_one_that_leaves_without_a_word_is_run_again_only_if_the_task_allows(world: World) -> None:
    async def exits(attempt: Attempt) -> Exit:
        return Exit(ExitKind.EXITED, 1)

    execution = await run(world, workflow(task("n0")), exits)
    assert [(task.closure.error.code, task.closure.error.kind) for task in execution.tasks] == [
        ("NonZeroExit", ExecutionError.USER)
    ]
    assert len((await run(world, workflow(task("n0", options={"retries": 1})), exits)).tasks) == 2


async def test_system_errors_have_a_budget_of_their_own(world: World) -> None:
    async def lost(attempt: Attempt) -> Exit:
        return LOST

    execution = await run(world, workflow(task("n0")), lost)
    assert len(execution.tasks) == 1 + PropellerSettings().system_retries
    assert execution.error.code == "RetriesExhausted|Lost"
    assert execution.error.kind == ExecutionError.SYSTEM
    assert {(task.closure.error.code, task.closure.error.kind) for task in execution.tasks} == {
        ("Lost", ExecutionError.SYSTEM)
    }
    assert "its machine was restarted" in execution.error.message

    async def mixed(attempt: Attempt) -> Exit:
        number = int(attempt.environment["FLYTE_ATTEMPT_NUMBER"])
        if number < 3:
            return LOST
        return await (fail(attempt, recoverable=True) if number == 3 else succeed(attempt))

    execution = await run(world, workflow(task("n0", options={"retries": 1})), mixed)
    assert execution.phase == WorkflowExecution.SUCCEEDED
    assert len(execution.tasks) == 5


async def test_an_attempt_that_runs_too_long_is_stopped_and_tried_again(world: World) -> None:
    async def slow(attempt: Attempt) -> Exit:
        if attempt.environment["FLYTE_ATTEMPT_NUMBER"] == "0":
            await asyncio.Event().wait()
        return await succeed(attempt)

    executor = world.executor(slow)
    # One that ends at once may take too long as well, should the machine stand still.
    options = {"retries": 20, "timeout": timedelta(seconds=0.05)}
    execution = await run(world, workflow(task("n0", options=options)), slow, executor=executor)
    assert execution.phase == WorkflowExecution.SUCCEEDED
    first, *_, last = [process.aborted for process in executor.processes.values()]
    assert (first, last) == (1, 0)
    error = execution.tasks[0].closure.error
    assert error.code == "TimeoutExpired"
    assert "ran longer than its timeout of 50 ms and" in error.message


async def test_one_that_an_engine_which_died_stopped_for_its_time_counts_as_too_long(world: World) -> None:
    unseen = asyncio.Event()

    async def slow(attempt: Attempt) -> Exit:
        await unseen.wait()
        ended = datetime.now(UTC)
        return replace(KILLED, started_at=ended - timedelta(hours=2), ended_at=ended)

    executor = world.executor(slow)
    closure = workflow(task("n0", options={"timeout": timedelta(hours=1)}))
    execution = world.control.create("e", closure)
    async with world.propeller(executor):
        await world.control.until(lambda: any(task.closure.phase == TaskExecution.RUNNING for task in execution.tasks))
    unseen.set()
    await next(iter(executor.processes.values())).task  # type: ignore[misc]
    async with world.propeller(executor):
        await world.control.until_over(execution)
    assert execution.error.code == "RetriesExhausted|TimeoutExpired"
    assert len(execution.tasks) == 1


async def test_failing_at_once_stops_what_runs(world: World) -> None:
    async def script(attempt: Attempt) -> Exit:
        if "/n0/" in attempt.id:
            return await fail(attempt)
        return await asyncio.Event().wait()  # type: ignore[return-value]

    executor = world.executor(script)
    execution = await run(world, workflow(task("n0"), task("n1"), task("n2").after("n1")), script, executor=executor)
    assert execution.phase == WorkflowExecution.FAILED
    assert phases(execution) == {"start-node": "SUCCEEDED", "n0": "FAILED", "n1": "ABORTED"}
    assert {task.closure.phase for task in execution.tasks} == {TaskExecution.FAILED, TaskExecution.ABORTED}


async def test_failing_late_runs_all_that_can_run(world: World) -> None:
    async def script(attempt: Attempt) -> Exit:
        return await (fail if "/n0/" in attempt.id else succeed)(attempt)

    closure = workflow(task("n0"), task("n1"), task("n2").after("n1"), task("n3").after("n0"), fail_immediately=False)
    execution = await run(world, closure, script)
    assert execution.phase == WorkflowExecution.FAILED
    assert phases(execution) == {
        "start-node": "SUCCEEDED",
        "n0": "FAILED",
        "n1": "SUCCEEDED",
        "n2": "SUCCEEDED",
    }


async def test_the_failure_node_runs_last_and_is_told_why(world: World) -> None:
    """It has the workflow's inputs and the error; the execution fails by that error, however the node ends."""
    for cleans in (True, False):
        begun: list[str] = []

        async def script(attempt: Attempt, cleans: bool = cleans, begun: list[str] = begun) -> Exit:
            begun.append(attempt.id.split("/")[3])
            return await (succeed if "/fn0/" in attempt.id and cleans else fail)(attempt)

        cleaner = template("clean", inputs=["x", "err"])
        cleaner.interface.inputs.variables["err"].type.simple = SimpleType.ERROR
        closure = workflow(
            *(task("n0"), task("n1").after("n0")), inputs=["x"], on_failure=task("fn0", cleaner, x=promise("", "x"))
        )
        execution = await run(world, closure, script, inputs={"x": 7})
        assert begun == ["n0", "fn0"]
        assert execution.phase == WorkflowExecution.FAILED
        ended = "SUCCEEDED" if cleans else "FAILED"
        assert phases(execution) == {"start-node": "SUCCEEDED", "n0": "FAILED", "fn0": ended}
        assert execution.error == execution.by_node["n0"].closure.error
        folder, name = split_uri(execution.by_node["fn0"].input_uri)
        given = LiteralMap.FromString(await open_store(folder).aget(name)).literals
        assert given["x"].scalar.primitive.integer == 7
        assert given["err"].scalar.error.message == execution.error.message
        assert given["err"].scalar.error.failed_node_id == "fn0"


async def test_inputs_that_cannot_be_put_together_fail_the_node_in_words(world: World) -> None:
    closure = workflow(task("n0", outputs="o0"), task("n1", x=promise("n0", "gone")))
    execution = await run(world, closure, add_one)
    assert execution.error.code == "BindingError"
    assert "node 'n0' gave no value for 'gone'; it gave ['o0']" in execution.error.message
    assert phases(execution)["n1"] == "FAILED"


async def test_outputs_that_cannot_be_put_together_fail_the_execution_in_words(world: World) -> None:
    closure = workflow(task("n0", outputs="o0"), outputs={"o0": promise("n0", "o0", "lr")})
    execution = await run(world, closure, add_one)
    assert execution.phase == WorkflowExecution.FAILED
    assert "n0.o0 is a single value: there is no 'lr' in it" in execution.error.message


async def test_a_command_that_cannot_be_put_together_fails_the_task_in_words(world: World) -> None:
    execution = await run(world, workflow(task("n0", options={"args": ["x", "{{.inputs.gone}}"]})), add_one)
    assert execution.error.code == "BadCommand"
    assert "there is no such input" in execution.error.message


async def test_what_cannot_be_run_is_refused_before_anything_runs(world: World) -> None:
    executor = world.executor(add_one)
    launch = Node(id="n1")
    launch.workflow_node.launchplan_ref.name = "lp"
    closure = workflow(task("n0"), Part(launch))
    execution = await run(world, closure, add_one, executor=executor)
    assert execution.phase == WorkflowExecution.FAILED
    assert "the closure does not hold launch plan 'lp'" in execution.error.message
    assert [phase for _, _, phase in story(execution)] == ["QUEUED", "FAILING", "FAILED"]
    assert not executor.launches


async def test_executors_are_told_all_that_a_task_asks_for(world: World) -> None:
    asks = template("t")
    asks.extended_resources.gpu_accelerator.device = "nvidia-tesla-t4"
    asks.config[CUSTOM_RESOURCES] = '{"license": 2}'
    for name, value in ((Resources.GPU, "1"), (Resources.EPHEMERAL_STORAGE, "2Gi")):
        asks.container.resources.requests.add(name=name, value=value)
    executor = world.executor(add_one)
    execution = await run(world, workflow(task("n0", asks)), add_one, executor=executor)
    assert execution.phase == WorkflowExecution.SUCCEEDED
    (process,) = executor.processes.values()
    told = process.attempt
    assert (told.gpus, told.accelerator, told.storage, told.custom) == (1, "nvidia-tesla-t4", 2 << 30, {"license": 2.0})
    asks.config[CUSTOM_RESOURCES] = "2 licenses"
    failed = await run(world, workflow(task("n0", asks)), add_one)
    assert "livedeck.custom_resources='2 licenses': give a JSON object of amounts by name" in failed.error.message


async def test_what_the_executor_cannot_start_fails_the_task_in_words(world: World) -> None:
    executor = Refusing(world.executor(add_one), CannotStart("asks for 64 cores, but there are only 2 here"))
    execution = await run(world, workflow(task("n0")), add_one, executor=executor)  # type: ignore[arg-type]
    assert (execution.error.code, execution.error.kind) == ("CannotStart", ExecutionError.SYSTEM)
    assert "64 cores" in execution.error.message
    assert executor.asked == 1


async def test_what_could_not_be_started_for_now_is_tried_again(world: World) -> None:
    executor = Refusing(world.executor(add_one), ExecutorError("Resource temporarily unavailable"), times=2)
    execution = await run(world, workflow(task("n0")), add_one, executor=executor)  # type: ignore[arg-type]
    assert execution.phase == WorkflowExecution.SUCCEEDED
    assert [each.id.retry_attempt for each in execution.tasks] == [0, 1, 2]


async def test_between_attempts_that_could_not_be_started_is_a_pause_which_a_stop_ends(world: World) -> None:
    executor = Refusing(world.executor(add_one), ExecutorError("Resource temporarily unavailable"), times=100)
    execution = world.control.create("a", workflow(task("n0")))
    async with world.propeller(executor, settings=replace(QUICK, start_again=3600.0)):
        await world.control.until(lambda: bool(execution.tasks))
        for _ in range(500):  # turns of the loop, in which all that may begin does
            await asyncio.sleep(0)
        assert executor.asked == 1
        await world.control.terminate(execution, "enough")
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.ABORTED


async def test_the_attempt_has_flytes_environment_and_its_own(world: World) -> None:
    seen = []

    async def look(attempt: Attempt) -> Exit:
        seen.append(attempt)
        return await succeed(attempt)

    made = template("t", args=["x", "{{.rawOutputDataPrefix}}", "{{.prevCheckpointPrefix}}", "{{.taskTemplatePath}}"])
    made.container.env.add(key="MINE", value="1")
    made.container.env.add(key="_F_L_MIN_SIZE_MB", value="7")
    made.container.env.add(key="FLYTE_ATTEMPT_NUMBER", value="cannot be changed")
    made.container.resources.requests.add(name="CPU", value="500m")
    made.container.resources.limits.add(name="MEMORY", value="1Gi")
    execution = world.control.create("e", workflow(task("n0", made)))
    execution.spec.envs.values.add(key="OURS", value="2")
    hints = {"LIVEDECK_HINT_URL": "http://x"}
    async with world.propeller(
        world.executor(look),
        attempt_environment=lambda attempt: {**hints, "HINTS_OF": attempt.node_execution_id.node_id},
    ):
        await world.control.until_over(execution)
    attempt = seen[0]
    assert attempt.id == "flytesnacks/development/e/n0/0"
    assert (attempt.cpu, attempt.memory) == (0.5, 1 << 30)
    assert attempt.environment == {
        "OURS": "2",
        "MINE": "1",
        "_F_L_MIN_SIZE_MB": "7",
        "_F_L_MAX_SIZE_MB": "1000",
        "FLYTE_INTERNAL_EXECUTION_ID": "e",
        "FLYTE_INTERNAL_EXECUTION_PROJECT": "flytesnacks",
        "FLYTE_INTERNAL_EXECUTION_DOMAIN": "development",
        "FLYTE_INTERNAL_EXECUTION_WORKFLOW": "wf",
        "FLYTE_INTERNAL_EXECUTION_LAUNCHPLAN": "",
        "FLYTE_INTERNAL_TASK_PROJECT": "flytesnacks",
        "FLYTE_INTERNAL_TASK_DOMAIN": "development",
        "FLYTE_INTERNAL_TASK_NAME": "t",
        "FLYTE_INTERNAL_TASK_VERSION": "v1",
        "FLYTE_ATTEMPT_NUMBER": "0",
        "LIVEDECK_NODE": "n0",
        "HINTS_OF": "n0",
        **hints,
    }
    assert attempt.command == (
        "x",
        f"{execution.raw_data_prefix}/n0-0",
        '""',
        f"{attempt.output_prefix}/task.pb",
    )
    folder, name = split_uri(attempt.command[3])
    assert type(made).FromString(await open_store(folder).aget(name)) == made


@pytest.mark.parametrize("width", [300])
async def test_a_wide_fan_out_costs_few_transactions(world: World, width: int) -> None:
    closure = workflow(
        *(task(f"n{index}", outputs="o0") for index in range(width)),
        task("last", x=[promise(f"n{index}", "o0") for index in range(width)], outputs="o0"),
    )

    async def one(attempt: Attempt) -> Exit:
        return await succeed(attempt, o0=1)

    execution = await run(world, closure, one)
    assert execution.phase == WorkflowExecution.SUCCEEDED
    assert len(world.control.transactions) < width / 4


async def test_the_last_attempt_that_system_failures_leave_is_not_to_be_interrupted(world: World) -> None:
    async def lost(attempt: Attempt) -> Exit:
        return LOST

    execution = world.control.create("e", workflow(task("n0").named(NodeMetadata(interruptible=True))))
    async with world.propeller(world.executor(lost)):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.FAILED
    queued = [
        event.metadata.instance_class
        for event in execution.history
        if isinstance(event, TaskExecutionEvent) and event.phase == TaskExecution.QUEUED
    ]
    assert queued == [TaskExecutionMetadata.INTERRUPTIBLE] * 3 + [TaskExecutionMetadata.DEFAULT]


async def test_a_task_that_does_not_say_has_a_deck_where_an_attempt_has_left_one(world: World) -> None:
    async def show(attempt: Attempt) -> Exit:
        _, node, number = attempt.id.rsplit("/", 2)
        if (node, number) in SHOW:
            await open_store(attempt.output_prefix).aput(DECK, b"a page")
        if (node, number) in {("n1", "0"), ("n3", "0")}:
            return await fail(attempt, recoverable=True)
        return await succeed(attempt)

    options = {"deck": None, "retries": 1}
    closure = workflow(*(task(name, options=options) for name in ("n0", "n1", "n3", "n4")))
    execution = await run(world, closure, show)
    decks = {node.id.node_id: node.closure.deck_uri for node in execution.nodes if node.closure.deck_uri}
    assert decks == {
        "n0": f"{execution.prefix}/n0/data/0/deck.html",
        "n1": f"{execution.prefix}/n1/data/1/deck.html",
        "n3": f"{execution.prefix}/n3/data/0/deck.html",
    }
    assert not [e for e in execution.history if isinstance(e, NodeExecutionEvent) and e.deck_uri and e.phase == 2]


SHOW = {("n0", "0"), ("n1", "0"), ("n1", "1"), ("n3", "0")}
"""Nodes and attempts that leave a Deck."""


async def test_what_fails_has_the_deck_that_it_has_left(world: World) -> None:
    async def show(attempt: Attempt) -> Exit:
        await open_store(attempt.output_prefix).aput(DECK, b"a page")
        return await fail(attempt)

    execution = await run(world, workflow(task("n0", options={"deck": None})), show)
    assert last_of(execution, "n0").deck_uri == f"{execution.prefix}/n0/data/0/deck.html"


def last_of(execution: FakeExecution, node: str) -> NodeExecutionEvent:
    events = [event for event in execution.history if isinstance(event, NodeExecutionEvent)]
    return next(event for event in reversed(events) if event.id.node_id == node)
