"""Array nodes: a task that is run once for each member of lists."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core.catalog_pb2 import CatalogCacheStatus
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.execution_pb2 import NodeExecution, WorkflowExecution
from flyteidl.core.execution_pb2 import TaskExecution as TaskPhase
from flyteidl.core.literals_pb2 import Literal, LiteralCollection, LiteralMap
from flyteidl.core.workflow_pb2 import ArrayNode, Node
from flyteidl.event.event_pb2 import ExternalResourceInfo, TaskExecutionEvent

from livedeck.executors.api import Attempt, Exit
from livedeck.propeller.nodes.array.policy import AHEAD
from livedeck.store import open_store, split_uri
from livedeck.testing.control_plane import FakeExecution
from livedeck.testing.executors import ScriptedExecutor, fail, literal, succeed
from livedeck.testing.workflows import Part, mapped, promise, task, template, workflow
from tests.propeller.conftest import World
from tests.propeller.deaths import CALLS, die_at_every_call

PHASES = TaskPhase.Phase


def mapping(id: str = "n0", *, bound: tuple[str, ...] = (), retries: int = 0, **array: Any) -> Part:
    """A node that maps over ``x``, and gives each item ``y`` whole."""
    item = template("item", retries=retries, inputs=["x", "y"], outputs=["o0"])
    inner = task("item", item, x=promise("", "x"), y=promise("", "y"))
    node = Node(id=id, inputs=inner.node.inputs, array_node=ArrayNode(node=inner.node, bound_inputs=bound, **array))
    return Part(node, task=item)


def closure(**options: Any) -> CompiledWorkflowClosure:
    return workflow(
        mapping(bound=("y",), **options), inputs=["x", "y"], outputs={"o0": promise("n0", "o0")}, name="mapping"
    )


def many(*values: int) -> Literal:
    return Literal(collection=LiteralCollection(literals=[literal(value) for value in values]))


async def literals_of(uri: str) -> dict[str, Literal]:
    folder, name = split_uri(uri)
    return dict(LiteralMap.FromString(await open_store(folder).aget(name)).literals)


def index_of(attempt: Attempt) -> int:
    return int(attempt.environment[attempt.environment["BATCH_JOB_ARRAY_INDEX_VAR_NAME"]])


async def add(attempt: Attempt) -> Exit:
    """Return the sum of the item's own ``x`` and everybody's ``y``."""
    inputs = await literals_of(attempt.command[1])
    own = inputs["x"].collection.literals[index_of(attempt)].scalar.primitive.integer
    return await succeed(attempt, o0=own + inputs["y"].scalar.primitive.integer)


def unless(*indexes: int) -> Callable[[Attempt], Any]:
    async def script(attempt: Attempt) -> Exit:
        if index_of(attempt) in indexes:
            return await fail(attempt, f"item {index_of(attempt)} broke")
        return await add(attempt)

    return script


def create(world: World, mapped: CompiledWorkflowClosure, *values: int, **spec: Any) -> FakeExecution:
    inputs = LiteralMap(literals={"x": many(*values), "y": literal(100)})
    return world.control.create(f"a{len(world.control.executions)}", mapped, inputs=inputs, **spec)


async def run(world: World, mapped: CompiledWorkflowClosure, script: Any, *values: int, **spec: Any) -> FakeExecution:
    execution = create(world, mapped, *values, **spec)
    async with world.propeller(world.executor(script)):
        await world.control.until_over(execution)
    return execution


async def outputs_of(execution: FakeExecution) -> list[int | None]:
    given = (await literals_of(execution.output_uri))["o0"].collection.literals
    return [each.scalar.primitive.integer if each.scalar.HasField("primitive") else None for each in given]


def array_attempt(execution: FakeExecution) -> TaskExecution:
    [found] = [task for task in execution.tasks if task.id.node_execution_id.node_id == "n0"]
    return found


def items(execution: FakeExecution) -> list[TaskExecution]:
    """The attempts of items, those of one item together."""
    found = [task for task in execution.tasks if ":" in task.id.node_execution_id.node_id]
    return sorted(found, key=lambda task: (resource(task).index, resource(task).retry_attempt))


def resource(task: TaskExecution) -> ExternalResourceInfo:
    """What Flyte's one attempt of the array node says of an item's."""
    [told] = task.closure.metadata.external_resources
    return told


def item_phases(execution: FakeExecution) -> list[str]:
    return [PHASES.Name(item.closure.phase) for item in items(execution)]


async def test_every_item_gives_one_member_of_the_list(world: World) -> None:
    execution = await run(world, closure(), add, 1, 2, 3)
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    assert await outputs_of(execution) == [101, 102, 103]


async def test_an_array_node_is_one_node_with_one_attempt_whose_resources_are_the_items(world: World) -> None:
    execution = await run(world, closure(), add, 1, 2)
    nodes = {node.id.node_id: node for node in execution.nodes}
    assert set(nodes) == {"start-node", "n0"}
    assert nodes["n0"].metadata.is_array
    assert not nodes["n0"].metadata.is_parent_node
    array = array_attempt(execution)
    assert array.id.retry_attempt == 0
    assert array.closure.phase == PHASES.SUCCEEDED
    assert array.closure.metadata.plugin_identifier == "k8s-array"
    told = [resource(item) for item in items(execution)]
    assert [(each.external_id, each.index, each.retry_attempt) for each in told] == [("n0-n0", 0, 0), ("n0-n1", 1, 0)]
    assert [PHASES.Name(each.phase) for each in told] == ["SUCCEEDED"] * 2
    assert told[1].logs[0].uri.endswith("/n0/data/1/0/log")
    assert [item.id.node_execution_id.node_id for item in items(execution)] == ["n0:0", "n0:1"]


async def test_every_item_gets_all_inputs_and_its_number_and_has_a_folder_of_its_own(world: World) -> None:
    seen: list[Attempt] = []

    async def look(attempt: Attempt) -> Exit:
        seen.append(attempt)
        return await add(attempt)

    await run(world, closure(), look, 1, 2)
    first, second = sorted(seen, key=index_of)
    assert first.command[1] == second.command[1]
    assert second.command[1].endswith("/n0/data/inputs.pb")
    assert second.output_prefix.endswith("/n0/data/1/0")
    assert second.environment["FLYTE_K8S_ARRAY_INDEX"] == "1"


async def test_of_no_items_the_list_is_empty(world: World) -> None:
    execution = await run(world, closure(), add)
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    assert await outputs_of(execution) == []


async def add_later(attempt: Attempt) -> Exit:
    await asyncio.sleep(0)
    return await add(attempt)


async def test_so_many_items_are_at_work_at_once(world: World) -> None:
    execution = await run(world, closure(parallelism=2), add_later, *range(7))
    assert await outputs_of(execution) == [100 + each for each in range(7)]
    assert world.executors[0].most == 2


@pytest.mark.parametrize(("array", "most"), [({}, 1), ({"parallelism": 3}, 3)])
async def test_the_executions_limit_counts_items_unless_the_node_has_its_own(
    world: World, array: dict[str, int], most: int
) -> None:
    await run(world, closure(**array), add_later, *range(6), max_parallelism=1)
    assert world.executors[0].most == most


async def test_retries_are_counted_for_each_item_apart(world: World) -> None:
    async def break_first(attempt: Attempt) -> Exit:
        if attempt.id.endswith("/0") and index_of(attempt) != 1:
            return await fail(attempt, "not yet", recoverable=True)
        return await add(attempt)

    execution = await run(world, closure(retries=1), break_first, 1, 2, 3)
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    numbers = [(resource(item).index, resource(item).retry_attempt) for item in items(execution)]
    assert numbers == [(0, 0), (0, 1), (1, 0), (2, 0), (2, 1)]
    assert item_phases(execution) == ["FAILED", "SUCCEEDED", "SUCCEEDED", "FAILED", "SUCCEEDED"]


@pytest.mark.parametrize("enough", [{"min_successes": 2}, {"min_success_ratio": 0.6}])
async def test_items_may_fail_where_enough_succeed_and_leave_nothing_in_the_list(
    world: World, enough: dict[str, Any]
) -> None:
    execution = await run(world, closure(**enough), unless(0), 1, 2, 3)
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    assert await outputs_of(execution) == [None, 102, 103]
    assert item_phases(execution) == ["FAILED", "SUCCEEDED", "SUCCEEDED"]


async def test_with_too_few_successes_the_node_fails_and_tells_of_the_items(world: World) -> None:
    async def break_first(attempt: Attempt) -> Exit:
        if index_of(attempt) == 0:
            await world.control.until(lambda: item_phases(execution)[1:] == ["RUNNING"])
            return await fail(attempt, "item 0 broke")
        await asyncio.Event().wait()  # until it is stopped
        raise AssertionError

    execution = create(world, closure(parallelism=2), 1, 2, 3, 4)
    async with world.propeller(world.executor(break_first)):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.FAILED
    assert "1 of 4 items failed, and 4 of them have to succeed.\n[0]: item 0 broke" in execution.error.message
    assert item_phases(execution) == ["FAILED", "ABORTED"], "the others never began"
    assert array_attempt(execution).closure.phase == PHASES.FAILED


async def test_all_items_run_where_that_is_asked_for_although_the_node_has_failed(world: World) -> None:
    execution = await run(world, closure(parallelism=1, run_all_sub_nodes=True), unless(0, 2), *range(4))
    assert execution.phase == WorkflowExecution.FAILED
    assert item_phases(execution) == ["FAILED", "SUCCEEDED", "FAILED", "SUCCEEDED"]
    assert "2 of 4 items failed" in execution.error.message


async def test_lists_of_different_lengths_are_refused(world: World) -> None:
    mapped = workflow(mapping(), inputs=["x", "y"], outputs={"o0": promise("n0", "o0")}, name="mapping")
    inputs = LiteralMap(literals={"x": many(1, 2), "y": many(1, 2, 3)})
    execution = world.control.create("a", mapped, inputs=inputs)
    async with world.propeller(world.executor(add)):
        await world.control.until_over(execution)
    assert execution.error.code == "InvalidArrayLength"
    assert "x has 2, y has 3" in execution.error.message


async def test_what_is_mapped_over_has_to_be_a_list(world: World) -> None:
    execution = world.control.create("a", closure(), inputs=LiteralMap(literals={"x": literal(1), "y": literal(1)}))
    async with world.propeller(world.executor(add)):
        await world.control.until_over(execution)
    assert execution.error.code == "InvalidArrayLength"


async def test_items_are_cached_each_by_its_own_inputs(world: World) -> None:
    mapped = closure()
    metadata = mapped.tasks[0].template.metadata
    metadata.discoverable, metadata.discovery_version = True, "1"
    await run(world, mapped, add, 1, 2)
    execution = await run(world, mapped, add, 2, 3, 1)
    assert await outputs_of(execution) == [102, 103, 101]
    assert len(world.executors[1].processes) == 1, "of 3 alone"
    assert item_phases(execution) == ["SUCCEEDED"] * 3
    status = [CatalogCacheStatus.Name(resource(item).cache_status) for item in items(execution)]
    assert status[0] == status[2] == "CACHE_HIT"


async def test_an_array_node_is_aborted_with_its_items(world: World) -> None:
    async def hang(attempt: Attempt) -> Exit:
        await asyncio.Event().wait()  # until it is stopped
        raise AssertionError

    execution = create(world, closure(parallelism=2), 1, 2, 3)
    async with world.propeller(world.executor(hang)):
        await world.control.until(lambda: item_phases(execution) == ["RUNNING"] * 2)
        await world.control.terminate(execution, "enough")
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.ABORTED
    assert item_phases(execution) == ["ABORTED"] * 2
    assert array_attempt(execution).closure.phase == PHASES.ABORTED
    node = next(node for node in execution.nodes if node.id.node_id == "n0")
    assert node.closure.phase == NodeExecution.ABORTED


async def test_a_few_items_more_than_run_are_made_ready(world: World) -> None:
    most = 0

    async def look(attempt: Attempt) -> Exit:
        nonlocal most
        most = max(most, sum(phase in ("QUEUED", "WAITING_FOR_RESOURCES") for phase in item_phases(execution)))
        return await add(attempt)

    execution = create(world, closure(), *range(100))
    async with world.propeller(world.executor(look)):
        await world.control.until_over(execution)
    assert await outputs_of(execution) == [100 + each for each in range(100)]
    assert most <= AHEAD
    told = Counter(
        event.parent_node_execution_id.node_id for event in execution.history if isinstance(event, TaskExecutionEvent)
    )
    assert max(told.values()) == 3, "queued, running, over: the others say nothing when one changes"


async def check_mapped(execution: FakeExecution, executor: ScriptedExecutor) -> None:
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    assert await outputs_of(execution) == [None, 101, 102]
    counted = Counter(item_phases(execution))
    assert counted == {"SUCCEEDED": 2, "FAILED": 2}
    assert len(executor.processes) == 4


async def break_item_0_and_the_first_attempt_of_item_1(attempt: Attempt) -> Exit:
    if index_of(attempt) == 0:
        return await fail(attempt, "never")
    if index_of(attempt) == 1 and attempt.id.endswith("/0"):
        return await fail(attempt, "not yet", recoverable=True)
    return await add(attempt)


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_the_next_engine_finds_the_items_whenever_one_dies(world: World, after: bool) -> None:
    def create_one(name: str) -> FakeExecution:
        inputs = LiteralMap(literals={"x": many(0, 1, 2), "y": literal(100)})
        mapped = closure(min_successes=2, retries=1, parallelism=2)
        return world.control.create(name, mapped, inputs=inputs)

    script = break_item_0_and_the_first_attempt_of_item_1
    assert await die_at_every_call(world, create_one, script, check_mapped, after=after) >= CALLS


async def test_items_that_wait_for_what_others_compute_hold_nobody_back(world: World) -> None:
    """They are many more than may be at work at once, and than wait to be started."""
    shared = 2 * AHEAD
    item = template("item", inputs=["x"], outputs=["o0"], cache_version="1", cache_serialize=True)
    mapped_over = mapped("n0", task("item", item, x=promise("", "x")), parallelism=3, x=[1] * shared + [2])
    go = asyncio.Event()
    at_work = most = 0

    async def script(attempt: Attempt) -> Exit:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        if index_of(attempt) < shared:
            await go.wait()
        at_work -= 1
        return await succeed(attempt, o0=index_of(attempt))

    execution = world.control.create("a", workflow(mapped_over, outputs={"o0": promise("n0", "o0")}))
    executor = world.executor(script)
    async with world.propeller(executor):
        name = f"n0:{shared}"
        await world.control.until(
            lambda: (
                (name, 0) in execution.by_attempt and execution.by_attempt[name, 0].closure.phase == PHASES.SUCCEEDED
            )
        )
        go.set()
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    assert sorted(name.split("/", 3)[3] for name in executor.processes) == ["n0:0/0", f"n0:{shared}/0"]
    assert most <= 3


async def test_items_that_have_waited_count_again_when_they_compute_themselves(world: World) -> None:
    item = template("item", inputs=["x"], outputs=["o0"], cache_version="1", cache_serialize=True)
    mapped_over = mapped("n0", task("item", item, x=promise("", "x")), parallelism=2, minimum=1, x=[1] * 6 + [2] * 6)
    at_work = most = 0

    async def script(attempt: Attempt) -> Exit:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0)
        at_work -= 1
        return await fail(attempt)  # so that the next one that waits has to compute it

    execution = world.control.create("a", workflow(mapped_over))
    executor = world.executor(script)
    async with world.propeller(executor):
        await world.control.until_over(execution)
    assert len(executor.processes) == 12
    assert most <= 2


async def test_a_large_list_of_outputs_is_stored_by_itself(world: World) -> None:
    item = template("item", inputs=["x"], outputs=["o0"])
    item.container.env.add(key="_F_L_MIN_SIZE_MB", value="1")
    map_of = mapped("n0", task("item", item, x=promise("", "x")), x=[1, 2, 3])
    after = mapped("n1", task("next", template("next", inputs=["x"]), x=promise("n0", "o0")), x=promise("n0", "o0"))
    big = "x" * (1 << 19)

    async def script(attempt: Attempt) -> Exit:
        if "/n0:" not in attempt.id:
            return await succeed(attempt)
        return await succeed(attempt, o0=big)

    closure = workflow(map_of, after, outputs={"o0": promise("n0", "o0")})
    execution = world.control.create("a", closure)
    async with world.propeller(world.executor(script)):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED, execution.error
    stands = (await literals_of(f"{execution.prefix}/n0/data/0/outputs.pb"))["o0"]
    assert stands.offloaded_metadata.uri == f"{execution.prefix}/n0/data/0/o0_offloaded_metadata.pb"
    assert stands.offloaded_metadata.inferred_type.HasField("collection_type")
    assert stands.hash
    folder, name = split_uri(stands.offloaded_metadata.uri)
    stored = Literal.FromString(await open_store(folder).aget(name))
    assert [each.scalar.primitive.string_value for each in stored.collection.literals] == [big] * 3
    assert stands.offloaded_metadata.size_bytes == stored.ByteSize()
    assert (await literals_of(execution.output_uri))["o0"] == stands, "passed on by its address"
    assert len(items(execution)) == 6, "mapped over again"


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [("_F_L_MIN_SIZE_MB", "some", "give a whole number of megabytes"), ("_F_L_MAX_SIZE_MB", "1", "are the most")],
)
async def test_a_list_that_cannot_be_offloaded_fails_the_node(
    world: World, variable: str, value: str, words: str
) -> None:
    item = template("item", inputs=["x"], outputs=["o0"])
    item.container.env.add(key="_F_L_MIN_SIZE_MB", value="1")
    item.container.env.add(key=variable, value=value)

    async def script(attempt: Attempt) -> Exit:
        return await succeed(attempt, o0="x" * (1 << 19))

    execution = world.control.create("a", workflow(mapped("n0", task("item", item, x=promise("", "x")), x=[1, 2, 3])))
    async with world.propeller(world.executor(script)):
        await world.control.until_over(execution)
    assert execution.error is not None
    assert execution.error.code == "OutputsLost"
    assert words in execution.error.message
