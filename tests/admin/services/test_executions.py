"""Executions: inputs, names, relaunching, terminating, archiving, data, events over the wire."""

import asyncio
from typing import Any

import pytest
from flyteidl.admin import launch_plan_pb2
from flyteidl.admin.common_pb2 import NamedEntityIdentifier, ResourceListRequest
from flyteidl.admin.event_pb2 import (
    NodeExecutionEventRequest,
    TaskExecutionEventRequest,
    WorkflowExecutionEventRequest,
)
from flyteidl.admin.execution_pb2 import (
    ExecutionMetadata,
    ExecutionRecoverRequest,
    ExecutionRelaunchRequest,
    ExecutionState,
    ExecutionTerminateRequest,
    ExecutionUpdateRequest,
    WorkflowExecutionGetDataRequest,
    WorkflowExecutionGetMetricsRequest,
    WorkflowExecutionGetRequest,
)
from flyteidl.admin.node_execution_pb2 import (
    NodeExecutionGetDataRequest,
    NodeExecutionGetRequest,
    NodeExecutionListRequest,
)
from flyteidl.admin.task_execution_pb2 import (
    TaskExecutionGetDataRequest,
    TaskExecutionGetRequest,
    TaskExecutionListRequest,
)
from flyteidl.core.execution_pb2 import ExecutionError
from flyteidl.core.execution_pb2 import NodeExecution as N
from flyteidl.core.execution_pb2 import TaskExecution as K
from flyteidl.core.execution_pb2 import WorkflowExecution as W
from flyteidl.core.identifier_pb2 import TaskExecutionIdentifier, WorkflowExecutionIdentifier
from flyteidl.core.interface_pb2 import Parameter
from flyteidl.core.literals_pb2 import Literal, LiteralMap
from flyteidl.core.types_pb2 import LiteralType, SimpleType
from flyteidl.event.event_pb2 import ParentNodeExecutionMetadata
from flyteidl.service import admin_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from livedeck.admin.control_plane import DatabaseControlPlane
from livedeck.admin.db import deletions, executions
from livedeck.admin.db.database import Database
from livedeck.admin.objects import INLINE_LIMIT
from livedeck.admin.services.calls import Failure, Service
from livedeck.errors import EntityExists, StateForbids
from livedeck.store import Store, layout
from tests.admin.conftest import Caller, Protos


async def refusal(call: Caller, method: str, request: Any) -> tuple[str, str]:
    with pytest.raises(Failure) as refused:
        await call(method, request)
    return refused.value.code.name, refused.value.message


async def get(call: Caller, protos: Protos, name: str) -> Any:
    return await call("GetExecution", WorkflowExecutionGetRequest(id=protos.execution_id(name)))


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"y": 1}, "'y' is not an input"),
        ({"x": 1, "y": 1}, "'y' is not an input"),
        ({"x": "three"}, "'x' is integer, but is given 'three' (string)"),
    ],
)
async def test_inputs_are_checked(registered: Caller, protos: Protos, inputs: Any, reason: str) -> None:
    code, message = await refusal(registered, "CreateExecution", protos.execution("e1", **inputs))
    assert code == "INVALID_ARGUMENT"
    assert reason in message


async def test_a_missing_input_is_named(registered: Caller, protos: Protos) -> None:
    request = protos.execution("e1")
    request.inputs.ClearField("literals")
    code, message = await refusal(registered, "CreateExecution", request)
    assert code == "INVALID_ARGUMENT"
    assert "'x' is missing" in message
    assert "integer" in message


async def test_defaults_and_fixed_inputs(registered: Caller, protos: Protos, control: DatabaseControlPlane) -> None:
    plan = protos.launch_plan(name="with-default")
    plan.spec.default_inputs.parameters["x"].CopyFrom(Parameter(default=protos.literal(5)))
    fixed = protos.launch_plan(name="with-fixed")
    fixed.spec.fixed_inputs.literals["x"].CopyFrom(protos.literal(6))
    await registered("CreateLaunchPlan", plan)
    await registered("CreateLaunchPlan", fixed)
    for name in ("with-default", "with-fixed"):
        request = protos.execution(name, plan=name)
        request.ClearField("inputs")
        await registered("CreateExecution", request)
    first, second = await control.claim("p", limit=9, ttl=30)
    assert first.inputs == protos.literals(x=5)
    assert second.inputs == protos.literals(x=6)
    code, message = await refusal(registered, "CreateExecution", protos.execution("e3", plan="with-fixed", x=7))
    assert code == "INVALID_ARGUMENT"
    assert "fixed" in message
    # Relaunching starts from what the caller gave, so that a fixed input is not taken for the caller's.
    relaunch = ExecutionRelaunchRequest(id=protos.execution_id("with-fixed"), name="again")
    await registered("RelaunchExecution", relaunch)
    [third] = await control.claim("p", limit=9, ttl=30)
    assert third.inputs == protos.literals(x=6)


@pytest.mark.parametrize("name", ["../up", "A", "1a", "a/b", "a\x00", "a" * 64, "a.b", "-a", "a b"])
async def test_hostile_names_are_refused(registered: Caller, protos: Protos, name: str) -> None:
    assert (await refusal(registered, "CreateExecution", protos.execution(name)))[0] == "INVALID_ARGUMENT"


async def test_a_name_is_given_once(registered: Caller, protos: Protos, database: Database) -> None:
    await registered("CreateExecution", protos.execution("e1"))
    assert (await refusal(registered, "CreateExecution", protos.execution("e1", x=2)))[0] == "ALREADY_EXISTS"
    data = await registered("GetExecutionData", WorkflowExecutionGetDataRequest(id=protos.execution_id("e1")))
    assert data.full_inputs == protos.literals(x=1)
    folder = layout.execution_prefix("flytesnacks", "development", "e1")
    with pytest.raises(EntityExists, match="exists already"):  # as one of two that create it at once is told
        await database.look_up(executions.check_gone, protos.execution_id("e1"), folder)


async def test_what_an_execution_of_another_database_has_left_is_not_taken_for_its_own(
    registered: Caller, protos: Protos, store: Store
) -> None:
    folder = layout.execution_prefix("flytesnacks", "development", "e1")
    store.put(f"{folder}/inputs-0123456789abcdef.pb", b"")  # of one that was refused
    error = f"{folder}/n0/data/0/error.pb"
    store.put(error, b"")
    code, message = await refusal(registered, "CreateExecution", protos.execution("e1"))
    assert code == "ALREADY_EXISTS"
    assert f"has left objects in {store.uri_of(folder)}: take another name" in message
    store.delete(error)
    await registered("CreateExecution", protos.execution("e1"))


async def test_what_is_not_registered_cannot_run(registered: Caller, protos: Protos) -> None:
    assert (await refusal(registered, "CreateExecution", protos.execution("e1", plan="nobody")))[0] == "NOT_FOUND"
    request = protos.execution("e1")
    request.spec.launch_plan.CopyFrom(protos.id("WORKFLOW", "chain"))
    assert (await refusal(registered, "CreateExecution", request))[0] == "INVALID_ARGUMENT"
    request.spec.launch_plan.CopyFrom(protos.id("TASK", "nobody"))
    assert (await refusal(registered, "CreateExecution", request))[0] == "NOT_FOUND"


async def test_a_task_runs_on_its_own(registered: Caller, protos: Protos, control: DatabaseControlPlane) -> None:
    for name in ("t1", "t2"):
        request = protos.execution(name)
        request.spec.launch_plan.CopyFrom(protos.id("TASK", "double"))
        await registered("CreateExecution", request)
        found = await get(registered, protos, name)
        assert found.spec.launch_plan == protos.id("TASK", "double")
        assert found.closure.workflow_id.name == ".flytegen.double"
    claims = await control.claim("p", limit=9, ttl=30)
    assert [claim.closure.primary.template.id.name for claim in claims] == [".flytegen.double"] * 2
    scope = ResourceListRequest(id=NamedEntityIdentifier(project="flytesnacks", domain="development"), limit=9)
    assert [each.id.name for each in (await registered("ListWorkflows", scope)).workflows] == ["chain"]
    assert [each.id.name for each in (await registered("ListLaunchPlans", scope)).launch_plans] == ["chain"]
    again = ExecutionRelaunchRequest(id=protos.execution_id("t1"))
    await registered("RelaunchExecution", again)


def _parent(identifier: WorkflowExecutionIdentifier, node: str) -> ExecutionMetadata:
    return ExecutionMetadata(parent_node_execution={"execution_id": identifier, "node_id": node})


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        (ExecutionMetadata(scheduled_at=Timestamp(seconds=10**12)), "metadata.scheduled_at"),
        (ExecutionMetadata(mode=99999), "mode 99999"),  # type: ignore[arg-type]
        (
            _parent(WorkflowExecutionIdentifier(project="flytesnacks", domain="development", name="e0"), "n" * 256),
            "long",
        ),
        (_parent(WorkflowExecutionIdentifier(project="flytesnacks", domain="development", name="e\x00"), "n0"), "name"),
    ],
)
async def test_specs_that_cannot_be_are_refused(
    registered: Caller, protos: Protos, metadata: ExecutionMetadata, reason: str
) -> None:
    await registered("CreateExecution", protos.execution("e0"))
    request = protos.execution("e1")
    request.spec.metadata.CopyFrom(metadata)
    code, message = await refusal(registered, "CreateExecution", request)
    assert code == "INVALID_ARGUMENT"
    assert reason in message
    request = protos.execution("e1")
    request.spec.launch_plan.resource_type = 99  # type: ignore[assignment]
    assert (await refusal(registered, "CreateExecution", request))[0] == "INVALID_ARGUMENT"


async def test_a_time_that_no_calendar_has_is_no_input(registered: Caller, protos: Protos) -> None:
    moment = Literal(scalar={"primitive": {"datetime": Timestamp(seconds=10**12)}})
    interface = protos.interface({"at": LiteralType(simple=SimpleType.DATETIME)})
    await registered("CreateTask", protos.task("timed", interface=interface))
    for plan, name in ((protos.id("TASK", "timed"), "at"), (protos.id("LAUNCH_PLAN", "chain"), "x")):
        request = protos.execution("e1")
        request.spec.launch_plan.CopyFrom(plan)
        request.inputs.CopyFrom(LiteralMap(literals={name: moment}))
        code, message = await refusal(registered, "CreateExecution", request)
        assert code == "INVALID_ARGUMENT"
        assert "is given a value out of range (datetime)" in message


async def test_recovering_copies_spec_and_inputs_and_says_from_where(
    registered: Caller, protos: Protos, control: DatabaseControlPlane, database: Database
) -> None:
    await registered("CreateExecution", protos.execution("e1", x=3))
    first = protos.execution_id("e1")
    asked = ExecutionRecoverRequest(id=first, name="e2")
    assert await refusal(registered, "RecoverExecution", asked) == (
        "FAILED_PRECONDITION",
        "execution flytesnacks/development/e1 is QUEUED: recover it when it is over",
    )
    await control.claim("p", limit=1, ttl=30)
    failed = protos.node_event("e1", "n0", N.FAILED)
    await control.report("p", [failed, protos.workflow_event("e1", W.FAILED)])
    await control.release("p", "flytesnacks/development/e1")
    second = (await registered("RecoverExecution", asked)).id
    [claim] = await control.claim("p", limit=1, ttl=30)
    assert claim.id == second
    assert claim.inputs == protos.literals(x=3)
    assert claim.spec.metadata.mode == ExecutionMetadata.RECOVERED
    assert claim.spec.metadata.reference_execution == first
    recorded = await control.find_recorded(first)
    assert recorded is not None
    assert [node.closure.phase for node in recorded.nodes] == [N.FAILED]
    assert await control.find_recorded(protos.execution_id("nobody")) is None
    with pytest.raises(StateForbids, match="is used by e2"):
        await database.write(deletions.remove, first, lambda _execution: "")
    nobody = ExecutionRecoverRequest(id=protos.execution_id("nobody"))
    assert (await refusal(registered, "RecoverExecution", nobody))[0] == "NOT_FOUND"


async def test_only_recovering_makes_an_execution_that_recovers(registered: Caller, protos: Protos) -> None:
    request = protos.execution("e1")
    request.spec.metadata.mode = ExecutionMetadata.RECOVERED
    request.spec.metadata.reference_execution.CopyFrom(protos.execution_id("e0"))
    code, words = await refusal(registered, "CreateExecution", request)
    assert (code, "call RecoverExecution" in words) == ("INVALID_ARGUMENT", True)


async def test_relaunching_copies_spec_and_inputs(registered: Caller, protos: Protos) -> None:
    request = protos.execution("e1", x=7)
    request.spec.labels.values["team"] = "blue"
    await registered("CreateExecution", request)
    answer = await registered("RelaunchExecution", ExecutionRelaunchRequest(id=protos.execution_id("e1")))
    found = await get(registered, protos, answer.id.name)
    assert found.spec.labels.values["team"] == "blue"
    assert found.spec.metadata.mode == ExecutionMetadata.RELAUNCH
    assert found.spec.metadata.reference_execution.name == "e1"
    data = await registered("GetExecutionData", WorkflowExecutionGetDataRequest(id=answer.id))
    assert data.full_inputs == protos.literals(x=7)
    nobody = ExecutionRelaunchRequest(id=protos.execution_id("nobody"))
    assert (await refusal(registered, "RelaunchExecution", nobody))[0] == "NOT_FOUND"


async def test_terminating(registered: Caller, protos: Protos) -> None:
    await registered("CreateExecution", protos.execution("e1"))
    stop = ExecutionTerminateRequest(id=protos.execution_id("e1"), cause="a \x00 mistake")
    await registered("TerminateExecution", stop)
    await registered("TerminateExecution", stop)  # asked again, while it is aborting: nothing new
    found = await get(registered, protos, "e1")
    assert found.closure.phase == W.ABORTING
    assert found.closure.abort_metadata.cause == "a \x00 mistake"
    event = WorkflowExecutionEventRequest(event=protos.workflow_event("e1", W.ABORTED))
    await registered("CreateWorkflowEvent", event)
    assert (await refusal(registered, "TerminateExecution", stop))[0] == "FAILED_PRECONDITION"
    nobody = ExecutionTerminateRequest(id=protos.execution_id("nobody"))
    assert (await refusal(registered, "TerminateExecution", nobody))[0] == "NOT_FOUND"


async def test_archiving(registered: Caller, protos: Protos) -> None:
    await registered("CreateExecution", protos.execution("e1"))
    change = ExecutionUpdateRequest(id=protos.execution_id("e1"), state=ExecutionState.EXECUTION_ARCHIVED)
    await registered("UpdateExecution", change)
    found = await get(registered, protos, "e1")
    assert found.closure.state_change_details.state == ExecutionState.EXECUTION_ARCHIVED
    for state in (2, 99999):
        change = ExecutionUpdateRequest(id=protos.execution_id("e1"), state=state)  # type: ignore[arg-type]
        assert (await refusal(registered, "UpdateExecution", change))[0] == "INVALID_ARGUMENT"


async def test_events_over_the_wire_follow_the_table(registered: Caller, protos: Protos) -> None:
    await registered("CreateExecution", protos.execution("e1"))

    def workflow(phase: int, **more: Any) -> WorkflowExecutionEventRequest:
        return WorkflowExecutionEventRequest(event=protos.workflow_event("e1", phase, **more))

    def node(phase: int, **more: Any) -> NodeExecutionEventRequest:
        return NodeExecutionEventRequest(event=protos.node_event("e1", "n0", phase, **more))

    def task(phase: int, **more: Any) -> TaskExecutionEventRequest:
        return TaskExecutionEventRequest(event=protos.task_event("e1", "n0", phase, **more))

    async def code(
        method: str, request: TaskExecutionEventRequest | WorkflowExecutionEventRequest | NodeExecutionEventRequest
    ) -> str:
        return (await refusal(registered, method, request))[0]

    assert await code("CreateTaskEvent", task(K.QUEUED)) == "NOT_FOUND"  # its node was never reported
    await registered("CreateWorkflowEvent", workflow(W.RUNNING))
    assert await code("CreateWorkflowEvent", workflow(W.RUNNING)) == "ALREADY_EXISTS"
    assert await code("CreateWorkflowEvent", workflow(W.QUEUED)) == "FAILED_PRECONDITION"
    assert await code("CreateWorkflowEvent", workflow(W.UNDEFINED)) == "INVALID_ARGUMENT"
    await registered("CreateNodeEvent", node(N.RUNNING))
    assert await code("CreateNodeEvent", node(N.RUNNING)) == "ALREADY_EXISTS"
    await registered("CreateNodeEvent", node(N.RUNNING, deck_uri="file:///a/deck.html"))
    assert await code("CreateNodeEvent", node(N.RUNNING, deck_uri="file:///a/deck.html")) == "ALREADY_EXISTS"
    await registered("CreateTaskEvent", task(K.RUNNING))
    assert await code("CreateTaskEvent", task(K.RUNNING)) == "ALREADY_EXISTS"
    await registered("CreateTaskEvent", task(K.RUNNING, phase_version=2, reason="pulling"))
    assert await code("CreateTaskEvent", task(K.RUNNING, phase_version=1)) == "ALREADY_EXISTS"
    await registered("CreateTaskEvent", task(K.SUCCEEDED))
    assert await code("CreateTaskEvent", task(K.FAILED)) == "FAILED_PRECONDITION"
    await registered("CreateNodeEvent", node(N.SUCCEEDED))
    assert await code("CreateNodeEvent", node(N.RUNNING)) == "FAILED_PRECONDITION"
    found = await registered("GetNodeExecution", NodeExecutionGetRequest(id=protos.node_id("e1", "n0")))
    assert found.closure.deck_uri == "file:///a/deck.html"  # never taken back


async def test_children_are_listed_under_their_parent(registered: Caller, protos: Protos) -> None:
    await registered("CreateExecution", protos.execution("e1"))
    parent = NodeExecutionEventRequest(event=protos.node_event("e1", "n0", N.RUNNING, is_parent=True))
    await registered("CreateNodeEvent", parent)
    metadata = ParentNodeExecutionMetadata(node_id="n0")
    child = protos.node_event("e1", "n0-0-n0", N.RUNNING, parent_node_metadata=metadata, retry_group="0")
    await registered("CreateNodeEvent", NodeExecutionEventRequest(event=child))

    async def listed(**more: Any) -> list[str]:
        request = NodeExecutionListRequest(workflow_execution_id=protos.execution_id("e1"), limit=9, **more)
        return [node.id.node_id for node in (await registered("ListNodeExecutions", request)).node_executions]

    assert await listed() == ["n0"]
    assert await listed(unique_parent_id="n0") == ["n0-0-n0"]
    orphan = protos.node_event("e1", "x", N.RUNNING, parent_node_metadata=ParentNodeExecutionMetadata(node_id="no"))
    code, _ = await refusal(registered, "CreateNodeEvent", NodeExecutionEventRequest(event=orphan))
    assert code == "NOT_FOUND"


@pytest.mark.parametrize("node", ["../n0", "n/0", "", "n\x000"])
async def test_hostile_node_ids_are_refused(registered: Caller, protos: Protos, node: str) -> None:
    await registered("CreateExecution", protos.execution("e1"))
    event = NodeExecutionEventRequest(event=protos.node_event("e1", node, N.RUNNING))
    assert (await refusal(registered, "CreateNodeEvent", event))[0] == "INVALID_ARGUMENT"


async def test_events_at_times_that_no_calendar_has_are_refused(registered: Caller, protos: Protos) -> None:
    await registered("CreateExecution", protos.execution("e1"))
    await registered("CreateNodeEvent", NodeExecutionEventRequest(event=protos.node_event("e1", "n0", N.RUNNING)))
    for seconds in (10**12, 10**18, -(10**12)):
        workflow = WorkflowExecutionEventRequest(event=protos.workflow_event("e1", W.RUNNING))
        node = NodeExecutionEventRequest(event=protos.node_event("e1", "n1", N.RUNNING))
        task = TaskExecutionEventRequest(event=protos.task_event("e1", "n0", K.RUNNING))
        for method, request in (
            ("CreateWorkflowEvent", workflow),
            ("CreateNodeEvent", node),
            ("CreateTaskEvent", task),
        ):
            request.event.occurred_at.seconds = seconds
            code, message = await refusal(registered, method, request)
            assert code == "INVALID_ARGUMENT"
            assert "occurred_at" in message


async def test_ids_in_events_are_checked(registered: Caller, protos: Protos) -> None:
    await registered("CreateExecution", protos.execution("e1"))
    await registered("CreateNodeEvent", NodeExecutionEventRequest(event=protos.node_event("e1", "n0", N.RUNNING)))
    for name in ("x" * 256, "a\x00b", ""):
        event = protos.task_event("e1", "n0", K.RUNNING)
        event.task_id.name = name
        code, _ = await refusal(registered, "CreateTaskEvent", TaskExecutionEventRequest(event=event))
        assert code == "INVALID_ARGUMENT"
        asked = TaskExecutionIdentifier(task_id=event.task_id, node_execution_id=protos.node_id("e1", "n0"))
        assert (await refusal(registered, "GetTaskExecution", TaskExecutionGetRequest(id=asked)))[
            0
        ] == "INVALID_ARGUMENT"
    event = protos.task_event("e1", "n\x00", K.RUNNING)
    code, _ = await refusal(registered, "CreateTaskEvent", TaskExecutionEventRequest(event=event))
    assert code == "INVALID_ARGUMENT"
    for parent in (
        {"parent_node_metadata": {"node_id": "a\x00b"}},
        {"parent_task_metadata": {"id": {"node_execution_id": protos.node_id("e1", "a\x00b")}}},
    ):
        child = NodeExecutionEventRequest(event=protos.node_event("e1", "n1", N.RUNNING, **parent))
        assert (await refusal(registered, "CreateNodeEvent", child))[0] == "INVALID_ARGUMENT"


async def test_data_of_nodes_and_attempts(registered: Caller, protos: Protos, store: Store) -> None:
    await registered("CreateExecution", protos.execution("e1"))
    base = "metadata/propeller/flytesnacks-development-e1/n0/data"
    store.put(f"{base}/inputs.pb", protos.literals(x=1).SerializeToString())
    store.put(f"{base}/0/outputs.pb", protos.literals(o0=2).SerializeToString())
    uris = {"input_uri": store.uri_of(f"{base}/inputs.pb"), "output_uri": store.uri_of(f"{base}/0/outputs.pb")}
    for event in (
        NodeExecutionEventRequest(event=protos.node_event("e1", "n0", N.SUCCEEDED, **uris)),
        TaskExecutionEventRequest(event=protos.task_event("e1", "n0", K.SUCCEEDED, **uris)),
    ):
        await registered(f"Create{'Node' if isinstance(event, NodeExecutionEventRequest) else 'Task'}Event", event)
    data = await registered("GetNodeExecutionData", NodeExecutionGetDataRequest(id=protos.node_id("e1", "n0")))
    assert (data.full_inputs, data.full_outputs) == (protos.literals(x=1), protos.literals(o0=2))
    assert data.outputs.url.startswith("http://links/download/metadata/")
    assert data.flyte_urls.outputs == "flyte://v1/flytesnacks/development/e1/n0/o"
    attempt = TaskExecutionIdentifier(task_id=protos.id("TASK", "double"), node_execution_id=protos.node_id("e1", "n0"))
    data = await registered("GetTaskExecutionData", TaskExecutionGetDataRequest(id=attempt))
    assert data.full_outputs == protos.literals(o0=2)
    assert (await registered("GetTaskExecution", TaskExecutionGetRequest(id=attempt))).closure.phase == K.SUCCEEDED
    listed = TaskExecutionListRequest(node_execution_id=protos.node_id("e1", "n0"), limit=5)
    assert len((await registered("ListTaskExecutions", listed)).task_executions) == 1
    attempt.retry_attempt = 3
    assert (await refusal(registered, "GetTaskExecution", TaskExecutionGetRequest(id=attempt)))[0] == "NOT_FOUND"


async def test_large_outputs_are_a_link(registered: Caller, protos: Protos, store: Store) -> None:
    await registered("CreateExecution", protos.execution("e1"))
    key = "metadata/propeller/flytesnacks-development-e1/n0/data/0/outputs.pb"
    store.put(key, protos.literals(o0="x" * INLINE_LIMIT).SerializeToString())
    event = protos.node_event("e1", "n0", N.SUCCEEDED, output_uri=store.uri_of(key))
    await registered("CreateNodeEvent", NodeExecutionEventRequest(event=event))
    data = await registered("GetNodeExecutionData", NodeExecutionGetDataRequest(id=protos.node_id("e1", "n0")))
    assert not data.full_outputs.literals
    assert data.outputs.bytes > INLINE_LIMIT
    assert data.outputs.url


@pytest.mark.parametrize(
    "uri", ["file:///etc/passwd", "s3://elsewhere/outputs.pb", "{root}/../../etc/passwd", "{root}"]
)
async def test_nothing_outside_of_the_store_is_read(registered: Caller, protos: Protos, store: Store, uri: Any) -> None:
    await registered("CreateExecution", protos.execution("e1"))
    event = protos.node_event("e1", "n0", N.SUCCEEDED, output_uri=uri.format(root=store.uri))
    await registered("CreateNodeEvent", NodeExecutionEventRequest(event=event))
    asked = NodeExecutionGetDataRequest(id=protos.node_id("e1", "n0"))
    assert (await refusal(registered, "GetNodeExecutionData", asked))[0] == "INVALID_ARGUMENT"


async def test_errors_are_kept(registered: Caller, protos: Protos) -> None:
    await registered("CreateExecution", protos.execution("e1"))
    error = ExecutionError(code="USER:Boom", message="it broke", kind=ExecutionError.USER)
    await registered(
        "CreateNodeEvent", NodeExecutionEventRequest(event=protos.node_event("e1", "n0", N.FAILED, error=error))
    )
    await registered(
        "CreateWorkflowEvent", WorkflowExecutionEventRequest(event=protos.workflow_event("e1", W.FAILED, error=error))
    )
    assert (await get(registered, protos, "e1")).closure.error == error
    found = await registered("GetNodeExecution", NodeExecutionGetRequest(id=protos.node_id("e1", "n0")))
    assert found.closure.error == error


async def test_metrics(registered: Caller, protos: Protos) -> None:
    await registered("CreateExecution", protos.execution("e1"))
    for phase in (N.QUEUED, N.RUNNING, N.SUCCEEDED):
        await registered("CreateNodeEvent", NodeExecutionEventRequest(event=protos.node_event("e1", "n0", phase)))
    asked = WorkflowExecutionGetMetricsRequest(id=protos.execution_id("e1"), depth=10)
    span = (await registered("GetExecutionMetrics", asked)).span
    assert [each.operation_id for each in span.spans[0].spans] == ["NODE_SETUP", "EXECUTION"]


async def test_an_unforeseen_failure_is_internal_and_in_the_log(
    registered: Caller, protos: Protos, database: Database, caplog: pytest.LogCaptureFixture
) -> None:

    async def broken(request: Any) -> None:
        raise ZeroDivisionError("secret detail")

    service = Service(admin_pb2.DESCRIPTOR.services_by_name["AdminService"], {"GetVersion": broken})  # type: ignore[dict-item]
    with pytest.raises(Failure) as refused:
        await service.call("GetVersion", protos.execution())
    assert refused.value.code.name == "INTERNAL"
    assert "secret" not in refused.value.message
    [record] = [each for each in caplog.records if each.name.startswith("livedeck")]
    assert record.incident in refused.value.message  # type: ignore[attr-defined]


async def test_a_launch_plan_runs_as_often_at_once_as_its_policy_lets(
    registered: Caller, protos: Protos, control: DatabaseControlPlane
) -> None:
    for version in ("v1", "v2"):  # the limit holds for all versions together
        plan = protos.launch_plan(name="few", version=version)
        plan.spec.concurrency_policy.max = 2
        plan.spec.concurrency_policy.behavior = launch_plan_pb2.CONCURRENCY_LIMIT_BEHAVIOR_SKIP
        await registered("CreateLaunchPlan", plan)
    await registered("CreateExecution", protos.execution("e1", plan="few"))
    second = protos.execution("e2", plan="few")
    second.spec.launch_plan.version = "v2"
    await registered("CreateExecution", second)
    code, message = await refusal(registered, "CreateExecution", protos.execution("e3", plan="few"))
    assert code == "ALREADY_EXISTS"
    assert message.startswith("concurrency limit (2) reached for launch plan few; skipping execution")
    await registered("CreateExecution", protos.execution("e3"))  # another launch plan
    await control.claim("p", limit=9, ttl=30)
    await control.report("p", [protos.workflow_event("e1", W.SUCCEEDED)])
    await registered("CreateExecution", protos.execution("e4", plan="few"))


async def test_many_that_come_at_once_are_not_more_than_may_run(registered: Caller, protos: Protos) -> None:
    plan = protos.launch_plan(name="one")
    plan.spec.concurrency_policy.max = 1
    plan.spec.concurrency_policy.behavior = launch_plan_pb2.CONCURRENCY_LIMIT_BEHAVIOR_SKIP
    await registered("CreateLaunchPlan", plan)
    requests = [protos.execution(f"e{number}", plan="one") for number in range(8)]
    answers = await asyncio.gather(*(registered("CreateExecution", each) for each in requests), return_exceptions=True)
    assert sum(not isinstance(answer, Failure) for answer in answers) == 1
