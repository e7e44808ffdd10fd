"""Dynamic tasks: what an attempt leaves is compiled, run, and what is wrong with it told."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.dynamic_job_pb2 import DynamicJobSpec
from flyteidl.core.execution_pb2 import NodeExecution, WorkflowExecution
from flyteidl.core.workflow_pb2 import Node
from flyteidl.event.event_pb2 import NodeExecutionEvent

from livedeck.errors import NoSuchEntity
from livedeck.executors.api import Attempt, Exit
from livedeck.propeller import PropellerSettings
from livedeck.propeller.compiled_closure import MOST_LEVELS
from livedeck.propeller.driver import FEW_NODES
from livedeck.propeller.nodes import KINDS
from livedeck.propeller.nodes.dynamic import DynamicHandler
from livedeck.propeller.nodes.dynamic.messages import NodesFound
from livedeck.store import open_store
from livedeck.testing.control_plane import FakeExecution, MemoryControlPlane
from livedeck.testing.executors import DONE, succeed
from livedeck.testing.workflows import Part, promise, sub_workflow, task, template, workflow
from tests.propeller.conftest import QUICK, World

ADD = template("add", inputs=["x"], outputs=["o0"])


def spec_of(*parts: Part, output: Any = None) -> DynamicJobSpec:
    """What an attempt leaves that wants these nodes to be run."""
    outputs = {} if output is None else {"o0": output}
    closure = workflow(*parts, name="made", outputs=outputs)
    return DynamicJobSpec(
        nodes=closure.primary.template.nodes,
        outputs=closure.primary.template.outputs,
        tasks=[each.template for each in closure.tasks],
    )


def leaving(futures: DynamicJobSpec | bytes, *, of: Callable[[str], bool] = "n0".__eq__) -> Callable[..., Any]:
    """A script: attempts of some nodes leave nodes, all others succeed."""
    data = futures if isinstance(futures, bytes) else futures.SerializeToString()

    async def script(attempt: Attempt) -> Exit:
        if not of(attempt.id.split("/")[3]):
            return await succeed(attempt, o0=1)
        await open_store(attempt.output_prefix).aput("futures.pb", data)
        return DONE

    return script


async def run(
    world: World,
    script: Callable[..., Any],
    closure: CompiledWorkflowClosure | None = None,
    settings: PropellerSettings = QUICK,
) -> FakeExecution:
    execution = world.control.create(f"a{len(world.control.executions)}", closure or workflow(task("n0", outputs="o0")))
    async with world.propeller(world.executor(script), settings=settings):
        await world.control.until_over(execution)
    return execution


GOOD = spec_of(task("d0", ADD, x=1), output=promise("d0", "o0"))


def changed(**fields: Any) -> DynamicJobSpec:
    spec = DynamicJobSpec()
    spec.CopyFrom(GOOD)
    for name, value in fields.items():
        spec.ClearField(name)
        getattr(spec, name).extend(value)
    return spec


@pytest.mark.parametrize(
    ("futures", "words"),
    [
        pytest.param(b"\xff\xff", "Error parsing message", id="no message at all"),
        pytest.param(b"", "it has no nodes", id="nothing"),
        pytest.param(changed(tasks=[]), "never registered|not part of", id="a task that it did not bring"),
        pytest.param(changed(outputs=[]), "leaves 'o0' unbound", id="an output that it does not give"),
        pytest.param(spec_of(task("d0", ADD, x=promise("", "x")), output=promise("d0", "o0")), "'x'", id="an input"),
        pytest.param(
            spec_of(task("d0", ADD, x=promise("d1", "o0")), task("d1", ADD, x=promise("d0", "o0")), output=1),
            "each other|cycle|circle",
            id="a circle",
        ),
        pytest.param(changed(nodes=[Node(id="d0"), Node(id="../d1")]), "d1|d0", id="an id that is none"),
        pytest.param(changed(tasks=[*GOOD.tasks, template("add")]), "twice, and differently", id="two tasks of a name"),
    ],
)
async def test_what_cannot_be_run_is_the_tasks_failure(world: World, futures: Any, words: str) -> None:
    execution = await run(world, leaving(futures))
    assert execution.phase == WorkflowExecution.FAILED
    assert execution.error.code == "DynamicWorkflowBuildFailed"
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(execution.error.message)
    assert len(execution.tasks) == 1, "another attempt would leave the same"


async def test_of_a_launch_plan_that_nobody_registered_it_is_said_where_to_name_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: Any) -> CompiledWorkflowClosure:
        raise NoSuchEntity("there is no launch plan p/d/quick@v: register it first")

    monkeypatch.setattr(world.control, "compile_dynamic_workflow", refuse)
    execution = await run(world, leaving(GOOD))
    assert "there is no launch plan p/d/quick@v: register it first. The launch plans that" in execution.error.message
    assert "@dynamic(node_dependency_hints=[...])" in execution.error.message


async def test_nodes_that_would_lie_too_deep_are_refused(world: World) -> None:
    made = workflow(task("d0", ADD, x=1), name=f"level-{MOST_LEVELS}")
    for level in range(MOST_LEVELS - 1, 0, -1):
        made = workflow(sub_workflow("d0", made), name=f"level-{level}")
    spec = DynamicJobSpec(
        nodes=made.primary.template.nodes,
        tasks=[each.template for each in made.tasks],
        subworkflows=[each.template for each in made.sub_workflows],
    )
    execution = await run(world, leaving(spec), workflow(task("n0")))
    assert execution.error.code == "DynamicWorkflowBuildFailed"
    assert "it lies 1 levels deep and they 100 in each other, and 100 are the most" in execution.error.message


async def test_too_many_nodes_are_refused(world: World) -> None:
    nodes = spec_of(*(task(f"d{each}", ADD, x=1) for each in range(3)), output=1)
    execution = await run(world, leaving(nodes), settings=replace(QUICK, most_nodes=2))
    assert "they are 3, and 2 are the most" in execution.error.message


@pytest.mark.parametrize("taken", ["n0-0-d0", "n0-0-d0-0-x"])
async def test_nodes_that_would_have_the_id_of_one_beside_the_task_are_refused(world: World, taken: str) -> None:
    execution = await run(world, leaving(GOOD), workflow(task("n0", outputs="o0"), task(taken, outputs="o0")))
    assert execution.error.code == "DynamicWorkflowBuildFailed"
    assert "node 'd0' would be called 'n0-0-d0', as a node beside the task is" in execution.error.message


async def test_too_large_a_file_is_not_read(world: World) -> None:
    execution = await run(world, leaving(GOOD), settings=replace(QUICK, futures_limit=20))
    assert execution.error.code == "DynamicWorkflowBuildFailed"
    assert "futures.pb" in execution.error.message


@pytest.mark.slow
async def test_a_task_that_leaves_itself_comes_to_an_end(world: World) -> None:
    execution = await run(world, leaving(GOOD, of=lambda _node: True))
    assert execution.phase == WorkflowExecution.FAILED
    assert "100 are the most" in execution.error.message
    assert len(execution.tasks) == 100


class NotingHandler(DynamicHandler):
    """Runs a dynamic task, and notes where its nodes are begun."""

    __slots__ = ()
    threads: ClassVar[list[threading.Thread]]

    def handle(self, transition: Any, path: Any, event: Any) -> None:
        if isinstance(event, NodesFound):
            self.threads.append(threading.current_thread())
        super().handle(transition, path, event)


@pytest.mark.slow
async def test_many_nodes_are_begun_beside_the_event_loop(world: World) -> None:
    NotingHandler.threads = []
    count = FEW_NODES + 1
    spec = spec_of(*(task(f"d{each}", ADD, x=each) for each in range(count)), output=promise("d0", "o0"))
    execution = world.control.create("a", workflow(task("n0", outputs="o0")))
    async with world.propeller(world.executor(leaving(spec)), kinds=(NotingHandler, *KINDS)):
        await world.control.until_over(execution, deadline=60.0)
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    assert sum(node.closure.phase == NodeExecution.SUCCEEDED for node in execution.nodes) == count + 3
    assert NotingHandler.threads
    assert threading.main_thread() not in NotingHandler.threads


async def test_what_it_runs_is_reported_with_the_phase(world: World) -> None:
    execution = await run(world, leaving(GOOD))
    told = [each for each in execution.history if isinstance(each, NodeExecutionEvent) and each.id.node_id == "n0"]
    event = next(each for each in told if each.phase == NodeExecution.DYNAMIC_RUNNING)
    dynamic = event.task_node_metadata.dynamic_workflow
    assert [each.id for each in dynamic.compiled_workflow.primary.template.nodes] == ["start-node", "d0", "end-node"]
    assert dynamic.dynamic_job_spec_uri.endswith("/n0/data/0/futures.pb")
    assert (event.is_parent, event.is_dynamic) == (True, True)
    attempt = next(each for each in execution.tasks if each.id.node_execution_id.node_id == "n0")
    assert not attempt.closure.output_uri, "the outputs are the nodes' to make"


async def test_what_was_put_on_record_is_run_whatever_the_task_writes_later(world: World) -> None:
    """The next engine runs what this one ran, also if a process of the task has written over its file meanwhile."""
    released = asyncio.Event()
    leave = leaving(GOOD)

    async def script(attempt: Attempt) -> Exit:
        if "-d" in attempt.id:
            await released.wait()
        return await leave(attempt)  # type: ignore[no-any-return]

    executor = world.executor(script)
    execution = world.control.create("a", workflow(task("n0", outputs="o0")))
    async with world.propeller(executor):
        await world.control.until(lambda: "n0-0-d0" in execution.by_node)
    other = spec_of(task("e0", ADD, x=1), task("e1", ADD, x=1), output=promise("e0", "o0"))
    await open_store(f"{execution.prefix}/n0/data/0").aput("futures.pb", other.SerializeToString())
    async with world.propeller(executor):
        released.set()
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    assert {name for name in execution.by_node if "-" in name} == {"start-node", "n0-0-start-node", "n0-0-d0"}


class CompilesLate(MemoryControlPlane):
    """Compiles what a dynamic task has left once the engine has heard that the execution is to be aborted."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.asked, self._heard = asyncio.Event(), asyncio.Event()

    async def compile_dynamic_workflow(self, *args: Any) -> CompiledWorkflowClosure:
        self.asked.set()
        await self._heard.wait()
        return await super().compile_dynamic_workflow(*args)

    async def renew(self, *args: Any, **options: Any) -> Any:
        renewal = await super().renew(*args, **options)
        if renewal.aborting:
            asyncio.get_running_loop().call_soon(self._heard.set)  # the engine has asked its driver to abort by then
        return renewal


async def test_it_can_be_stopped_while_what_it_left_is_compiled(world: World) -> None:
    control = CompilesLate(world.root)
    execution = control.create("a", workflow(task("n0", outputs="o0")))
    async with world.propeller(world.executor(leaving(GOOD)), control=control):
        await control.asked.wait()
        await control.terminate(execution, "enough")
        await control.until_over(execution)
    assert execution.phase == WorkflowExecution.ABORTED
    assert set(execution.by_node) == {"start-node", "n0"}
    assert execution.by_node["n0"].closure.phase == NodeExecution.ABORTED


async def test_its_outputs_are_kept_by_the_cache(world: World) -> None:
    closure = workflow(task("n0", outputs="o0", options={"cache_version": "1"}), outputs={"o0": promise("n0", "o0")})
    first = await run(world, leaving(GOOD), closure)
    second = await run(world, leaving(GOOD), closure)
    assert (first.phase, second.phase) == (WorkflowExecution.SUCCEEDED, WorkflowExecution.SUCCEEDED)
    assert set(second.by_node) == {"start-node", "n0"}
    assert second.tasks == []
