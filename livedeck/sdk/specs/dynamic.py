"""What a dynamic task wants to be run in its place as Flyte's ``DynamicJobSpec``."""

from typing import Any

from flyteidl.core.dynamic_job_pb2 import DynamicJobSpec

from livedeck.literals.order import OrderNotes, note_beside
from livedeck.sdk.dynamic import DynamicTask
from livedeck.sdk.map_tasks import MapTask
from livedeck.sdk.specs.bindings import compile_bound
from livedeck.sdk.specs.nodes import compile_node
from livedeck.sdk.specs.settings import CompileSettings
from livedeck.sdk.specs.tasks import task_spec
from livedeck.sdk.specs.workflows import callees_of, workflow_template
from livedeck.sdk.tasks import Task
from livedeck.sdk.tracing import Traced
from livedeck.sdk.types import Location
from livedeck.sdk.workflows import Workflow


def dynamic_job_spec(task: DynamicTask[..., Any], traced: Traced, settings: CompileSettings) -> DynamicJobSpec:
    """Compile what a dynamic task has called, with the templates of all that it takes to run it.

    Args:
        task: the task.
        traced: what it has called: one node at least.
        settings: those that the task was registered with.

    Raises:
        InvalidName: two different entities have the same name.
        TypeMismatch: a value does not fit where it is given.
        UserError: a task cannot be found by its module and name.
    """
    callees = callees_of(traced)
    orders: OrderNotes = {}
    nodes = [compile_node(node, settings, orders, interruptible=task.options.interruptible) for node in traced.nodes]
    outputs = [
        compile_bound(name, each, Location(task.name, name, "output"), settings.data, orders)
        for name, each in traced.outputs.items()
    ]
    spec = DynamicJobSpec(
        min_successes=len(nodes),
        tasks=[task_spec(each, settings).template for each in callees if isinstance(each, Task | MapTask)],
        nodes=nodes,
        outputs=outputs,
        subworkflows=[workflow_template(each, settings) for each in callees if isinstance(each, Workflow)],
    )
    note_beside(spec.nodes, orders)
    return spec
