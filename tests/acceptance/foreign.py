"""Starting tasks that are not livedeck's: any command that a task template holds."""

import sys
from pathlib import Path
from uuid import uuid4

from flyteidl.admin.task_pb2 import TaskCreateRequest, TaskSpec
from flyteidl.core import tasks_pb2
from flyteidl.core.identifier_pb2 import Identifier, ResourceType, WorkflowExecutionIdentifier
from flyteidl.core.literals_pb2 import LiteralMap
from google.protobuf.wrappers_pb2 import BoolValue

from livedeck.client import Client

PROGRAM = Path(__file__).parent / "programs" / "foreign.py"


def start_foreign(client: Client, address: str) -> WorkflowExecutionIdentifier:
    """Register and start programs/foreign.py, which calls the test at ``address``."""
    task = Identifier(
        resource_type=ResourceType.TASK,
        project=client.project,
        domain=client.domain,
        name="foreign",
        version=uuid4().hex,
    )
    template = tasks_pb2.TaskTemplate(
        id=task,
        type="raw-container",
        metadata=tasks_pb2.TaskMetadata(generates_deck=BoolValue(value=True)),
        container=tasks_pb2.Container(
            image="any", command=[sys.executable, str(PROGRAM)], args=["{{.outputPrefix}}", address]
        ),
    )
    client.register([TaskCreateRequest(id=task, spec=TaskSpec(template=template))])
    return client.create_execution(task, LiteralMap())
