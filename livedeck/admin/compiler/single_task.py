"""The workflow that admin makes up to run a task on its own."""

from typing import Final

from flyteidl.admin.launch_plan_pb2 import LaunchPlanSpec
from flyteidl.admin.workflow_pb2 import WorkflowSpec
from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from flyteidl.core.literals_pb2 import Binding, BindingData
from flyteidl.core.tasks_pb2 import TaskTemplate
from flyteidl.core.types_pb2 import OutputReference
from flyteidl.core.workflow_pb2 import Node, NodeMetadata, TaskNode, WorkflowMetadata, WorkflowTemplate

from livedeck.admin.compiler.nodes import START

PREFIX: Final = ".flytegen."
"""Names of what the server makes begin so; lists leave them out."""

NODE: Final = "n0"
"""The one node of such a workflow."""


def generated_id(task: Identifier, kind: ResourceType) -> Identifier:
    """Return the id of the workflow or launch plan made for a task."""
    return Identifier(
        resource_type=kind, project=task.project, domain=task.domain, name=f"{PREFIX}{task.name}", version=task.version
    )


def workflow_spec(task: TaskTemplate) -> WorkflowSpec:
    """Return a workflow whose inputs and outputs are those of its one task."""
    interface = task.interface
    node = Node(
        id=NODE,
        metadata=NodeMetadata(name=task.id.name, retries=task.metadata.retries),
        inputs=[_bind(name, START) for name in sorted(interface.inputs.variables)],
        task_node=TaskNode(reference_id=task.id),
    )
    template = WorkflowTemplate(
        id=generated_id(task.id, ResourceType.WORKFLOW),
        metadata=WorkflowMetadata(),
        interface=interface,
        nodes=[node],
        outputs=[_bind(name, NODE) for name in sorted(interface.outputs.variables)],
    )
    return WorkflowSpec(template=template)


def launch_plan_spec(task: Identifier) -> LaunchPlanSpec:
    """Return the launch plan that runs that workflow: nothing has a default, nothing is fixed."""
    return LaunchPlanSpec(workflow_id=generated_id(task, ResourceType.WORKFLOW))


def _bind(name: str, node: str) -> Binding:
    return Binding(var=name, binding=BindingData(promise=OutputReference(node_id=node, var=name)))
