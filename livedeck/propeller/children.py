"""The child executions of one execution: created, waited for, and aborted with the nodes that started them."""

import asyncio

from flyteidl.admin.common_pb2 import Annotations, Labels
from flyteidl.admin.execution_pb2 import Execution, ExecutionCreateRequest, ExecutionMetadata, ExecutionSpec
from flyteidl.core.identifier_pb2 import Identifier, NodeExecutionIdentifier, WorkflowExecutionIdentifier
from flyteidl.core.literals_pb2 import LiteralMap

from livedeck.errors import InvalidWorkflow
from livedeck.propeller.addresses import Addresses, child_id
from livedeck.propeller.control_plane import ControlPlane
from livedeck.propeller.plan import Path
from livedeck.propeller.retry import retry
from livedeck.propeller.settings import PropellerSettings
from livedeck.propeller.slots import Slots

MOST_NESTED = 100
"""How deep executions may start each other: one that starts itself would never come to an end."""

PARENT_ENDED = "Its parent, execution {!r}, was aborted or has failed."
"""Why children are aborted, given the parent's name."""

_INHERITED = ("security_context", "raw_output_data_config", "interruptible", "envs", "cluster_assignment")
"""Messages of an execution's spec that hold for its children too; as in Flyte, as labels and annotations do."""


class Children:
    """The executions that the nodes of one execution start.

    Args:
        control: where they are created.
        owner: this engine's name.
        spec: the execution's own.
        addresses: names.
        settings: pauses between repeated calls.
    """

    def __init__(
        self,
        control: ControlPlane,
        owner: str,
        spec: ExecutionSpec,
        addresses: Addresses,
        settings: PropellerSettings,
    ) -> None:
        self.control = control
        self.owner = owner
        self.addresses = addresses
        self.settings = settings
        self._spec = spec
        self._children: dict[Path, Child] = {}
        self.awaited = 0
        """How many children are being created or waited for."""

    def begin(self, path: Path, name: str, slots: Slots | None) -> "Child":
        """Return the child that a node is about to have: ``abort`` finds it from now on.

        Args:
            path: the node.
            name: the node's unique id.
            slots: what limits how many nodes are at work at once.
        """
        child = self._children[path] = Child(self, name, slots)
        return child

    def find(self, path: Path, name: str) -> "Child":
        """Return the child that a node was about to have, or one that an earlier engine may have created."""
        return self._children.get(path) or Child(self, name, None)

    def request(
        self,
        child: "Child",
        plan: Identifier,
        inputs: LiteralMap,
        *,
        interruptible: bool | None,
        recovers: WorkflowExecutionIdentifier | None = None,
    ) -> ExecutionCreateRequest:
        """Return what is asked of the control plane to start a child.

        Args:
            child: the child.
            plan: the launch plan.
            inputs: the node's.
            interruptible: what the node says; None: as the execution.
            recovers: the execution that it recovers, if it does.

        Raises:
            InvalidWorkflow: executions have started each other too often already.
        """
        nesting = self._spec.metadata.nesting + 1
        if nesting > MOST_NESTED:
            raise InvalidWorkflow(
                f"it would be {nesting} levels below the execution that began it all, and {MOST_NESTED} are the most: "
                "does a launch plan start itself?"
            )
        metadata = ExecutionMetadata(
            mode=ExecutionMetadata.CHILD_WORKFLOW,
            principal=self._spec.metadata.principal,
            nesting=nesting,
            parent_node_execution=self.addresses.node_id(child.node),
        )
        if recovers is not None:
            metadata.mode = ExecutionMetadata.RECOVERED
            metadata.reference_execution.CopyFrom(recovers)
        spec = ExecutionSpec(
            launch_plan=plan,
            metadata=metadata,
            max_parallelism=self._spec.max_parallelism,
            overwrite_cache=self._spec.overwrite_cache,
            **{name: getattr(self._spec, name) for name in _INHERITED if self._spec.HasField(name)},
        )
        if self._spec.labels.values:
            spec.labels.CopyFrom(Labels(values=self._spec.labels.values))
        if self._spec.annotations.values:
            spec.annotations.CopyFrom(Annotations(values=self._spec.annotations.values))
        if interruptible is not None:
            spec.interruptible.value = interruptible
        return ExecutionCreateRequest(
            project=child.id.project, domain=child.id.domain, name=child.id.name, spec=spec, inputs=inputs
        )


class Child:
    """The execution that one node starts, or is about to.

    Args:
        siblings: all of them.
        node: the node's unique id.
        slots: what limits how many nodes are at work at once.
    """

    def __init__(self, siblings: Children, node: str, slots: Slots | None) -> None:
        self.node = node
        self.id: WorkflowExecutionIdentifier = child_id(siblings.addresses.node_id(node))
        self._siblings = siblings
        self._slots = slots
        self._creating = asyncio.Lock()
        self._aborted = False

    async def admit(self, *, adopt: bool) -> None:
        """Take a slot: wait for one, unless the child may be at work already."""
        if self._slots is not None:
            if adopt:
                self._slots.acquire_over()
            else:
                await self._slots.acquire()
        self._siblings.awaited += 1

    def leave(self) -> None:
        """Give the slot back: the child is over, or never came to be."""
        self._siblings.awaited -= 1
        if self._slots is not None:
            self._slots.release()

    async def create(self, request: ExecutionCreateRequest) -> bool:
        """Create the execution, unless there is it already; return False if the node was stopped before.

        Raises:
            LeaseLost: another engine holds the parent's lease.
            Refusal: it cannot be started; says why.
        """
        siblings = self._siblings
        async with self._creating:
            if not self._aborted:
                await retry(
                    "create child", lambda: siblings.control.create_child(siblings.owner, request), siblings.settings
                )
            return not self._aborted

    async def wait_ended(self) -> Execution:
        """Return the execution once it is over.

        Raises:
            Refusal: it is not there any more.
        """
        siblings = self._siblings
        return await retry("wait for child", lambda: siblings.control.wait_for_execution(self.id), siblings.settings)

    async def abort(self, cause: str) -> None:
        """Ask for the execution to be aborted, if there is one that is not over; one that is being created is.

        When this returns that is on record, and nothing of the node will ever create it.
        """
        siblings = self._siblings
        self._aborted = True
        async with self._creating:
            parent = siblings.addresses.node_id(self.node)
            await abort_child(siblings.control, self.id, parent, cause, siblings.settings)


async def abort_child(
    control: ControlPlane,
    child: WorkflowExecutionIdentifier,
    parent: NodeExecutionIdentifier,
    cause: str,
    settings: PropellerSettings,
) -> None:
    """Ask for an execution to be aborted, if it is one that the node has started, and is not over."""
    await retry("abort child", lambda: control.abort_child(child, parent, cause), settings)
