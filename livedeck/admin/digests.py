"""Digests by which a second registration of one id is known to be the same, or another thing.

Clients emit some sets as lists in an order of their own, different from process to process, so those are sorted
before anything is digested. Map fields are serialised in order of their keys.
"""

import hashlib
from collections.abc import Iterable

from flyteidl.admin.launch_plan_pb2 import LaunchPlanSpec
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowSpec
from flyteidl.core.interface_pb2 import TypedInterface
from flyteidl.core.literals_pb2 import Binding
from flyteidl.core.workflow_pb2 import WorkflowTemplate
from google.protobuf.internal.containers import RepeatedCompositeFieldContainer
from google.protobuf.message import Message

from livedeck.admin.compiler.nodes import all_nodes


def digest_task(spec: TaskSpec) -> bytes:
    """Return the digest of a task: its template without the id and the words about it."""
    template = type(spec.template)()
    template.CopyFrom(spec.template)
    template.ClearField("id")
    _strip_descriptions(template.interface)
    return _digest([template])


def digest_workflow(spec: WorkflowSpec) -> bytes:
    """Return the digest of a workflow with its sub-workflows."""
    primary = _canonical(spec.template)
    primary.ClearField("id")
    subs = sorted((_canonical(template) for template in spec.sub_workflows), key=_serialize)
    return _digest([primary, *subs])


def digest_launch_plan(spec: LaunchPlanSpec) -> bytes:
    """Return the digest of a launch plan."""
    return _digest([spec])


def _canonical(template: WorkflowTemplate) -> WorkflowTemplate:
    result = WorkflowTemplate()
    result.CopyFrom(template)
    _strip_descriptions(result.interface)
    for node in all_nodes(result):
        node.upstream_node_ids.sort()
        _sort_bindings(node.inputs)
        node.output_aliases.sort(key=_serialize)
        if node.HasField("array_node"):
            node.array_node.bound_inputs.sort()
    _sort_bindings(result.outputs)
    nodes = sorted(result.nodes, key=lambda node: node.id)
    del result.nodes[:]
    result.nodes.extend(nodes)
    return result


def _sort_bindings(bindings: "RepeatedCompositeFieldContainer[Binding]") -> None:
    bindings.sort(key=lambda binding: binding.var)


def _strip_descriptions(interface: TypedInterface) -> None:
    """Docstrings are not structure: mending one does not make another workflow."""
    for variables in (interface.inputs.variables, interface.outputs.variables):
        for name in variables:
            variables[name].ClearField("description")


def _serialize(message: Message) -> bytes:
    return message.SerializeToString(deterministic=True)


def _digest(messages: Iterable[Message]) -> bytes:
    hasher = hashlib.sha256()
    for message in messages:
        data = _serialize(message)
        hasher.update(len(data).to_bytes(8, "big"))
        hasher.update(data)
    return hasher.digest()
