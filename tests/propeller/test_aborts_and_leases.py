"""Somebody else decides: aborts, other engines, a control plane or an executor that fails for a while, shutdown."""

import asyncio
import contextlib
import inspect
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from flyteidl.core.execution_pb2 import NodeExecution, TaskExecution, WorkflowExecution
from flyteidl.event.event_pb2 import NodeExecutionEvent, TaskExecutionEvent, WorkflowExecutionEvent

from livedeck.errors import ExecutorError, StateForbids
from livedeck.executors.api import Attempt, Exit, ResultStored
from livedeck.executors.router import Router
from livedeck.executors.watchdog import now
from livedeck.propeller import PropellerSettings
from livedeck.telemetry.log_fields import bound_fields
from livedeck.testing.control_plane import FakeExecution
from livedeck.testing.executors import ScriptedExecutor, succeed
from livedeck.testing.workflows import sub_workflow, task, workflow
from tests.propeller.conftest import QUICK, World

SHARED = replace(QUICK, shared=True)
"""Other engines may take over."""


async def forever(attempt: Attempt) -> Any:
    return await asyncio.Event().wait()


async def quick(attempt: Attempt) -> Exit:
    return await succeed(attempt)


def running(execution: FakeExecution, count: int = 1) -> Callable[..., Any]:
    return lambda: sum(task.closure.phase == TaskExecution.RUNNING for task in execution.tasks) >= count


async def test_an_abort_stops_what_runs_and_says_why(world: World) -> None:
    inner = workflow(task("n0"), task("n1").after("n0"), name="inner")
    execution = world.control.create("e", workflow(task("n0"), sub_workflow("n1", inner), task("n2").after("n0")))
    executor = world.executor(forever)
    async with world.propeller(executor):
        await world.control.until(running(execution, 2))
        await world.control.terminate(execution, "enough of it")
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.ABORTED
    assert (execution.error.code, execution.error.message) == ("ExecutionAborted", "enough of it")
    ends = {node.id.node_id: node.closure.phase for node in execution.nodes}
    started = {"start-node", "n1-0-start-node"}
    assert {name for name, phase in ends.items() if phase == NodeExecution.SUCCEEDED} == started
    assert {phase for name, phase in ends.items() if name not in started} == {NodeExecution.ABORTED}
    assert {task.closure.phase for task in execution.tasks} == {TaskExecution.ABORTED}
    assert all(process.over.done() for process in executor.processes.values())


@pytest.mark.parametrize(("count", "begun"), [(12, 12), (40, 18)])
async def test_an_abort_takes_back_what_waits_for_room(world: World, count: int, begun: int) -> None:
    executor = world.executor(forever, capacity=2)
    execution = world.control.create("e", workflow(*(task(f"n{index}") for index in range(count))))
    async with world.propeller(executor):
        await world.control.until(lambda: running(execution, 2)() and len(execution.tasks) == begun)
        await world.control.terminate(execution, "")
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.ABORTED
    assert len(executor.processes) == 2
    assert {task.closure.phase for task in execution.tasks} == {TaskExecution.ABORTED}
    assert len(execution.tasks) == begun
    ends = [node.closure.phase for node in execution.nodes if node.id.node_id != "start-node"]
    assert ends == [NodeExecution.ABORTED] * count


async def test_an_abort_takes_back_what_waits_for_its_turn_in_the_execution(world: World) -> None:
    executor = world.executor(forever)
    execution = world.control.create("e", workflow(*(task(f"n{index}") for index in range(9))), max_parallelism=2)
    async with world.propeller(executor):
        await world.control.until(running(execution, 2))
        await world.control.terminate(execution, "")
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.ABORTED
    assert len(executor.processes) == 2


async def test_no_more_run_at_once_than_allowed_after_a_restart_either(world: World) -> None:
    gate = asyncio.Event()

    async def wait(attempt: Attempt) -> Exit:
        await gate.wait()
        return await succeed(attempt)

    executor = world.executor(wait)
    execution = world.control.create("e", workflow(*(task(f"n{index}") for index in range(9))), max_parallelism=2)
    async with world.propeller(executor):
        await world.control.until(lambda: running(execution, 2)() and len(execution.tasks) == 9)
    async with world.propeller(executor):
        for _ in range(500):  # turns of the loop, in which all that may begin does
            await asyncio.sleep(0)
        assert len(executor.launches) == 2, "the two that were started are found, and no other begins"
        gate.set()
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED
    assert executor.most == 2


async def test_eager_tasks_do_not_count_among_those_that_may_run_at_once(world: World) -> None:
    execution = world.control.create(
        "e", workflow(*(task(f"n{index}", options={"eager": True}) for index in range(3))), max_parallelism=1
    )
    executor = world.executor(forever)
    async with world.propeller(executor):
        await world.control.until(running(execution, 3))
        await world.control.terminate(execution, "")
        await world.control.until_over(execution)


async def test_an_abort_asked_for_while_no_engine_ran(world: World) -> None:
    execution = world.control.create("e", workflow(task("n0"), task("n1").after("n0")))
    executor = world.executor(forever)
    async with world.propeller(executor):
        await world.control.until(running(execution))
    await world.control.terminate(execution, "why not")
    async with world.propeller(executor):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.ABORTED
    assert [process.aborted for process in executor.processes.values()] == [1]
    never = world.control.create("never", workflow(task("n0")))
    await world.control.terminate(never, "changed my mind")
    async with world.propeller(executor):
        await world.control.until_over(never)
    assert never.phase == WorkflowExecution.ABORTED
    assert len(executor.processes) == 1


async def test_a_task_that_ends_well_although_it_is_stopped_says_so(world: World) -> None:
    async def stubborn(attempt: Attempt) -> Exit:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return await succeed(attempt)

    execution = world.control.create("e", workflow(task("n0"), task("n1").after("n0")))
    async with world.propeller(world.executor(stubborn)):
        await world.control.until(running(execution))
        await world.control.terminate(execution, "")
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.ABORTED
    assert [task.closure.phase for task in execution.tasks] == [TaskExecution.SUCCEEDED]


async def test_leaving_lets_attempts_run_and_the_next_engine_takes_them_up(world: World) -> None:
    go = asyncio.Event()

    async def patient(attempt: Attempt) -> Exit:
        await go.wait()
        return await succeed(attempt)

    execution = world.control.create("e", workflow(task("n0"), task("n1").after("n0")))
    executor = world.executor(patient)
    async with world.propeller(executor, owner="first"):
        await world.control.until(running(execution))
    assert execution.owner == ""
    assert [process.aborted for process in executor.processes.values()] == [0]
    go.set()
    async with world.propeller(executor, owner="second"):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED
    assert len(executor.processes) == 2


async def test_an_engine_whose_lease_is_gone_lets_go_and_touches_nothing(world: World) -> None:
    go = asyncio.Event()

    async def patient(attempt: Attempt) -> Exit:
        await go.wait()
        return await succeed(attempt)

    execution = world.control.create("e", workflow(task("n0")))
    other = world.control.create("other", workflow(task("n0")))
    executor = world.executor(patient)
    async with world.propeller(executor, owner="old"):
        await world.control.until(lambda: running(execution)() and running(other)())
        world.control.steal(execution)
        written = len(execution.history)
        go.set()
        await world.control.until_over(other)
    assert execution.phase == WorkflowExecution.RUNNING
    assert len(execution.history) == written
    assert execution.owner == "thief"
    assert not any(process.aborted for process in executor.processes.values())


async def test_a_lease_that_renewing_shows_to_be_gone_is_let_go(world: World) -> None:
    execution = world.control.create("e", workflow(task("n0")))
    executor = world.executor(forever)
    settings = PropellerSettings(lease_ttl=0.06, shutdown=0.2)
    async with world.propeller(executor, owner="old", settings=settings) as propeller:
        await world.control.until(running(execution))
        world.control.steal(execution)
        async with asyncio.timeout(60):
            while propeller.status().leases:
                await asyncio.sleep(0)
    assert not any(process.aborted for process in executor.processes.values())


async def test_a_control_plane_that_fails_for_a_while_loses_nothing(world: World) -> None:
    class Shaky:
        def __init__(self) -> None:
            self.calls = 0

        def __getattr__(self, name: str) -> Any:
            method = getattr(world.control, name)
            if not inspect.iscoroutinefunction(method):
                return method

            async def call(*args: str | list[Any], **options: Any) -> Any:
                self.calls += 1
                if self.calls % 3:
                    raise OSError("database is locked")
                return await method(*args, **options)

            return call

    execution = world.control.create("e", workflow(task("n0"), task("n1").after("n0")))
    async with world.propeller(world.executor(quick), control=Shaky()):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED


async def test_an_executor_that_does_not_answer_for_a_while_is_asked_again(world: World) -> None:
    class Shaky:
        def __init__(self, inner: ScriptedExecutor) -> None:
            self.inner = inner
            self.failed: set[Any] = set()

        def __getattr__(self, name: str) -> Any:
            method = getattr(self.inner, name)
            if not inspect.iscoroutinefunction(method):
                return method

            async def call(*args: Attempt | str, **options: Any) -> Any:
                if name != "launch" and (name, args) not in self.failed:
                    self.failed.add((name, args))
                    raise ExecutorError("the zygote does not answer")
                return await method(*args, **options)

            return call

    class Told(logging.Handler):
        ids: ClassVar[set[tuple[str, str]]] = set()

        def emit(self, record: logging.LogRecord) -> None:
            if "executor_silent" in record.msg:
                self.ids.add((bound_fields()["execution"], bound_fields()["node"]))

    execution = world.control.create("e", workflow(task("n0"), task("n1").after("n0")))
    executor, told = world.executor(quick), Told()
    logging.getLogger("livedeck.propeller").addHandler(told)
    try:
        async with world.propeller(Shaky(executor)):
            await world.control.until_over(execution)
    finally:
        logging.getLogger("livedeck.propeller").removeHandler(told)
    assert execution.phase == WorkflowExecution.SUCCEEDED
    assert len(executor.processes) == 2
    assert told.ids == {("flytesnacks/development/e", node) for node in ("n0", "n1")}, "lines have ids, whoever writes"


async def test_an_execution_that_the_engine_fails_at_is_tried_again_and_then_given_up(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    class Poison:
        """Refuses what is reported of one execution once its attempt runs."""

        def __getattr__(self, name: str) -> Any:
            return getattr(world.control, name)

        async def report(
            self, owner: str, events: list[WorkflowExecutionEvent | NodeExecutionEvent | TaskExecutionEvent]
        ) -> None:
            for event in events:
                if getattr(event, "retry_attempt", None) == 0 and event.phase == TaskExecution.RUNNING:
                    raise StateForbids("never")
            await world.control.report(owner, events)

    execution = world.control.create("e", workflow(task("n0")))
    executor = world.executor(forever)
    async with world.propeller(executor, control=Poison()):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.FAILED
    assert execution.error.code == "EngineError"
    assert "a mistake in livedeck" in execution.error.message
    assert [process.aborted for process in executor.processes.values()] == [1]
    assert [task.closure.phase for task in execution.tasks] == [TaskExecution.ABORTED]
    assert caplog.text.count("propeller.crashed") == 3


async def test_an_execution_that_is_created_later_is_taken_up_at_once(world: World) -> None:
    async with world.propeller(world.executor(quick)):
        for name in ("a", "b"):
            execution = world.control.create(name, workflow(task("n0")))
            await world.control.until_over(execution)
            assert execution.phase == WorkflowExecution.SUCCEEDED
        await world.control.until(lambda: all(not each.owner for each in world.control.executions.values()))


async def test_what_only_another_servers_machine_reached_is_lost_when_its_execution_is_taken_over(world: World) -> None:
    execution = world.control.create("e", workflow(task("n0"), task("n1", outputs="o0")))
    there, here = world.executor(forever, bound=True), world.executor(quick, bound=True)
    async with world.propeller(there, owner="there", settings=SHARED):
        await world.control.until(running(execution, 2))
        done = next(process.attempt for process in there.processes.values() if "/n1/" in process.attempt.id)
        await succeed(done, o0=1)  # in its last moment
        world.control.steal(execution)
        execution.lease_until = 0.0
        async with world.propeller(here, owner="here", settings=SHARED):
            await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED
    phases = {(each.id.node_execution_id.node_id, each.id.retry_attempt): each.closure for each in execution.tasks}
    assert phases["n0", 0].error.code == "Lost"
    assert {name: closure.phase for name, closure in phases.items() if name != ("n0", 0)} == {
        ("n0", 1): TaskExecution.SUCCEEDED,
        ("n1", 0): TaskExecution.SUCCEEDED,
    }
    assert [name.rpartition("/")[2] for name in here.processes] == ["1"]


@pytest.mark.parametrize("default", ["cluster", "machine"])
async def test_servers_that_share_a_database_may_have_other_defaults(world: World, default: str) -> None:
    """What runs on the cluster goes on, what ran on the other server's machine is lost, wherever others begin here."""
    execution = world.control.create("e", workflow(task("n0"), task("n1")))
    go_on = asyncio.Event()

    async def wait(attempt: Attempt) -> Exit:
        await go_on.wait()
        return await succeed(attempt)

    machine, cluster = world.executor(forever, bound=True), world.executor(wait)
    here = {"machine": world.executor(quick, bound=True), "cluster": cluster}
    other = "machine" if default == "cluster" else "cluster"
    there = {"machine": machine, "cluster": cluster}
    theirs, ours = ({first: each[first], **each} for first, each in ((other, there), (default, here)))
    async with Router(theirs) as before, world.propeller(before, owner="there", settings=SHARED):
        await world.control.until(running(execution, 2))
        world.control.steal(execution)
        execution.lease_until = 0.0
        async with Router(ours) as now_, world.propeller(now_, owner="here", settings=SHARED):
            async with asyncio.timeout(60):
                while execution.owner != "here":
                    await asyncio.sleep(0)
            go_on.set()
            await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED
    first = [each.closure for each in execution.tasks if each.id.retry_attempt == 0]
    if other == "machine":
        assert [closure.error.code for closure in first] == ["Lost", "Lost"]
    else:
        assert [closure.phase for closure in first] == [TaskExecution.SUCCEEDED] * 2
        assert len(execution.tasks) == 2, "they were started again beside those still running"


async def test_what_runs_here_holds_the_lease_also_when_the_default_is_elsewhere_by_now(world: World) -> None:
    class Waited(ScriptedExecutor):
        """Tells when an engine waits for what comes of an attempt."""

        def __init__(self) -> None:
            super().__init__(forever, bound=True)
            self.waited = asyncio.Event()

        async def wait_result(self, handle: str) -> ResultStored | Exit:
            self.waited.set()
            return await super().wait_result(handle)

    execution = world.control.create("e", workflow(task("n0")))
    machine, cluster = Waited(), world.executor(quick)
    world.executors.append(machine)
    async with (
        Router({"machine": machine, "cluster": cluster}) as before,
        world.propeller(before, owner="p", settings=SHARED),
    ):
        await world.control.until(running(execution))
        await machine.waited.wait()
        machine.waited.clear()
    async with (
        Router({"cluster": cluster, "machine": machine}) as after,
        world.propeller(after, owner="p", settings=SHARED),
    ):
        await asyncio.wait_for(machine.waited.wait(), 60)
    assert execution.owner == "p", "another server would start it again beside the one that runs here"


async def test_a_lease_is_not_given_back_while_attempts_run_that_only_this_server_reaches(world: World) -> None:
    runs, rests = (world.control.create(name, workflow(task("n0"))) for name in ("runs", "rests"))
    executor = world.executor(forever, bound=True, capacity=1)
    async with world.propeller(executor, owner="p", settings=SHARED):
        await world.control.until(lambda: running(runs)() and len(rests.tasks) == 1)
    assert runs.owner == "p"
    assert rests.owner == ""
    assert [process.aborted for process in executor.processes.values()] == [0]


async def test_attempts_of_an_execution_that_another_has_taken_over_are_ended_before_others_may_go_on(
    world: World,
) -> None:
    execution = world.control.create("e", workflow(task("n0")))
    other = world.control.create("other", workflow(task("n0")))
    executor = world.executor(forever, bound=True)
    async with world.propeller(executor, owner="p", settings=replace(SHARED, lease_renewal=0.01)):
        await world.control.until(lambda: running(execution)() and running(other)())
        world.control.steal(execution)
        said = len(executor.limits)
        async with asyncio.timeout(60):
            while len(executor.limits) < said + 2:
                await asyncio.sleep(0)
        assert [process.aborted for process in executor.processes.values()] == [1, 0]
        assert all(limit.until < now() + SHARED.lease_ttl for limit in executor.limits)
    assert execution.owner == "thief"
