"""From a compiled workflow closure to a plan, or to words that say why it cannot be run."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.identifier_pb2 import Identifier
from flyteidl.core.interface_pb2 import TypedInterface
from flyteidl.core.literals_pb2 import Binding, BindingData
from flyteidl.core.tasks_pb2 import TaskTemplate
from flyteidl.core.workflow_pb2 import LaunchPlanTemplate, Node, WorkflowMetadata, WorkflowTemplate

from livedeck.errors import InvalidWorkflow
from livedeck.literals.order import notes_of
from livedeck.propeller.error_inputs import error_type
from livedeck.propeller.node_handler import NodeHandler
from livedeck.propeller.plan import END, START, FailureNodePlan, NodePlan, ScopePlan
from livedeck.propeller.scope_policy import WorkflowPolicy

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_Key = tuple[int, str, str, str, str]

MOST_LEVELS = 100
"""How deep nodes may lie in each other: sub-workflows, conditionals and dynamic tasks are a level each.

What a step of the machine and a recovery do to a node they do to those in it, each some frames of Python's stack.
"""


class Planner:
    """Plans the workflows of one closure.

    Args:
        closure: what was registered.
        kinds: the kinds of nodes, in the order in which they are asked whether a node is theirs.
        system_retries: how many system failures of one node are followed by another attempt.
        timeout: how long attempts may run whose task states no timeout; None: for ever.
    """

    def __init__(
        self,
        closure: CompiledWorkflowClosure,
        kinds: Sequence[type[NodeHandler]],
        *,
        system_retries: int,
        timeout: timedelta | None = None,
    ) -> None:
        self.system_retries = system_retries
        self.timeout = timeout
        self._kinds = kinds
        self._primary = closure.primary.template
        self._workflows = {_key(sub.template.id): sub.template for sub in closure.sub_workflows}
        self._tasks = {_key(task.template.id): task.template for task in closure.tasks}
        self._launch_plans = {_key(plan.template.id): plan.template for plan in closure.launch_plans}
        self._done: dict[_Key, ScopePlan] = {}
        self._levels: dict[_Key, int] = {}

    @property
    def nodes(self) -> int:
        """How many nodes the closure has in all of its workflows, failure nodes aside."""
        return len(self._primary.nodes) + sum(len(template.nodes) for template in self._workflows.values())

    def plan(self) -> ScopePlan:
        """Plan the closure's primary workflow and all that it holds.

        Raises:
            InvalidWorkflow: the closure is malformed: a cycle, a reference to nothing, a forbidden node id,
                nodes that lie deeper in each other than ``MOST_LEVELS``.
            UnsupportedOption: it needs something that this engine cannot do.
        """
        # The innermost first and without recursion: each level of it would take a dozen of Python's stack.
        doing: dict[_Key, Iterator[Identifier]] = {}
        waiting: list[WorkflowTemplate] = [self._primary]
        while waiting:
            template = waiting[-1]
            key = _key(template.id)
            inner = doing.setdefault(key, _sub_workflows(template))
            identifier = next((each for each in inner if _key(each) not in self._done), None)
            if identifier is None:
                self._levels[key] = self._levels_of(template)
                self._done[key] = self._scope(template)
                del doing[key]
                waiting.pop()
            elif _key(identifier) in doing:
                raise InvalidWorkflow(f"workflow {_name(identifier)} contains itself")
            else:
                waiting.append(self._template(identifier))
        return self._done[_key(self._primary.id)]

    @property
    def levels(self) -> int:
        """How deep the nodes of the primary workflow lie in each other, once it is planned: 1 if none holds others."""
        return self._levels[_key(self._primary.id)]

    def task(self, id: Identifier) -> TaskTemplate:
        """The task template that a node names.

        Raises:
            InvalidWorkflow: the closure does not hold it.
        """
        try:
            return self._tasks[_key(id)]
        except KeyError:
            raise InvalidWorkflow(f"the closure does not hold task {_name(id)}; register it again") from None

    def launch_plan(self, id: Identifier) -> LaunchPlanTemplate:
        """The launch plan that a node names.

        Raises:
            InvalidWorkflow: the closure does not hold it.
        """
        try:
            return self._launch_plans[_key(id)]
        except KeyError:
            raise InvalidWorkflow(f"the closure does not hold launch plan {_name(id)}; register it again") from None

    def sub_workflow(self, id: Identifier) -> ScopePlan:
        """The plan of the sub-workflow that a node names; it is made before those of the workflows that hold it."""
        return self._done[_key(id)]

    def handler(self, node: Node, *, after: type[NodeHandler] | None = None) -> NodeHandler:
        """Plan one node, for a scope or for another node that holds it.

        Args:
            node: the node.
            after: ask only the kinds that stand after this one: how a kind that wraps others finds what it wraps.

        Raises:
            InvalidWorkflow: the node is malformed.
            UnsupportedOption: it is of a kind that cannot be run, or asks for something that cannot be done.
        """
        kinds = self._kinds if after is None else self._kinds[self._kinds.index(after) + 1 :]
        for kind in kinds:
            if kind.matches(node):
                return kind.plan(node, self)
        raise InvalidWorkflow(f"node {node.id!r} has nothing to run ({_target(node) or 'no target'})")

    def _levels_of(self, template: WorkflowTemplate) -> int:
        levels = max((depth + self._levels_in(node) for depth, node in _all_nodes(template)), default=1)
        if levels > MOST_LEVELS:
            raise InvalidWorkflow(
                f"workflow {_name(template.id)} has nodes that lie {levels} levels deep in each other, and "
                f"{MOST_LEVELS} are the most: call fewer workflows within workflows"
            )
        return levels

    def _levels_in(self, node: Node) -> int:
        return self._levels[_key(node.workflow_node.sub_workflow_ref)] if _runs_workflow(node) else 0

    def _scope(self, template: WorkflowTemplate) -> ScopePlan:
        nodes, failure_node = self._nodes(template), None
        if template.HasField("failure_node"):
            last, failure_node = self._failure_node(template.failure_node, len(nodes))
            nodes = (*nodes, last)
        return ScopePlan(
            nodes=nodes,
            index={node.id: node.index for node in nodes},
            failure_node=failure_node,
            policy=WorkflowPolicy(template.metadata.on_failure == WorkflowMetadata.FAIL_IMMEDIATELY),
            order_notes=notes_of(template),
        )

    def _template(self, id: Identifier) -> WorkflowTemplate:
        try:
            return self._workflows[_key(id)]
        except KeyError:
            raise InvalidWorkflow(f"the closure does not hold workflow {_name(id)}; register it again") from None

    def _failure_node(self, node: Node, index: int) -> tuple[NodePlan, FailureNodePlan]:
        """Plan a failure node: nothing is upstream of it, and yet it does not begin by itself."""
        if any(above not in ("", START) for above in (*node.upstream_node_ids, *_promised(node.inputs))):
            raise InvalidWorkflow(
                f"failure node {node.id!r} depends on other nodes; only the workflow's inputs are there"
            )
        handler = self.handler(node)
        interface = self.interface(node)
        given = {each.var for each in node.inputs if each.binding.HasField("promise")}  # other bindings are defaults
        errors = {
            name: variable.type
            for name, variable in interface.inputs.variables.items()
            if name not in given and error_type(variable.type) is not None
        }
        return NodePlan(index, node.id, node, handler, waiting=1), FailureNodePlan(errors)

    def interface(self, node: Node) -> TypedInterface:
        """What the task, launch plan or workflow takes and gives that a node runs.

        Raises:
            InvalidWorkflow: the closure does not hold it.
        """
        if node.HasField("task_node"):
            return self.task(node.task_node.reference_id).interface
        if node.workflow_node.HasField("launchplan_ref"):
            return self.launch_plan(node.workflow_node.launchplan_ref).interface
        return self._template(node.workflow_node.sub_workflow_ref).interface

    def _nodes(self, template: WorkflowTemplate) -> tuple[NodePlan, ...]:
        nodes = _with_ends(template)
        upstream = _upstream(nodes)
        _refuse_cycles(nodes, upstream)
        dependents: list[list[int]] = [[] for _ in nodes]
        for index, above in enumerate(upstream):
            for each in above:
                dependents[each].append(index)
        return tuple(
            NodePlan(
                index=index,
                id=node.id,
                node=node,
                handler=self.handler(node),
                waiting=len(upstream[index]),
                dependents=tuple(dependents[index]),
                reported=node.id != END,
            )
            for index, node in enumerate(nodes)
        )


def _all_nodes(template: WorkflowTemplate) -> Iterator[tuple[int, Node]]:
    """All nodes of a template, those within conditionals and maps too, and how deep each lies: from 1 on."""
    waiting = [(1, node) for node in template.nodes]
    if template.HasField("failure_node"):
        waiting.append((1, template.failure_node))
    while waiting:
        depth, node = waiting.pop()
        yield depth, node
        if node.HasField("branch_node"):
            block = node.branch_node.if_else
            ways = [block.case.then_node, *(other.then_node for other in block.other), block.else_node]
            waiting.extend((depth + 1, way) for way in ways)
        elif node.HasField("array_node"):
            waiting.append((depth + 1, node.array_node.node))


def _runs_workflow(node: Node) -> bool:
    return node.workflow_node.HasField("sub_workflow_ref")


def _sub_workflows(template: WorkflowTemplate) -> Iterator[Identifier]:
    return (node.workflow_node.sub_workflow_ref for _, node in _all_nodes(template) if _runs_workflow(node))


def _key(id: Identifier) -> _Key:
    return (id.resource_type, id.project, id.domain, id.name, id.version)


def _name(id: Identifier) -> str:
    return f"{id.name!r} version {id.version!r}"


def _target(node: Node) -> str:
    """The field that holds what the node runs."""
    target = node.WhichOneof("target") or ""
    return node.workflow_node.WhichOneof("reference") or target if target == "workflow_node" else target


def _with_ends(template: WorkflowTemplate) -> Sequence[Node]:
    """The nodes with the start node first and the end node last, whether or not the compiler put them in."""
    inner = [node for node in template.nodes if node.id not in (START, END)]
    checked = [*inner, template.failure_node] if template.HasField("failure_node") else inner
    for node in checked:
        if not _ID.fullmatch(node.id):
            raise InvalidWorkflow(f"{node.id!r} cannot be a node's id: use letters, digits, '.', '_' and '-'")
    if len({node.id for node in checked}) < len(checked):
        raise InvalidWorkflow(f"workflow {_name(template.id)} has two nodes with the same id")
    return [Node(id=START), *inner, Node(id=END, inputs=template.outputs)]


def _upstream(nodes: Sequence[Node]) -> list[set[int]]:
    """For each node the indexes of those directly upstream. The end node waits for all, the roots for the start."""
    index = {node.id: at for at, node in enumerate(nodes)}
    found: list[set[int]] = [set()]
    for node in nodes[1:]:
        names = {*node.upstream_node_ids, *_promised(node.inputs)}
        missing = [name for name in names if name and name not in index]
        if missing:
            raise InvalidWorkflow(f"node {node.id!r} depends on {sorted(missing)}, which the workflow does not have")
        found.append({index[name] for name in names - {""}} or {0})
    found[-1].update(range(len(nodes) - 1))
    return found


def _promised(bindings: Sequence[Binding]) -> Iterator[str]:
    stack: list[BindingData] = [binding.binding for binding in bindings]
    while stack:
        data = stack.pop()
        match data.WhichOneof("value"):
            case "promise":
                yield data.promise.node_id
            case "collection":
                stack.extend(data.collection.bindings)
            case "map":
                stack.extend(data.map.bindings.values())
            case _:
                pass


def _refuse_cycles(nodes: Sequence[Node], upstream: Sequence[set[int]]) -> None:
    waiting = [len(above) for above in upstream]
    below: list[list[int]] = [[] for _ in nodes]
    for at, above in enumerate(upstream):
        for each in above:
            below[each].append(at)
    ready = [0]
    done = 0
    while ready:
        done += 1
        for each in below[ready.pop()]:
            waiting[each] -= 1
            if not waiting[each]:
                ready.append(each)
    if done < len(nodes):
        stuck = [node.id for node, left in zip(nodes, waiting, strict=True) if left and node.id != END]
        raise InvalidWorkflow(f"these nodes wait for each other, in a circle: {', '.join(stuck)}")
