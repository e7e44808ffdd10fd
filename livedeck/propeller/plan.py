"""What is to be run: a compiled workflow closure, read once into the few facts that decisions need.

``planner`` makes it. A plan never changes while its execution runs, except that a node whose children are known only
later (a dynamic task) brings the plan of its own scope then.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flyteidl.core.identifier_pb2 import Identifier
from flyteidl.core.tasks_pb2 import Resources, TaskTemplate
from flyteidl.core.workflow_pb2 import Node, WorkflowTemplate

START = "start-node"
"""Flyte's name for the node whose outputs are the workflow's inputs."""
END = "end-node"
"""Flyte's name for the node whose inputs are the workflow's outputs."""


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """What a task node runs: the template with the node's overrides on top."""

    template: TaskTemplate
    retries: int = 0
    """How many recoverable user failures are followed by another attempt."""
    system_retries: int = 0
    """How many system failures are followed by another attempt."""
    timeout: timedelta | None = None
    """How long one attempt may run, from the start of its process; None: for ever."""
    cacheable: bool = False
    cache_version: str = ""
    interruptible: bool = False
    generates_deck: bool = False
    resources: Resources = field(default_factory=Resources)


@dataclass(frozen=True, slots=True)
class NodePlan:
    """One node and its place among the others of its scope."""

    index: int
    id: str
    """As the workflow calls it (Flyte's ``spec_node_id``)."""
    kind: str
    """Key into ``livedeck.propeller.nodes.KINDS``."""
    node: Node
    waiting: int = 0
    """How many nodes are directly upstream."""
    dependents: tuple[int, ...] = ()
    """Indexes of the nodes directly downstream."""
    detail: Any = None
    """What only its kind knows: a ``TaskPlan``, a ``ScopePlan``, ..."""
    reported: bool = True
    """Whether it is shown in listings; the end node is not."""


@dataclass(frozen=True, slots=True)
class ScopePlan:
    """The nodes of one workflow. The first is the start node, the last the end node."""

    id: Identifier
    template: WorkflowTemplate
    nodes: tuple[NodePlan, ...]
    index: Mapping[str, int]
    """From node id to its index in ``nodes``."""
    fail_immediately: bool = True
    """Whether a node's failure stops its running siblings; else everything that does not depend on it goes on."""

    @property
    def end(self) -> int:
        """Index of the end node."""
        return len(self.nodes) - 1
