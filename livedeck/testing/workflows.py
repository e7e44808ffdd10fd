"""Compiled workflow closures in a few lines, for tests of what runs them.

>>> closure = workflow(task("n0", outputs="o0"), task("n1", x=promise("n0", "o0")))
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flyteidl.core.compiler_pb2 import CompiledLaunchPlan, CompiledTask, CompiledWorkflow, CompiledWorkflowClosure
from flyteidl.core.condition_pb2 import BooleanExpression, ComparisonExpression, Operand
from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from flyteidl.core.interface_pb2 import TypedInterface, Variable, VariableMap
from flyteidl.core.literals_pb2 import (
    Binding,
    BindingData,
    BindingDataCollection,
    BindingDataMap,
    Literal,
    RetryStrategy,
)
from flyteidl.core.tasks_pb2 import Container, TaskMetadata, TaskTemplate
from flyteidl.core.types_pb2 import Error, LiteralType, OutputReference, PromiseAttribute, SimpleType
from flyteidl.core.workflow_pb2 import (
    ApproveCondition,
    ArrayNode,
    BranchNode,
    GateNode,
    IfBlock,
    IfElseBlock,
    LaunchPlanTemplate,
    Node,
    NodeMetadata,
    SignalCondition,
    SleepCondition,
    TaskNode,
    WorkflowMetadata,
    WorkflowNode,
    WorkflowTemplate,
)
from google.protobuf.duration_pb2 import Duration

from livedeck.testing.executors import literal

ARGS = ("run", "{{.input}}", "{{.outputPrefix}}")
ANY = LiteralType(simple=SimpleType.INTEGER)


def promise(node: str, var: str, *path: str | int) -> BindingData:
    """Return a reference to the output ``var`` of ``node``, or to what lies in it under a ``path`` of keys."""
    steps = [
        PromiseAttribute(int_value=step) if isinstance(step, int) else PromiseAttribute(string_value=step)
        for step in path
    ]
    return BindingData(promise=OutputReference(node_id=node, var=var, attr_path=steps))


def binding(value: Any) -> BindingData:
    """Return the binding of ``value``: a promise, a literal, a plain Python value, or a list or dict of such."""
    match value:
        case BindingData():
            return value
        case Literal():
            return BindingData(scalar=value.scalar)
        case list():
            return BindingData(collection=BindingDataCollection(bindings=[binding(item) for item in value]))
        case dict():
            return BindingData(map=BindingDataMap(bindings={key: binding(item) for key, item in value.items()}))
        case _:
            return BindingData(scalar=literal(value).scalar)


def _bindings(values: Mapping[str, Any]) -> list[Binding]:
    return [Binding(var=var, binding=binding(value)) for var, value in values.items()]


def _variables(names: Sequence[str]) -> VariableMap:
    return VariableMap(variables={name: Variable(type=ANY) for name in names})


def template(
    name: str,
    *,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    args: Sequence[str] = ARGS,
    version: str = "v1",
    retries: int = 0,
    timeout: timedelta | None = None,
    deck: bool | None = False,
    cache_version: str = "",
    cache_serialize: bool = False,
    eager: bool = False,
) -> TaskTemplate:
    """Return the template of a task that runs a container command.

    Args:
        name: The task's.
        inputs: Names of its inputs, which are integers.
        outputs: Names of its outputs, which are integers.
        args: The command, with Flyte's template variables.
        version: The task's.
        retries: How often a failure of the user's is tried again.
        timeout: How long an attempt may run.
        deck: Whether the task has a Deck; None: it does not say.
        cache_version: Version of its cached outputs; empty if they are not cached.
        cache_serialize: Whether one node at a time computes the same outputs, for which others wait.
        eager: Whether it starts executions and waits for them.
    """
    made = TaskTemplate(
        id=Identifier(
            resource_type=ResourceType.TASK,
            project="flytesnacks",
            domain="development",
            name=name,
            version=version,
        ),
        type="python-task",
        interface=TypedInterface(inputs=_variables(inputs), outputs=_variables(outputs)),
        metadata=TaskMetadata(
            retries=RetryStrategy(retries=retries),
            discoverable=bool(cache_version),
            discovery_version=cache_version,
            cache_serializable=cache_serialize,
            is_eager=eager,
        ),
        container=Container(image="livedeck", args=args),
    )
    if deck is not None:
        made.metadata.generates_deck.value = deck
    if timeout is not None:
        made.metadata.timeout.CopyFrom(_duration(timeout))
    return made


def _duration(delta: timedelta) -> Duration:
    duration = Duration()
    duration.FromTimedelta(delta)
    return duration


class Part:
    """A node and the templates that it needs.

    Args:
        node: The node.
        task: The template of the task that it runs.
        own: Whether that was made for this node alone.
        subs: The workflows that it runs.
        launch_plan: The launch plan that it starts.
    """

    def __init__(
        self,
        node: Node,
        *,
        task: TaskTemplate | None = None,
        own: bool = False,
        subs: Sequence[CompiledWorkflowClosure] = (),
        launch_plan: LaunchPlanTemplate | None = None,
    ) -> None:
        self.node = node
        self.task = task
        self.own = own
        self.subs = subs
        self.launch_plan = launch_plan

    def belong(self, workflow: str) -> None:
        """Name a task that was made for this node after ``workflow`` too: node ids repeat in sub-workflows."""
        if self.task is not None and self.own:
            self.task.id.name = f"{workflow}.{self.node.id}"
            self.node.task_node.reference_id.CopyFrom(self.task.id)

    def after(self, *ids: str) -> "Part":
        """Have the node wait for those with these ``ids``; return the part itself."""
        self.node.upstream_node_ids.extend(ids)
        return self

    def named(self, metadata: NodeMetadata) -> "Part":
        """Override what the task states by a node's ``metadata``; return the part itself."""
        self.node.metadata.CopyFrom(metadata)
        return self


def task(
    id: str,
    of: TaskTemplate | None = None,
    /,
    *,
    outputs: str = "",
    options: Mapping[str, Any] | None = None,
    **inputs: Any,
) -> Part:
    """Return a node that runs a task: ``of``, or one made for it with ``options`` (see ``template``).

    Args:
        id: The node's.
        of: The task.
        outputs: Names of the outputs, with spaces between.
        options: For the task's template.
        inputs: What its inputs are bound to.
    """
    made = of or template(id, inputs=list(inputs), outputs=outputs.split(), **(options or {}))
    node = Node(id=id, inputs=_bindings(inputs), task_node=TaskNode(reference_id=made.id))
    return Part(node, task=made, own=of is None)


def sub_workflow(id: str, of: CompiledWorkflowClosure, /, **inputs: Any) -> Part:
    """Return a node that runs another workflow.

    Args:
        id: The node's.
        of: The workflow.
        inputs: What its inputs are bound to.
    """
    reference = WorkflowNode(sub_workflow_ref=of.primary.template.id)
    return Part(Node(id=id, inputs=_bindings(inputs), workflow_node=reference), subs=[of])


def launch(id: str, of: CompiledWorkflowClosure, /, **inputs: Any) -> Part:
    """Return a node that starts the launch plan of a workflow, which has its name.

    Args:
        id: The node's.
        of: The workflow.
        inputs: What its inputs are bound to.
    """
    workflow_id = of.primary.template.id
    plan = LaunchPlanTemplate(
        id=Identifier(
            resource_type=ResourceType.LAUNCH_PLAN,
            project=workflow_id.project,
            domain=workflow_id.domain,
            name=workflow_id.name,
            version=workflow_id.version,
        ),
        interface=of.primary.template.interface,
    )
    node = Node(id=id, inputs=_bindings(inputs), workflow_node=WorkflowNode(launchplan_ref=plan.id))
    return Part(node, launch_plan=plan)


def mapped(id: str, of: Part, /, *, minimum: int | None = None, parallelism: int = 0, **inputs: Any) -> Part:
    """Return a node that maps over lists.

    Args:
        id: The node's.
        of: What each item runs.
        minimum: How many items have to succeed.
        parallelism: How many items may be at work at once; 0: any number.
        inputs: The lists.
    """
    array = ArrayNode(node=of.node, min_successes=minimum, parallelism=parallelism)
    node = Node(id=id, inputs=_bindings(inputs), array_node=array)
    return Part(node, task=of.task, own=False, launch_plan=of.launch_plan)


def equals(var: str, value: Any) -> BooleanExpression:
    """Return the condition that the branch's input ``var`` is ``value``."""
    return BooleanExpression(
        comparison=ComparisonExpression(
            operator=ComparisonExpression.EQ,
            left_value=Operand(var=var),
            right_value=Operand(primitive=literal(value).scalar.primitive),
        )
    )


def approval(id: str, signal: str, /, timeout: timedelta | None = None, **inputs: Any) -> Part:
    """Return a node that waits for somebody to approve of its input, which it gives.

    Args:
        id: The node's.
        signal: What the approval is called.
        timeout: How long it may take.
        inputs: The input, of one name.
    """
    node = Node(id=id, inputs=_bindings(inputs), gate_node=GateNode(approve=ApproveCondition(signal_id=signal)))
    return _within(node, timeout)


def asked_for(id: str, signal: str, /, output: str = "o0", timeout: timedelta | None = None) -> Part:
    """Return a node that waits for somebody to give an integer.

    Args:
        id: The node's.
        signal: What the value is called.
        output: The name of the node's output.
        timeout: How long it may take.
    """
    condition = SignalCondition(signal_id=signal, type=ANY, output_variable_name=output)
    return _within(Node(id=id, gate_node=GateNode(signal=condition)), timeout)


def sleep(id: str, duration: timedelta, /) -> Part:
    """Return a node, ``id``, that waits for a ``duration``."""
    return Part(Node(id=id, gate_node=GateNode(sleep=SleepCondition(duration=_duration(duration)))))


def _within(node: Node, timeout: timedelta | None) -> Part:
    if timeout is not None:
        node.metadata.timeout.CopyFrom(_duration(timeout))
    return Part(node)


class Branch(Part):
    """A node that runs one of several. As after compiling, each of those is called ``<branch>-<its own id>``.

    Args:
        node: The node, without what it may run.
        cases: Conditions, and the node that is run if it is the first that holds.
        otherwise: What is run if none does, or what the branch fails with.
    """

    def __init__(
        self, node: Node, cases: Sequence[tuple[BooleanExpression, Part]], otherwise: Part | str | None
    ) -> None:
        super().__init__(node)
        self._cases = cases
        self._otherwise = otherwise

    def belong(self, workflow_name: str) -> None:
        """Name the tasks of the ways after ``workflow_name`` and the branch too."""
        ways = [part for _, part in self._cases]
        if isinstance(self._otherwise, Part):
            ways.append(self._otherwise)
        self.subs = [workflow(*ways, name=f"{workflow_name}.{self.node.id}")]  # brings their tasks into the closure
        blocks = [IfBlock(condition=condition, then_node=self._way(part)) for condition, part in self._cases]
        block = IfElseBlock(case=blocks[0], other=blocks[1:])
        if isinstance(self._otherwise, Part):
            block.else_node.CopyFrom(self._way(self._otherwise))
        elif self._otherwise is not None:
            block.error.CopyFrom(Error(failed_node_id=self.node.id, message=self._otherwise))
        self.node.branch_node.CopyFrom(BranchNode(if_else=block))

    def _way(self, part: Part) -> Node:
        node = Node()
        node.CopyFrom(part.node)
        _put_under(node, self.node.id)
        return node


def branch(
    id: str, /, *cases: tuple[BooleanExpression, Part], otherwise: Part | str | None = None, **inputs: Any
) -> Branch:
    """Return a node that runs one of several nodes.

    Args:
        id: The node's.
        cases: Conditions, and the node that is run if it is the first that holds.
        otherwise: What is run if none does, or what the branch fails with.
        inputs: What the conditions look at.
    """
    return Branch(Node(id=id, inputs=_bindings(inputs), branch_node=BranchNode()), cases, otherwise)


def _put_under(node: Node, branch: str) -> None:
    node.id = f"{branch}-{node.id}"
    if node.HasField("branch_node"):
        block = node.branch_node.if_else
        inside = [case.then_node for case in (block.case, *block.other)]
        for each in [*inside, block.else_node] if block.HasField("else_node") else inside:
            _put_under(each, branch)


def workflow(
    *parts: Part,
    name: str = "wf",
    inputs: Sequence[str] = (),
    outputs: Mapping[str, Any] | None = None,
    fail_immediately: bool = True,
    on_failure: Part | None = None,
) -> CompiledWorkflowClosure:
    """Return a compiled workflow.

    Args:
        parts: Its nodes.
        name: Its name.
        inputs: Names of its inputs, which are integers.
        outputs: What its outputs are bound to.
        fail_immediately: Its failure policy; False: nodes that can still run do so after a failure.
        on_failure: The node that runs when it has failed.
    """
    nodes, parts = parts, parts if on_failure is None else (*parts, on_failure)
    policy = (
        WorkflowMetadata.FAIL_IMMEDIATELY if fail_immediately else WorkflowMetadata.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE
    )
    for part in parts:
        part.belong(name)
    made = WorkflowTemplate(
        id=Identifier(
            resource_type=ResourceType.WORKFLOW,
            project="flytesnacks",
            domain="development",
            name=name,
            version="v1",
        ),
        metadata=WorkflowMetadata(on_failure=policy),
        interface=TypedInterface(inputs=_variables(inputs), outputs=_variables(list(outputs or {}))),
        nodes=[part.node for part in nodes],
        failure_node=None if on_failure is None else on_failure.node,
        outputs=_bindings(outputs or {}),
    )
    tasks = {part.task.id.name: CompiledTask(template=part.task) for part in parts if part.task}
    subs: dict[str, CompiledWorkflow] = {}
    for closure in (sub for part in parts for sub in part.subs):
        tasks.update({each.template.id.name: each for each in closure.tasks})
        for sub in (closure.primary, *closure.sub_workflows):
            subs[sub.template.id.name] = sub
    plans = {
        part.launch_plan.id.name: CompiledLaunchPlan(template=part.launch_plan) for part in parts if part.launch_plan
    }
    for closure in (sub for part in parts for sub in part.subs):
        plans.update({each.template.id.name: each for each in closure.launch_plans})
    return CompiledWorkflowClosure(
        primary=CompiledWorkflow(template=made),
        sub_workflows=list(subs.values()),
        tasks=list(tasks.values()),
        launch_plans=list(plans.values()),
    )
