"""Child executions as the control plane keeps them: created once, waited for, aborted, deleted with their parent."""

import asyncio
from typing import Any

import pytest
from flyteidl.admin import launch_plan_pb2
from flyteidl.admin.execution_pb2 import Execution, ExecutionCreateRequest, ExecutionMetadata
from flyteidl.core.execution_pb2 import NodeExecution, WorkflowExecution
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier
from flyteidl.event.event_pb2 import WorkflowNodeMetadata

from livedeck.admin.control_plane import DatabaseControlPlane
from livedeck.admin.db import executions
from livedeck.admin.db.database import Database
from livedeck.admin.deletion import Deletion
from livedeck.admin.objects import Objects
from livedeck.admin.services.calls import Failure
from livedeck.errors import EntityExists, InvalidRequest, LeaseLost, LimitReached, NoSuchEntity, StateForbids
from tests.admin.conftest import Caller, Protos

OWNER = "engine"


@pytest.fixture
async def parent(registered: Caller, control: DatabaseControlPlane, protos: Protos) -> WorkflowExecutionIdentifier:
    """An execution under lease, with a node that runs."""
    await registered("CreateExecution", protos.execution("parent"))
    await control.claim(OWNER, limit=1, ttl=600)
    await control.report(OWNER, [protos.node_event("parent", "n0", NodeExecution.RUNNING)])
    return protos.execution_id("parent")


def asked(protos: Protos, name: str = "child", node: str = "n0", **inputs: Any) -> ExecutionCreateRequest:
    request = protos.execution(name, **(inputs or {"x": 3}))
    request.spec.metadata.mode = ExecutionMetadata.CHILD_WORKFLOW
    request.spec.metadata.nesting = 1
    request.spec.metadata.parent_node_execution.CopyFrom(protos.node_id("parent", node))
    return request


async def find(database: Database, identifier: WorkflowExecutionIdentifier) -> Execution | None:
    return await database.read(executions.find, identifier)


async def end(
    control: DatabaseControlPlane, protos: Protos, name: str, phase: Any = WorkflowExecution.SUCCEEDED
) -> None:
    await control.claim(OWNER, limit=9, ttl=600)
    event = protos.workflow_event(name, phase)
    event.occurred_at.GetCurrentTime()
    await control.report(OWNER, [event])
    await control.release(OWNER, f"{protos.project}/{protos.domain}/{name}")


@pytest.mark.slow
@pytest.mark.usefixtures("parent")
async def test_a_child_is_created_once(control: DatabaseControlPlane, database: Database, protos: Protos) -> None:
    await asyncio.gather(*(control.create_child(OWNER, asked(protos)) for _ in range(3)))
    found = await find(database, protos.execution_id("child"))
    assert found is not None
    assert found.spec.metadata == asked(protos).spec.metadata
    [claim] = await control.claim("other", limit=9, ttl=30)
    assert (claim.id, claim.inputs) == (protos.execution_id("child"), protos.literals(x=3))


@pytest.mark.usefixtures("parent")
async def test_a_child_is_created_by_who_holds_the_parent(
    control: DatabaseControlPlane, database: Database, protos: Protos
) -> None:
    with pytest.raises(LeaseLost, match="'other' does not hold the lease"):
        await control.create_child("other", asked(protos))
    assert await find(database, protos.execution_id("child")) is None


@pytest.mark.usefixtures("parent")
async def test_a_name_that_is_taken_is_refused(
    control: DatabaseControlPlane, registered: Caller, protos: Protos
) -> None:
    await registered("CreateExecution", protos.execution("child"))
    with pytest.raises(EntityExists, match=r"was not started by node 'n0' of .*parent"):
        await control.create_child(OWNER, asked(protos))


@pytest.mark.usefixtures("parent")
async def test_what_cannot_be_started_is_refused(control: DatabaseControlPlane, protos: Protos) -> None:
    with pytest.raises(InvalidRequest, match="'y' is not an input"):
        await control.create_child(OWNER, asked(protos, y=1))
    request = asked(protos)
    request.spec.launch_plan.version = "v9"
    with pytest.raises(NoSuchEntity, match="there is no launch plan"):
        await control.create_child(OWNER, request)


@pytest.mark.usefixtures("parent")
async def test_who_waits_for_a_child_hears_of_its_end(control: DatabaseControlPlane, protos: Protos) -> None:
    child = protos.execution_id("child")
    with pytest.raises(NoSuchEntity):
        await control.wait_for_execution(child)
    await control.create_child(OWNER, asked(protos))
    waiting = asyncio.create_task(control.wait_for_execution(child))
    await control.report(OWNER, [protos.workflow_event("parent", WorkflowExecution.RUNNING)])
    await end(control, protos, "child")
    async with asyncio.timeout(60):
        assert (await waiting).closure.phase == WorkflowExecution.SUCCEEDED
        assert (await control.wait_for_execution(child)).id == child, "at once, now that it is over"


@pytest.mark.usefixtures("parent")
async def test_a_child_is_aborted_for_its_node_alone(
    control: DatabaseControlPlane, database: Database, protos: Protos
) -> None:
    child = protos.execution_id("child")
    await control.abort_child(child, protos.node_id("parent", "n0"), "there is none, which is no error")
    await control.create_child(OWNER, asked(protos))
    await control.abort_child(child, protos.node_id("parent", "n1"), "not its node")
    found = await find(database, child)
    assert found is not None
    assert found.closure.phase == WorkflowExecution.QUEUED
    for cause in ("enough", "told twice"):
        await control.abort_child(child, protos.node_id("parent", "n0"), cause)
    found = await find(database, child)
    assert found is not None
    assert found.closure.phase == WorkflowExecution.ABORTING
    assert found.closure.abort_metadata.cause == "enough"
    await end(control, protos, "child", WorkflowExecution.ABORTED)
    await control.abort_child(child, protos.node_id("parent", "n0"), "over, which is no error")


async def left_running(control: DatabaseControlPlane, registered: Caller, protos: Protos, **node: bool) -> None:
    """A child that an attempt of a node has started as a client, and then the end of the node."""
    await control.report(OWNER, [protos.node_event("parent", "n1", NodeExecution.RUNNING, **node)])
    await registered("CreateExecution", asked(protos, node="n1"))
    await registered("CreateExecution", asked(protos, "other", node="n0"))
    await control.report(OWNER, [protos.node_event("parent", "n1", NodeExecution.FAILED)])


@pytest.mark.usefixtures("parent")
@pytest.mark.parametrize("kind", ["is_eager", "is_array"])
async def test_what_the_attempts_of_an_eager_node_have_left_is_aborted_with_its_end(
    kind: str, control: DatabaseControlPlane, registered: Caller, database: Database, protos: Protos
) -> None:
    await left_running(control, registered, protos, **{kind: True})
    left, other = [await find(database, protos.execution_id(name)) for name in ("child", "other")]
    assert left is not None
    assert left.closure.phase == WorkflowExecution.ABORTING
    assert left.closure.abort_metadata.cause == "The eager task that started it has ended."
    assert other is not None
    assert other.closure.phase == WorkflowExecution.QUEUED, "its node goes on"
    assert (await control.renew(OWNER, [], ttl=60)).aborting == {}
    await control.claim(OWNER, limit=9, ttl=60)
    key = f"{protos.project}/{protos.domain}/child"
    assert key in (await control.renew(OWNER, [key], ttl=60)).aborting


@pytest.mark.usefixtures("parent")
async def test_other_nodes_end_without_a_look_for_children(
    control: DatabaseControlPlane, registered: Caller, database: Database, protos: Protos
) -> None:
    await left_running(control, registered, protos)
    found = await find(database, protos.execution_id("child"))
    assert found is not None
    assert found.closure.phase == WorkflowExecution.QUEUED


@pytest.mark.usefixtures("parent")
async def test_an_end_that_is_reported_together_with_news_of_the_child_aborts_it(
    control: DatabaseControlPlane, registered: Caller, database: Database, protos: Protos
) -> None:
    await control.report(OWNER, [protos.node_event("parent", "n1", NodeExecution.RUNNING, is_eager=True)])
    await registered("CreateExecution", asked(protos, node="n1"))
    await control.claim(OWNER, limit=9, ttl=60)
    ended = protos.node_event("parent", "n1", NodeExecution.SUCCEEDED)
    await control.report(OWNER, [ended, protos.workflow_event("child", WorkflowExecution.RUNNING)])
    found = await find(database, protos.execution_id("child"))
    assert found is not None
    assert found.closure.phase == WorkflowExecution.ABORTING


@pytest.mark.usefixtures("parent")
async def test_an_attempt_whose_node_is_over_starts_nothing_more(
    control: DatabaseControlPlane, registered: Caller, protos: Protos
) -> None:
    await control.report(OWNER, [protos.node_event("parent", "n0", NodeExecution.FAILED)])
    with pytest.raises(Failure, match=r"'n0' of .*parent is over \(FAILED\): it starts no executions"):
        await registered("CreateExecution", asked(protos))


async def used(control: DatabaseControlPlane, protos: Protos) -> None:
    """A child that has succeeded, and a parent that has taken its outputs."""
    await control.create_child(OWNER, asked(protos))
    await end(control, protos, "child")
    metadata = WorkflowNodeMetadata(execution_id=protos.execution_id("child"))
    taken = protos.node_event("parent", "n0", NodeExecution.SUCCEEDED, workflow_node_metadata=metadata)
    await control.report(OWNER, [taken])


async def test_a_parent_is_deleted_with_its_children(
    parent: WorkflowExecutionIdentifier,
    control: DatabaseControlPlane,
    database: Database,
    objects: Objects,
    protos: Protos,
) -> None:
    child = protos.execution_id("child")
    await used(control, protos)
    async with Deletion(database, objects) as deletion:
        with pytest.raises(StateForbids, match="child was started by parent, which is not over"):
            await deletion.delete(child)
        await end(control, protos, "parent")
        with pytest.raises(StateForbids, match="child is used by parent"):
            await deletion.delete(child)
        await deletion.delete(parent)
        assert await find(database, parent) is None
        assert await find(database, child) is None


async def test_a_parent_is_not_deleted_while_a_child_runs(
    parent: WorkflowExecutionIdentifier,
    control: DatabaseControlPlane,
    database: Database,
    objects: Objects,
    protos: Protos,
) -> None:
    await control.create_child(OWNER, asked(protos))
    await end(control, protos, "parent", WorkflowExecution.FAILED)
    async with Deletion(database, objects) as deletion:
        with pytest.raises(StateForbids, match="child, which parent started, is QUEUED: abort it"):
            await deletion.delete(parent)
        await end(control, protos, "child", WorkflowExecution.ABORTED)
        await deletion.delete(protos.execution_id("child"))
        await deletion.delete(parent)


@pytest.mark.usefixtures("parent")
async def test_a_child_whose_launch_plan_runs_as_often_as_it_may_is_refused_and_does_not_wait(
    control: DatabaseControlPlane, registered: Caller, protos: Protos
) -> None:
    plan = protos.launch_plan(name="one")
    plan.spec.concurrency_policy.max = 1
    plan.spec.concurrency_policy.behavior = launch_plan_pb2.CONCURRENCY_LIMIT_BEHAVIOR_SKIP
    await registered("CreateLaunchPlan", plan)
    await registered("CreateExecution", protos.execution("first", plan="one"))
    request = asked(protos)
    request.spec.launch_plan.name = "one"
    with pytest.raises(LimitReached, match="launch plan one"):
        await asyncio.wait_for(control.create_child(OWNER, request), 60)
