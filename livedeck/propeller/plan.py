"""What is to be run: a compiled workflow closure, read once into the few facts that decisions need.

``compiled_closure`` makes it. A plan never changes while its execution runs; a node whose own nodes are known only once
something has run (a dynamic task) brings the plan of its scope then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from flyteidl.core.literals_pb2 import Literal, LiteralMap
from flyteidl.core.tasks_pb2 import Resources, TaskMetadata, TaskTemplate
from flyteidl.core.types_pb2 import LiteralType
from flyteidl.core.workflow_pb2 import Node

from livedeck.literals.order import OrderNotes
from livedeck.propeller.gangs import Gang
from livedeck.propeller.scope_policy import ScopePolicy

if TYPE_CHECKING:
    from livedeck.propeller.node_handler import NodeHandler

START = "start-node"
"""Flyte's name for the node whose outputs are the workflow's inputs."""
END = "end-node"
"""Flyte's name for the node whose inputs are the workflow's outputs."""

Path = tuple[int, ...]
"""A node's index in the root scope, then in its parent's scope, and so on."""


def generates_deck(task: TaskMetadata) -> bool | None:
    """Tell whether a task's attempts have Decks; None: it does not say."""
    return task.generates_deck.value if task.HasField("generates_deck") else None


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """What attempts of a task run: the template with the node's overrides on top."""

    template: TaskTemplate
    retries: int = 0
    """How many recoverable user failures are followed by another attempt."""
    system_retries: int = 0
    """How many system failures are followed by another attempt."""
    timeout: timedelta | None = None
    """How long one attempt may run, from the start of its process; None: for ever."""
    cacheable: bool = False
    cache_version: str = ""
    serial: bool = False
    """Whether one node at a time computes the same outputs, and others wait for them (``cache_serialize``)."""
    interruptible: bool = False
    generates_deck: bool | None = False
    """None: the task does not say; it has a Deck if there is one, as in Flyte."""
    eager: bool = False
    """Whether it starts executions and waits for them."""
    resources: Resources = field(default_factory=Resources)
    accelerator: str = ""
    """The kind of GPU that it needs, by Flyte's name of it; empty: any."""
    gang: Gang | None = None
    """The processes that an attempt has; None: it is one."""


@dataclass(frozen=True, slots=True)
class NodePlan:
    """One node and its place among the others of its scope."""

    index: int
    id: str
    """As the workflow calls it (Flyte's ``spec_node_id``)."""
    node: Node
    handler: "NodeHandler"
    """What the node runs, and how."""
    waiting: int = 0
    """How many nodes are directly upstream."""
    dependents: tuple[int, ...] = ()
    """Indexes of the nodes directly downstream."""
    reported: bool = True
    """Whether it is shown in listings; the end node is not."""


@dataclass(frozen=True, slots=True)
class FailureNodePlan:
    """The node that runs once the others of its scope have failed, and whose own end changes nothing about that."""

    error_inputs: Mapping[str, LiteralType]
    """Inputs that are given what the scope has failed by, and their types."""


@dataclass(frozen=True, slots=True)
class Items:
    """What is true of nodes that are the items of one array node.

    As in Flyte an item that runs a task is no node of its own on record, but a resource of the one attempt that the
    array node has; it is given all of the array's inputs and takes its own out of the lists.
    """

    bound: frozenset[str] = frozenset()
    """Inputs that every item gets whole."""
    are_nodes: bool = False
    """Whether each is a node of its own on record after all, with inputs of its own."""
    limited: bool = True
    """Whether items count among the attempts of the execution that may run at once (``max_parallelism``)."""

    def mapped(self, inputs: Mapping[str, Literal]) -> dict[str, int]:
        """Return the inputs of which each item gets one member, with the number of those."""
        return {
            name: len(literal.collection.literals)
            for name, literal in inputs.items()
            if name not in self.bound and literal.HasField("collection")
        }

    def inputs_of(self, index: int, inputs: LiteralMap) -> LiteralMap:
        """Return the inputs of one item, given the array's."""
        mapped = self.mapped(inputs.literals)
        return LiteralMap(
            literals={
                name: literal.collection.literals[index] if name in mapped else literal
                for name, literal in inputs.literals.items()
            }
        )


@dataclass(frozen=True, slots=True)
class ScopePlan:
    """Nodes that belong together: a workflow's, or all that one node holds."""

    nodes: Sequence[NodePlan]
    index: Mapping[str, int]
    """From node id to its index in ``nodes``."""
    policy: ScopePolicy
    """When the scope has failed or succeeded."""
    failure_node: FailureNodePlan | None = None
    """The last of the nodes, if it is one that runs only when the others have failed."""
    order_notes: OrderNotes = field(default_factory=dict)
    """What the workflow notes about the order of keys in dicts that its nodes bind."""
    items: Items | None = None
    """Set if the nodes are the items of the array node that holds the scope."""

    @property
    def required(self) -> int:
        """How many of the nodes have to be over and well before the scope is: all but the failure node."""
        return len(self.nodes) - (self.failure_node is not None)
