"""Leases and reports, as propeller uses them."""

import asyncio
from typing import Any

import pytest
from flyteidl.admin.execution_pb2 import ExecutionTerminateRequest, WorkflowExecutionGetRequest
from flyteidl.core.execution_pb2 import NodeExecution as N
from flyteidl.core.execution_pb2 import TaskExecution as K
from flyteidl.core.execution_pb2 import WorkflowExecution as W
from flyteidl.core.identifier_pb2 import TaskExecutionIdentifier
from flyteidl.core.literals_pb2 import LiteralMap

from livedeck.admin.control_plane import DatabaseControlPlane
from livedeck.admin.db import deletions
from livedeck.admin.db.database import Database
from livedeck.admin.objects import Objects
from livedeck.errors import LeaseLost, NoSuchEntity, StateForbids, StoreUnavailable
from livedeck.propeller.control_plane import ControlPlane
from livedeck.store import Store
from tests.admin.conftest import Caller, Protos


def key(name: str) -> str:
    return f"flytesnacks/development/{name}"


@pytest.fixture
async def execution(registered: Caller, protos: Protos) -> Any:
    return (await registered("CreateExecution", protos.execution("e1"))).id.name


def test_it_is_a_control_plane() -> None:
    plane: type[ControlPlane] = DatabaseControlPlane
    assert plane is DatabaseControlPlane


async def test_the_oldest_are_claimed_first_and_once(
    control: DatabaseControlPlane, registered: Caller, protos: Protos
) -> None:
    for name in ("b", "a", "c"):
        await registered("CreateExecution", protos.execution(name))
    assert [claim.id.name for claim in await control.claim("p", limit=2, ttl=30)] == ["b", "a"]
    assert [claim.id.name for claim in await control.claim("p", limit=9, ttl=30)] == ["c"]
    assert await control.claim("p", limit=9, ttl=30) == []
    assert await control.claim("other", limit=9, ttl=30) == []


async def test_a_lease_that_ran_out_is_free(control: DatabaseControlPlane, execution: str, protos: Protos) -> None:
    await control.claim("p", limit=1, ttl=-1)
    [claim] = await control.claim("other", limit=1, ttl=30)
    assert claim.id.name == execution
    with pytest.raises(LeaseLost, match="'other' does"):
        await control.report("p", [protos.workflow_event(execution, W.RUNNING)])
    renewed = await control.renew("p", [key(execution)], ttl=30)
    assert not renewed.held


async def test_a_restarted_owner_takes_back_its_own(
    control: DatabaseControlPlane, execution: str, database: Database, objects: Objects
) -> None:
    await control.claim("p", limit=1, ttl=30)
    restarted = DatabaseControlPlane(database, objects)
    [claim] = await restarted.claim("p", limit=1, ttl=30)
    assert claim.id.name == execution


async def test_a_released_lease_is_free_at_once(control: DatabaseControlPlane, execution: str) -> None:
    await control.claim("p", limit=1, ttl=30)
    await control.release("other", key(execution))
    assert await control.claim("other", limit=1, ttl=30) == []
    await control.release("p", key(execution))
    assert len(await control.claim("other", limit=1, ttl=30)) == 1


async def test_what_is_over_is_not_claimed(control: DatabaseControlPlane, execution: str, protos: Protos) -> None:
    await control.claim("p", limit=1, ttl=30)
    await control.report("p", [protos.workflow_event(execution, W.SUCCEEDED)])
    await control.release("p", key(execution))
    assert await control.claim("p", limit=1, ttl=30) == []


async def test_a_claim_holds_all_that_was_recorded(
    control: DatabaseControlPlane, execution: str, protos: Protos
) -> None:
    await control.claim("p", limit=1, ttl=30)
    await control.report(
        "p",
        [
            protos.workflow_event(execution, W.RUNNING),
            protos.node_event(execution, "n0", N.RUNNING),
            protos.task_event(execution, "n0", K.FAILED, retry_attempt=0),
            protos.task_event(execution, "n0", K.RUNNING, retry_attempt=1),
        ],
    )
    await control.release("p", key(execution))
    [claim] = await control.claim("q", limit=1, ttl=30)
    assert claim.phase == W.RUNNING
    assert [node.id.node_id for node in claim.nodes] == ["n0"]
    assert [(task.id.retry_attempt, task.closure.phase) for task in claim.tasks] == [(0, K.FAILED), (1, K.RUNNING)]
    assert claim.spec.launch_plan.name == "chain"
    assert claim.raw_data_prefix.endswith("/data/flytesnacks/development/e1")


async def test_an_abort_reaches_the_holder(
    control: DatabaseControlPlane, registered: Caller, execution: str, protos: Protos
) -> None:
    await control.claim("p", limit=1, ttl=30)
    await control.wait_for_work(timeout=60)  # the creation itself
    waiting = asyncio.ensure_future(control.wait_for_work(timeout=30))
    await registered("TerminateExecution", ExecutionTerminateRequest(id=protos.execution_id("e1"), cause="enough"))
    await waiting
    renewed = await control.renew("p", [key(execution)], ttl=30)
    assert renewed.aborting == {key(execution): "enough"}
    # An event that was on its way then is neither recorded nor an error: its sender could not know.
    await control.report("p", [protos.workflow_event(execution, W.RUNNING)])
    await control.report("p", [protos.workflow_event(execution, W.ABORTED)])
    found = await registered("GetExecution", WorkflowExecutionGetRequest(id=protos.execution_id("e1")))
    assert found.closure.phase == W.ABORTED
    assert found.closure.abort_metadata.cause == "enough"


async def test_work_that_came_before_the_wait_is_not_missed(control: DatabaseControlPlane, execution: str) -> None:
    await control.wait_for_work(timeout=30)
    assert len(await control.claim("p", limit=1, ttl=30)) == 1


async def test_repeats_change_nothing(
    control: DatabaseControlPlane, execution: str, protos: Protos, registered: Caller
) -> None:
    await control.claim("p", limit=1, ttl=30)
    events = [
        protos.workflow_event(execution, W.RUNNING),
        protos.node_event(execution, "n0", N.QUEUED),
        protos.node_event(execution, "n0", N.RUNNING),
        protos.task_event(execution, "n0", K.RUNNING),
        protos.task_event(execution, "n0", K.SUCCEEDED),
        protos.node_event(execution, "n0", N.SUCCEEDED),
    ]
    await control.report("p", events)  # type: ignore[arg-type]
    before = await control.claim("q", limit=1, ttl=30)
    await control.report("p", events)  # type: ignore[arg-type]
    await control.report("p", [*events, *events])  # type: ignore[list-item]
    await control.release("p", key(execution))
    [after] = await control.claim("q", limit=1, ttl=30)
    assert before == []
    assert [node.closure.phase for node in after.nodes] == [N.SUCCEEDED]
    assert [task.closure.phase for task in after.tasks] == [K.SUCCEEDED]


async def test_what_is_over_takes_no_new_event(control: DatabaseControlPlane, execution: str, protos: Protos) -> None:
    await control.claim("p", limit=1, ttl=30)
    await control.report("p", [protos.node_event(execution, "n0", N.FAILED)])
    with pytest.raises(StateForbids, match="FAILED"):
        await control.report("p", [protos.node_event(execution, "n0", N.SUCCEEDED)])


async def test_a_report_is_recorded_whole_or_not_at_all(
    control: DatabaseControlPlane, execution: str, protos: Protos, database: Database
) -> None:
    await control.claim("p", limit=1, ttl=30)
    with pytest.raises(NoSuchEntity, match="'n9'"):
        await control.report(
            "p", [protos.node_event(execution, "n0", N.RUNNING), protos.task_event(execution, "n9", K.RUNNING)]
        )
    await control.release("p", key(execution))
    [claim] = await control.claim("p", limit=1, ttl=30)
    assert claim.nodes == ()


async def test_an_unknown_execution_is_no_lease(
    control: DatabaseControlPlane, registered: Caller, protos: Protos
) -> None:
    with pytest.raises(NoSuchEntity):
        await control.report("p", [protos.workflow_event("nobody", W.RUNNING)])


async def test_the_first_cached_outputs_win(control: DatabaseControlPlane, protos: Protos) -> None:
    source = TaskExecutionIdentifier(task_id=protos.id("TASK", "double"), node_execution_id=protos.node_id("e", "n0"))
    user = protos.execution_id("e")
    assert await control.find_cached("k", user) is None
    await control.store_cached("k", "file:///a", source)
    await control.store_cached("k", "file:///b", source)
    found = await control.find_cached("k", user)
    assert found.output_uri == "file:///a"
    assert found.source == source


async def test_many_at_once(control: DatabaseControlPlane, registered: Caller, protos: Protos) -> None:
    names = [f"e{i}" for i in range(20)]
    await asyncio.gather(*(registered("CreateExecution", protos.execution(name)) for name in names))
    claims = await control.claim("p", limit=50, ttl=30)
    assert {claim.id.name for claim in claims} == set(names)

    async def run(name: str) -> None:
        await control.report("p", [protos.node_event(name, "n0", N.RUNNING)])
        await control.report("p", [protos.task_event(name, "n0", K.RUNNING)])
        await control.report(
            "p", [protos.task_event(name, "n0", K.SUCCEEDED), protos.node_event(name, "n0", N.SUCCEEDED)]
        )
        await control.report("p", [protos.workflow_event(name, W.SUCCEEDED)])

    await asyncio.gather(*(run(name) for name in names))
    for name in names:
        found = await registered("GetExecution", WorkflowExecutionGetRequest(id=protos.execution_id(name)))
        assert found.closure.phase == W.SUCCEEDED


async def test_one_that_cannot_be_loaded_does_not_keep_the_others(
    control: DatabaseControlPlane, registered: Caller, protos: Protos, store: Store
) -> None:
    for name in ("lost", "fine"):
        await registered("CreateExecution", protos.execution(name, x=1))
    for key_ in list(store.list("metadata/propeller/flytesnacks-development-lost")):
        store.delete(key_)
    assert [claim.id.name for claim in await control.claim("p", limit=5, ttl=30)] == ["fine"]
    found = await registered("GetExecution", WorkflowExecutionGetRequest(id=protos.execution_id("lost")))
    assert found.closure.phase == W.FAILED
    assert found.closure.error.code == "InputsLost"


async def test_a_store_that_fails_for_now_is_tried_again(
    registered: Caller, protos: Protos, database: Database, store: Store
) -> None:
    class Busy(Objects):
        busy = True

        async def read_literals(self, uri: str) -> LiteralMap:
            if self.busy:
                raise StoreUnavailable("busy")
            return await super().read_literals(uri)

    objects = Busy(store)
    control = DatabaseControlPlane(database, objects)
    await registered("CreateExecution", protos.execution("e1"))
    assert await control.claim("p", limit=5, ttl=30) == []
    objects.busy = False
    assert [claim.id.name for claim in await control.claim("p", limit=5, ttl=30)] == ["e1"]


@pytest.fixture
async def two(control: DatabaseControlPlane, registered: Caller, protos: Protos) -> tuple[Any, Any]:
    """Nodes of two executions that an engine drives."""
    for name in ("e1", "e2"):
        await registered("CreateExecution", protos.execution(name))
    await control.claim("p", limit=9, ttl=30)
    return protos.node_id("e1", "n0"), protos.node_id("e2", "n0")


async def test_one_node_at_a_time_has_outputs_reserved(
    control: DatabaseControlPlane, two: tuple[Any, Any], protos: Protos
) -> None:
    first, second = two
    for _ in range(2):  # asking again changes nothing
        answer = await control.reserve_cached("k", first, overwrite=False)
        assert (answer.found, answer.owner) == (None, first)
    answer = await control.reserve_cached("k", second, overwrite=False)
    assert (answer.found, answer.owner) == (None, first)
    assert (await control.reserve_cached("other", second, overwrite=False)).owner == second
    waiting = asyncio.ensure_future(control.wait_for_release(answer.heard))
    source = TaskExecutionIdentifier(task_id=protos.id("TASK", "double"), node_execution_id=first)
    await control.store_cached("k", "file:///a", source)
    await asyncio.wait_for(waiting, 60)
    answer = await control.reserve_cached("k", second, overwrite=False)
    assert answer.found is not None
    assert answer.found.output_uri == "file:///a"
    assert (await control.reserve_cached("k", second, overwrite=True)).owner == second
    await control.store_cached("k", "file:///b", source, overwrite=True)
    found = await control.find_cached("k", second.execution_id)
    assert found is not None
    assert found.output_uri == "file:///b"


async def test_taking_reserved_outputs_keeps_them_from_being_deleted(
    control: DatabaseControlPlane, two: tuple[Any, Any], protos: Protos, database: Database
) -> None:
    first, second = two
    await control.store_cached(
        "k", "file:///a", TaskExecutionIdentifier(task_id=protos.id("TASK", "double"), node_execution_id=first)
    )
    await control.report("p", [protos.workflow_event("e1", W.SUCCEEDED)])
    await control.release("p", key("e1"))
    assert (await control.reserve_cached("k", second, overwrite=False)).found is not None
    with pytest.raises(StateForbids, match="is used by e2"):
        await database.write(deletions.remove, first.execution_id, lambda _execution: "")


@pytest.mark.parametrize("end", ["released", "over", "lease"])
async def test_a_reservation_ends(
    control: DatabaseControlPlane, two: tuple[Any, Any], protos: Protos, end: str
) -> None:
    first, second = two
    await control.reserve_cached("k", first, overwrite=False)
    answer = await control.reserve_cached("k", second, overwrite=False)
    assert answer.owner == first
    if end == "released":
        await control.release_cached(first)
    elif end == "over":
        await control.report("p", [protos.workflow_event("e1", W.FAILED)])
    else:
        await control.renew("p", [key("e1")], ttl=-1)
    if end != "lease":  # which is looked for after a time
        await asyncio.wait_for(control.wait_for_release(answer.heard), 60)
    assert (await control.reserve_cached("k", second, overwrite=False)).owner == second


async def test_a_claim_says_what_is_reserved(
    control: DatabaseControlPlane, two: tuple[Any, Any], protos: Protos, database: Database, objects: Objects
) -> None:
    first, _ = two
    await control.report("p", [protos.node_event("e1", "n0", N.RUNNING)])
    await control.reserve_cached("k", first, overwrite=False)
    claims = await DatabaseControlPlane(database, objects).claim("p", limit=9, ttl=30)
    assert {claim.id.name: claim.reserving for claim in claims} == {"e1": ("n0",), "e2": ()}
