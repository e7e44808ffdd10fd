"""The interface of a kind of node: all that sets one kind apart from another.

A kind is a class that implements `NodeHandler`; each node of a plan has an instance of one, which holds what was
planned of it. The rest of the engine knows nodes only by this interface:

==============  =============================================================  =============================
part            methods                                                        called by
==============  =============================================================  =============================
planning        ``matches``, ``plan``                                          ``compiled_closure``
rules           ``ready``, ``handle``, ``resume``, ``stop``, ``scope_over``    ``machine``, ``transition``
shell           ``carry_out``, ``inputs_of``                                   ``driver``, ``shell``
recovery        ``rebuild``                                                    ``recovery``
reports         ``describe_node``, ``describe_attempt``                        ``event_writer``
==============  =============================================================  =============================

All but the shell is pure: the rules write on a `Transition`, and what takes time or touches the world is asked for by
a `NodeCommand`, which comes back to the same handler's ``carry_out`` and is answered by a `NodeEvent`. A kind may
define commands and events of its own.

A node may hold a scope: other nodes, whose plan is known from the closure (a sub-workflow) or only once something has
run, in which case the shell finds it out (``Shell.scope``) and an event such as ``Prepared`` carries it. When a scope
has failed or succeeded is decided by its plan's `ScopePolicy`. Many scopes of one shape are one scope whose nodes hold
one each.

A kind may also wrap another: ``planner.handler(node, after=cls)`` is the handler that would have run the node, and
whatever the wrapper does not care about it passes on.
"""

from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Protocol, Self

from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.workflow_pb2 import Node
from flyteidl.event.event_pb2 import NodeExecutionEvent, TaskExecutionEvent

from livedeck.errors import ImpossibleTransition
from livedeck.propeller.commands import Prepare
from livedeck.propeller.phases import NodePhase

if TYPE_CHECKING:
    from livedeck.propeller.commands import NodeCommand, ReportNode, ReportTask
    from livedeck.propeller.compiled_closure import Planner
    from livedeck.propeller.event_writer import ReportContext
    from livedeck.propeller.events import NodeEvent
    from livedeck.propeller.plan import Path, ScopePlan
    from livedeck.propeller.recovery import RecordedNode
    from livedeck.propeller.shell import Shell
    from livedeck.propeller.state import NodeState, ScopeState
    from livedeck.propeller.transition import Transition


class ScopeBuilder(Protocol):
    """Builds the scope that a node holds, each of its nodes as it is on record."""

    def __call__(self, plan: "ScopePlan", /, *, retry_group: int = 0) -> "ScopeState":
        """Build the scope.

        Args:
            plan: what it is to run.
            retry_group: the number of the attempt that it belongs to, where the node that holds it has several.
        """


class NodeHandler(ABC):
    """What one node runs, and how."""

    # Planning.

    @classmethod
    @abstractmethod
    def matches(cls, node: Node) -> bool:
        """Whether the node is of this kind. The first of `livedeck.propeller.nodes.KINDS` that says so plans it."""

    @classmethod
    @abstractmethod
    def plan(cls, node: Node, planner: "Planner") -> Self:
        """Read the node.

        Args:
            node: the node, as the closure has it.
            planner: knows the closure's tasks and workflows, and plans nodes that the node holds.

        Raises:
            InvalidWorkflow: the node is malformed, or names something that the closure does not hold.
            UnsupportedOption: the node asks for something that cannot be done here.
        """

    # Rules. Pure: they write on the transition and return nothing.

    @abstractmethod
    def ready(self, transition: "Transition", path: "Path") -> None:
        """Begin the node: everything upstream has succeeded. Called once, while the node is UNDEFINED."""

    @abstractmethod
    def handle(self, transition: "Transition", path: "Path", event: "NodeEvent") -> None:
        """Take an event that happened to the node, which is not over.

        The event may be late (the node was asked to stop, or is at another attempt now) or repeated.
        """

    def recovered(self, transition: "Transition", path: "Path") -> None:
        """Take note that the node has succeeded in the execution that this one recovers. It is QUEUED."""
        transition.recover(path)

    @abstractmethod
    def resume(self, transition: "Transition", path: "Path") -> None:
        """Ask again for whatever an engine that died was waiting for.

        Called once for each node that ``rebuild`` has made and that is neither UNDEFINED nor over, and for those of a
        scope that is put under a node by ``Transition.hold``. Where the scope that the node is in is closing, the node
        is to be stopped.
        """

    @abstractmethod
    def stop(self, transition: "Transition", path: "Path") -> None:
        """End the node: at once if nothing of it runs, else as soon as nothing does. May be repeated."""

    @abstractmethod
    def scope_over(self, transition: "Transition", path: "Path", *, succeeded: bool) -> None:
        """Take note that nothing of the scope that the node holds runs any more.

        May be repeated if the node does not end by it: it is told again when the node is stopped, or resumed.
        """

    # Shell.

    @abstractmethod
    def carry_out(self, shell: "Shell", command: "NodeCommand") -> Coroutine[Any, Any, None]:
        """Begin to carry out a command about this node; the coroutine that is returned does the rest.

        Called in the order of the commands, on the event loop. What a command that follows at once relies on (an
        attempt that it stops) must be there when this returns. The coroutine runs as a task of its own and ends by
        handing the answering event to ``shell.emit``; so does what goes wrong by the user's doing, while an error that
        is raised is the engine's own and ends this engine's work on the execution. The coroutine is cancelled without
        notice when the engine stops.
        """

    async def inputs_of(self, shell: "Shell", path: "Path") -> LiteralMap:
        """Return the inputs of the node at ``path``, which is one of the nodes that this one holds.

        By default what it binds is looked up among the nodes of its own scope.
        """
        return await shell.data.bound(path)

    async def outputs_stored(self, shell: "Shell", path: "Path") -> None:
        """Take note that the node's outputs, which it has not from an attempt, are in the store. It is not over yet."""
        del shell, path  # most kinds have nothing to do then

    # Recovery. Pure.

    @abstractmethod
    def rebuild(self, node: "NodeState", record: "RecordedNode", scope: ScopeBuilder) -> "NodeState":
        """Return the node's state as it is on record.

        Args:
            node: the state with the recorded phase and failure, without attempt or scope.
            record: what is on record of the node and its attempts.
            scope: builds the scope that the node holds, if the plan is known without asking the store. If it is not,
                leave the scope out, and ask for it in ``resume``.
        """

    # Reports. Pure: they fill in what only the kind knows.

    @abstractmethod
    def describe_node(self, event: NodeExecutionEvent, report: "ReportNode", context: "ReportContext") -> None:
        """Add to the event that is to be recorded of the node: its target, what it holds, its Deck."""

    @abstractmethod
    def describe_attempt(self, event: TaskExecutionEvent, report: "ReportTask", context: "ReportContext") -> None:
        """Add to the event that is to be recorded of one of the node's attempts: the task, its type and metadata."""


class HoldsNoScope(NodeHandler):
    """The parts of a kind whose nodes hold no others."""

    def scope_over(self, transition: "Transition", path: "Path", *, succeeded: bool) -> None:
        raise ImpossibleTransition(f"{type(self).__name__} at {path} holds no scope that could be over ({succeeded=})")


class HoldsPlannedScope(NodeHandler):
    """The parts of a kind whose nodes hold others that the plan names, from when their inputs are put together."""

    def resume(self, transition: "Transition", path: "Path") -> None:
        if transition.node(path).phase is not NodePhase.QUEUED:
            transition.resume(path)
        elif transition.ends(path):
            transition.abort(path)
        else:
            transition.ask(Prepare(path))

    def stop(self, transition: "Transition", path: "Path") -> None:
        if transition.node(path).scope is None:
            transition.abort(path)
        else:
            transition.close(path)


class HasNoAttempts(NodeHandler):
    """The parts of a kind that asks no executor to run anything."""

    def describe_attempt(self, event: TaskExecutionEvent, report: "ReportTask", context: "ReportContext") -> None:
        raise ImpossibleTransition(f"{type(self).__name__} at {report.path} has no attempt {report.attempt}")


class WrapsKind(NodeHandler):
    """A kind that adds something to another, which does all the rest."""

    inner: NodeHandler

    def ready(self, transition: "Transition", path: "Path") -> None:
        self.inner.ready(transition, path)

    def handle(self, transition: "Transition", path: "Path", event: "NodeEvent") -> None:
        self.inner.handle(transition, path, event)

    def recovered(self, transition: "Transition", path: "Path") -> None:
        self.inner.recovered(transition, path)

    def resume(self, transition: "Transition", path: "Path") -> None:
        self.inner.resume(transition, path)

    def stop(self, transition: "Transition", path: "Path") -> None:
        self.inner.stop(transition, path)

    def scope_over(self, transition: "Transition", path: "Path", *, succeeded: bool) -> None:
        self.inner.scope_over(transition, path, succeeded=succeeded)

    def carry_out(self, shell: "Shell", command: "NodeCommand") -> Coroutine[Any, Any, None]:
        return self.inner.carry_out(shell, command)

    async def inputs_of(self, shell: "Shell", path: "Path") -> LiteralMap:
        return await self.inner.inputs_of(shell, path)

    async def outputs_stored(self, shell: "Shell", path: "Path") -> None:
        await self.inner.outputs_stored(shell, path)

    def rebuild(self, node: "NodeState", record: "RecordedNode", scope: ScopeBuilder) -> "NodeState":
        return self.inner.rebuild(node, record, scope)

    def describe_node(self, event: NodeExecutionEvent, report: "ReportNode", context: "ReportContext") -> None:
        self.inner.describe_node(event, report, context)

    def describe_attempt(self, event: TaskExecutionEvent, report: "ReportTask", context: "ReportContext") -> None:
        self.inner.describe_attempt(event, report, context)
