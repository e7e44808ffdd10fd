"""What takes long about an execution of very many nodes is done beside the event loop, or in slices."""

import asyncio
import threading
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import pytest
from flyteidl.core.execution_pb2 import NodeExecution, WorkflowExecution
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier
from flyteidl.event.event_pb2 import NodeExecutionEvent

from livedeck.executors.api import Attempt, Exit
from livedeck.propeller.driver import FEW_NODES, SLICE
from livedeck.propeller.nodes import KINDS
from livedeck.propeller.nodes.dynamic import DynamicHandler
from livedeck.testing.executors import fail, succeed
from livedeck.testing.workflows import task, template, workflow
from tests.propeller.conftest import World


@dataclass
class Notes:
    """Where the parts of handlers were called, and how much was begun in one go."""

    rebuilt_on_loop: int = 0
    resumed_on_loop: int = 0
    stopped_on_loop: int = 0
    stopped: int = 0
    described_in_one_go: int = 0
    begun_in_one_go: int = 0
    most_described: int = 0
    most_begun: int = 0

    async def count(self) -> None:
        """Begin a new go each time that others are let run."""
        while True:
            self.most_described = max(self.most_described, self.described_in_one_go)
            self.most_begun = max(self.most_begun, self.begun_in_one_go)
            self.described_in_one_go = self.begun_in_one_go = 0
            await asyncio.sleep(0)


class NotingHandler(DynamicHandler):
    """Runs a task, and notes what is asked of it."""

    __slots__ = ()
    notes: ClassVar[Notes]

    @classmethod
    def plan(cls, node: Any, planner: Any) -> Self:
        return cls(planner.handler(node, after=cls), planner.task(node.task_node.reference_id).interface.outputs)

    def rebuild(self, node: Any, record: Any, scope: Any) -> Any:
        self.notes.rebuilt_on_loop += threading.current_thread() is threading.main_thread()
        return super().rebuild(node, record, scope)

    def resume(self, transition: Any, path: Any) -> None:
        self.notes.resumed_on_loop += threading.current_thread() is threading.main_thread()
        super().resume(transition, path)

    def stop(self, transition: Any, path: Any) -> None:
        self.notes.stopped += 1
        self.notes.stopped_on_loop += threading.current_thread() is threading.main_thread()
        super().stop(transition, path)

    def carry_out(self, shell: Any, command: Any) -> Any:
        self.notes.begun_in_one_go += 1
        return super().carry_out(shell, command)

    def describe_node(self, event: Any, report: Any, context: Any) -> None:
        self.notes.described_in_one_go += 1
        super().describe_node(event, report, context)


@pytest.mark.slow
async def test_recovery_of_very_many_nodes_lets_others_run(world: World) -> None:
    count = 3 * FEW_NODES
    same = template("t", outputs=["o0"])
    execution = world.control.create("a", workflow(*(task(f"n{number}", same) for number in range(count))))
    await record_half_of(world.control, execution, count)
    NotingHandler.notes = notes = Notes()
    counting = asyncio.create_task(notes.count())
    async with world.propeller(world.executor(lambda attempt: succeed(attempt, o0=1)), kinds=(NotingHandler, *KINDS)):
        await world.control.until(lambda: len(execution.tasks) > 0)
    counting.cancel()
    assert (notes.rebuilt_on_loop, notes.resumed_on_loop) == (0, 0)
    assert SLICE // 2 < notes.most_begun <= SLICE
    assert 0 < notes.most_described <= SLICE


@pytest.mark.slow
@pytest.mark.parametrize("aborted", [True, False], ids=["aborted", "failed"])
async def test_the_end_of_very_many_nodes_lets_others_run(world: World, *, aborted: bool) -> None:
    count = 2 * FEW_NODES
    same = template("t", outputs=["o0"])
    execution = world.control.create("a", workflow(*(task(f"n{number}", same) for number in range(count))))
    NotingHandler.notes = notes = Notes()
    failing = asyncio.Event()

    async def script(attempt: Attempt) -> Exit:
        await failing.wait()
        return await fail(attempt, "as it has to")

    async with world.propeller(world.executor(script), kinds=(NotingHandler, *KINDS)):
        await world.control.until(lambda: len(execution.tasks) > 0)
        if aborted:
            await world.control.terminate(execution, "enough")
        else:
            failing.set()
        await world.control.until_over(execution)
    assert notes.stopped >= FEW_NODES
    assert notes.stopped_on_loop == 0


async def record_half_of(control: Any, execution: Any, count: int) -> None:
    """Have an engine before have queued half of the nodes, of which half have succeeded."""
    await control.claim("before", limit=1, ttl=60.0)
    execution.phase = WorkflowExecution.RUNNING
    for number in range(count // 2):
        await control.report(
            "before",
            [
                NodeExecutionEvent(
                    id=NodeExecutionIdentifier(node_id=f"n{number}", execution_id=execution.id),
                    phase=NodeExecution.SUCCEEDED if number % 2 else NodeExecution.QUEUED,
                    spec_node_id=f"n{number}",
                )
            ],
        )
    await control.release("before", execution.key)
