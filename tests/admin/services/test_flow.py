"""One execution from registration to its end, over real gRPC."""

from typing import Any

import grpc
import pytest
from flyteidl.admin.common_pb2 import NamedEntityIdentifier, ResourceListRequest
from flyteidl.admin.event_pb2 import NodeExecutionEventRequest
from flyteidl.admin.execution_pb2 import (
    ExecutionTerminateRequest,
    WorkflowExecutionGetDataRequest,
    WorkflowExecutionGetRequest,
)
from flyteidl.admin.node_execution_pb2 import NodeExecutionListRequest
from flyteidl.core.execution_pb2 import NodeExecution as N
from flyteidl.core.execution_pb2 import TaskExecution as K
from flyteidl.core.execution_pb2 import WorkflowExecution as W
from flyteidl.service.admin_pb2_grpc import AdminServiceStub
from grpc.aio import Channel

from livedeck.admin.control_plane import DatabaseControlPlane
from tests.admin.conftest import Protos


async def test_an_execution_from_registration_to_its_end(
    channel: Channel, protos: Protos, control: DatabaseControlPlane
) -> None:
    admin = AdminServiceStub(channel)
    await admin.CreateTask(protos.task())
    await admin.CreateWorkflow(protos.chain())
    await admin.CreateLaunchPlan(protos.launch_plan())
    name = (await admin.CreateExecution(protos.execution(x=3))).id.name
    assert len(name) == 20
    assert name.startswith("a")

    [claim] = await control.claim("propeller", limit=10, ttl=30)
    assert claim.id.name == name
    assert claim.inputs == protos.literals(x=3)
    assert [node.id for node in claim.closure.primary.template.nodes] == ["start-node", "n0", "n1", "end-node"]
    assert claim.prefix.endswith(f"metadata/propeller/flytesnacks-development-{name}")

    await control.report(
        "propeller",
        [
            protos.workflow_event(name, W.RUNNING),
            protos.node_event(name, "n0", N.QUEUED),
            protos.node_event(name, "n0", N.RUNNING, deck_uri=f"{claim.prefix}/n0/data/0/deck.html"),
            protos.task_event(name, "n0", K.QUEUED),
            protos.task_event(name, "n0", K.RUNNING),
        ],
    )
    listed = await admin.ListNodeExecutions(
        NodeExecutionListRequest(workflow_execution_id=protos.execution_id(name), limit=10)
    )
    [node] = listed.node_executions
    assert node.closure.phase == N.RUNNING
    assert node.closure.deck_uri.endswith("deck.html")
    assert node.metadata.spec_node_id == "n0"

    await control.report(
        "propeller",
        [
            protos.task_event(name, "n0", K.SUCCEEDED),
            protos.node_event(name, "n0", N.SUCCEEDED),
            protos.workflow_event(name, W.SUCCEEDED, output_data=protos.literals(o0=12)),
        ],
    )
    execution = await admin.GetExecution(WorkflowExecutionGetRequest(id=protos.execution_id(name)))
    assert execution.closure.phase == W.SUCCEEDED
    assert execution.closure.duration.seconds > 0
    data = await admin.GetExecutionData(WorkflowExecutionGetDataRequest(id=protos.execution_id(name)))
    assert data.full_inputs == protos.literals(x=3)
    assert data.full_outputs == protos.literals(o0=12)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await admin.TerminateExecution(ExecutionTerminateRequest(id=protos.execution_id(name), cause="late"))
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await admin.CreateNodeEvent(NodeExecutionEventRequest(event=protos.node_event(name, "n0", N.RUNNING)))
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION


@pytest.mark.parametrize("quoted", ["x", "\n", "é", "你", "🙂"])
async def test_a_long_refusal_reaches_the_client(channel: Channel, quoted: Any) -> None:
    """It travels as metadata, of which clients take little, and where what is not ASCII is three times as long."""
    scope = NamedEntityIdentifier(project="flytesnacks", domain="development")
    request = ResourceListRequest(id=scope, limit=1, filters=quoted * 4000)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await AdminServiceStub(channel).ListExecutions(request)
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert refused.value.details().startswith("filter ")
    assert refused.value.details().endswith("...")
