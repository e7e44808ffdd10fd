"""Compiles what a dynamic task has left to be run in its place, by the rules of registered workflows."""

from collections.abc import Iterable, Mapping
from typing import Final

from flyteidl.admin.workflow_pb2 import WorkflowSpec
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.dynamic_job_pb2 import DynamicJobSpec
from flyteidl.core.identifier_pb2 import Identifier, NodeExecutionIdentifier, ResourceType
from flyteidl.core.interface_pb2 import TypedInterface, VariableMap
from flyteidl.core.tasks_pb2 import TaskTemplate
from flyteidl.core.workflow_pb2 import WorkflowMetadata, WorkflowTemplate

from livedeck.admin.compiler.nodes import Key, key_of
from livedeck.admin.compiler.types import check_interface
from livedeck.admin.compiler.workflow import Library, compile_workflow, referenced
from livedeck.admin.names import check_identifier, describe
from livedeck.admin.records.shown import check_shown
from livedeck.errors import InvalidRequest
from livedeck.literals.order import tag_beside

_NAME: Final = "dynamic_{}"
"""Flyte's name of such a workflow, given its node."""


def workflow_spec(
    node: NodeExecutionIdentifier, attempt: int, spec: DynamicJobSpec, outputs: VariableMap
) -> WorkflowSpec:
    """Return the workflow that a dynamic task's nodes make up: without inputs, for what the task knew is bound already.

    Args:
        node: The task's node.
        attempt: Which of its attempts left them.
        spec: What it left.
        outputs: The task's own, which are the workflow's.
    """
    execution = node.execution_id
    identifier = Identifier(
        resource_type=ResourceType.WORKFLOW,
        project=execution.project,
        domain=execution.domain,
        name=_NAME.format(node.node_id),
        version=f"{execution.name}-{attempt}",
    )
    template = WorkflowTemplate(
        id=identifier,
        metadata=WorkflowMetadata(tags=tag_beside(spec.nodes)),
        interface=TypedInterface(outputs=outputs),
        nodes=spec.nodes,
        outputs=spec.outputs,
    )
    return WorkflowSpec(template=template, sub_workflows=spec.subworkflows)


def brought_tasks(spec: DynamicJobSpec) -> dict[Key, TaskTemplate]:
    """Return the tasks that come with the nodes.

    Raises:
        InvalidRequest: One has an id that is not allowed, two have the same, or JSON cannot show one.
    """
    tasks: dict[Key, TaskTemplate] = {}
    for template in spec.tasks:
        what = f"task {describe(check_identifier(template.id))}"
        if tasks.setdefault(key_of(template.id), template) != template:
            raise InvalidRequest(f"{what} is given twice, and differently")
        check_shown(what, template)
        check_interface(what, template.interface)
    return tasks


def referenced_elsewhere(spec: WorkflowSpec, kind: ResourceType, brought: Iterable[Key] = ()) -> list[Identifier]:
    """Return the ids of the tasks or launch plans that the nodes run and did not bring.

    Raises:
        InvalidRequest: One is not allowed.
    """
    known = set(brought)
    return [check_identifier(each) for each in referenced(spec, kind) if key_of(each) not in known]


def compile_dynamic(
    spec: WorkflowSpec, brought: Mapping[Key, TaskTemplate], library: Library
) -> CompiledWorkflowClosure:
    """Check the nodes and return their closure.

    Args:
        spec: Of `workflow_spec`.
        brought: Of `brought_tasks`.
        library: Everything of `referenced_elsewhere`.

    Raises:
        InvalidRequest: The nodes are cyclic, refer to what does not exist, or bind what does not fit.
    """
    check_shown("what it left", spec)
    for template in spec.sub_workflows:
        check_interface(f"sub-workflow {describe(check_identifier(template.id))}", template.interface)
    used = {key_of(each) for each in referenced(spec, ResourceType.TASK)}
    tasks = {**library.tasks, **{key: template for key, template in brought.items() if key in used}}
    return compile_workflow(spec.template.id, spec, Library(tasks, library.launch_plans, library.optional))
