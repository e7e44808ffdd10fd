"""What the handlers of nodes may use to carry their commands out: the services of one execution.

The shell does the I/O that the machine asks for. It knows nothing of the kinds of nodes; their own ``carry_out`` says
what of this they use.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.literals_pb2 import LiteralMap

from livedeck.errors import InvalidWorkflow
from livedeck.propeller.addresses import Addresses
from livedeck.propeller.children import Children
from livedeck.propeller.compiled_closure import Planner
from livedeck.propeller.control_plane import ControlPlane
from livedeck.propeller.data import Data
from livedeck.propeller.events import Event, Gathered, GatherFailed, NodeEvent, Prepared, PrepareFailed, Recovered
from livedeck.propeller.failures import Failure
from livedeck.propeller.launcher import Launcher
from livedeck.propeller.observations import Observations
from livedeck.propeller.plan import NodePlan, Path, ScopePlan
from livedeck.propeller.recorder import EventRecorder
from livedeck.propeller.recovered_nodes import RecoveredNodes
from livedeck.propeller.recovery import RecordedNodes, rebuild_scope, walk
from livedeck.propeller.sequencer import Sequencer
from livedeck.propeller.settings import PropellerSettings
from livedeck.propeller.slots import Slots
from livedeck.propeller.state import NodeState, ScopeState, node_at, plan_at, scope_at
from livedeck.propeller.task_cache import TaskCache


@dataclass(frozen=True, kw_only=True)
class Shell:
    """The services of one execution."""

    key: str
    """The execution's ``project/domain/name``."""
    root: Callable[[], ScopeState]
    """Gives the execution's nodes as they stand now."""
    emit: Callable[[Event], None]
    """Takes an event to the execution's loop."""
    addresses: Addresses
    """The execution's names, and where things lie."""
    data: Data
    """Inputs and outputs."""
    observations: Observations
    """What is found out about nodes and attempts."""
    records: RecordedNodes
    """What was on record when this engine took the execution up."""
    recorder: EventRecorder
    """Records what is reported, and tells when it is on record."""
    control: ControlPlane
    """What is asked of the control plane beyond that."""
    planner: Callable[[CompiledWorkflowClosure], Planner]
    """Plans nodes that are known only once something has run."""
    cache: TaskCache
    """Outputs of tasks, from run to run."""
    launcher: Launcher
    """Runs attempts."""
    children: Children
    """Starts child executions."""
    recovered: RecoveredNodes
    """Nodes of the execution that this one recovers."""
    starting: Slots
    """For nodes whose attempts are about to be started: from their inputs being put together on."""
    preparing: Slots
    """For other nodes, while their inputs are put together."""
    sequencer: Sequencer
    """The order in which nodes whose inputs are put together at once go on."""
    settings: PropellerSettings
    """Budgets and times."""

    def plan(self, path: Path) -> NodePlan:
        """What the node at ``path`` is to do."""
        return plan_at(self.root(), path)

    def node(self, path: Path) -> NodeState:
        """The node at ``path``, as it stands now."""
        return node_at(self.root(), path)

    def name(self, path: Path) -> str:
        """The unique id of the node at ``path``."""
        return self.addresses.node(self.root(), path)

    def scope(self, path: Path, plan: ScopePlan, *, retry_group: int = 0) -> ScopeState:
        """Build the scope of the node at ``path``, whose plan was found out only now: new, or as it is on record."""
        name = self.name(path)
        scope = rebuild_scope(plan, self.records, name, retry_group=retry_group)
        self.observations.add_recorded(walk(scope, self.records, name, path))
        return scope

    async def prepare(
        self,
        path: Path,
        then: Callable[[LiteralMap], Awaitable[NodeEvent]] | None = None,
        slots: Slots | None = None,
    ) -> None:
        """Put a node's inputs together when a slot for that is free, store them, and emit what follows.

        The first tasks of a wide fan-out are to run while the inputs of the last are not put together yet, and tasks
        that will wait for hours for others need not have theirs in memory: hence the slots.

        Args:
            path: the node.
            then: from the inputs to the event; by default ``Prepared``. ``PrepareFailed`` if it raises
                ``InvalidWorkflow``, or the inputs cannot be put together.
            slots: which slots; by default ``preparing``.

        A node that has succeeded in the execution that this one recovers gets its inputs and outputs from there.
        """
        slots = slots or self.preparing
        await slots.acquire(path)
        try:
            if self.node(path).phase.terminal:
                return  # it was stopped meanwhile
            with self.recorder.expecting(), self.sequencer.next() as ticket:
                event = await self._prepared(path, then)
                await ticket.wait()  # nodes that are ready together start in the workflow's order
                self.emit(event)
            await asyncio.sleep(0)  # the loop takes the event: an attempt that follows is counted before others enter
        finally:
            slots.release()

    async def _prepared(self, path: Path, then: Callable[[LiteralMap], Awaitable[NodeEvent]] | None) -> NodeEvent:
        try:
            if not self._is_failure_node(path) and await self.recovered.take(path, self.name(path)):
                return Recovered(path)
            items = scope_at(self.root(), path[:-1]).plan.items
            if items is not None and not items.are_nodes:  # their array's are stored
                inputs = await self.data.inputs(path)
            else:
                inputs = await self._inputs(path)
                await self.data.store_inputs(path, inputs)
            return await then(inputs) if then is not None else Prepared(path)
        except InvalidWorkflow as error:
            return PrepareFailed(path, _binding_failure("inputs", error))

    def _is_failure_node(self, path: Path) -> bool:
        """Whether a node runs because its scope has failed: that it ran for another failure does not count."""
        around = scope_at(self.root(), path[:-1]).plan
        return around.failure_node is not None and path[-1] == around.required

    async def _inputs(self, path: Path) -> LiteralMap:
        """What the holder of the scope that the node is in says; the root's nodes bind among each other."""
        if len(path) == 1:
            return await self.data.bound(path)
        return await self.plan(path[:-1]).handler.inputs_of(self, path)

    async def gather(self, end: Path) -> None:
        """Put together and store the outputs of the scope that an end node closes, and emit that it is done."""
        with self.recorder.expecting():
            self.emit(await self._gathered(end))

    async def store_outputs(self, path: Path, outputs: LiteralMap) -> None:
        """Store the outputs of a node that were not made by an attempt; the execution's for the empty path."""
        await self.data.store_outputs(path, outputs)
        if path:
            await self.plan(path).handler.outputs_stored(self, path)

    async def _gathered(self, end: Path) -> NodeEvent:
        try:
            outputs = await self.data.bound(end)
            await self.store_outputs(end[:-1], outputs)
        except InvalidWorkflow as error:
            return GatherFailed(end, _binding_failure("outputs", error))
        return Gathered(end)


def _binding_failure(what: str, error: InvalidWorkflow) -> Failure:
    return Failure("BindingError", f"The {what} cannot be put together: {error}.")
