"""What propeller asks of the control plane. admin provides it in process; a remote one may follow.

All state is behind this interface: a propeller that dies loses nothing, and another one takes over when the
lease has run out.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from flyteidl.admin.execution_pb2 import Execution, ExecutionCreateRequest, ExecutionSpec
from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.dynamic_job_pb2 import DynamicJobSpec
from flyteidl.core.execution_pb2 import ExecutionError, WorkflowExecution
from flyteidl.core.identifier_pb2 import (
    NodeExecutionIdentifier,
    SignalIdentifier,
    TaskExecutionIdentifier,
    WorkflowExecutionIdentifier,
)
from flyteidl.core.interface_pb2 import VariableMap
from flyteidl.core.literals_pb2 import Literal, LiteralMap
from flyteidl.core.types_pb2 import LiteralType
from flyteidl.event.event_pb2 import NodeExecutionEvent, TaskExecutionEvent, WorkflowExecutionEvent

from livedeck.executors.api import Queued

ExecutionEvent = WorkflowExecutionEvent | NodeExecutionEvent | TaskExecutionEvent


Queues = Callable[[str], Mapping[str, Queued]]
"""From an execution's key to what holds back its nodes that could run, by their unique ids."""


class Claim(Protocol):
    """One execution under this propeller's lease, with all that was recorded of it."""

    @property
    def id(self) -> WorkflowExecutionIdentifier: ...

    @property
    def closure(self) -> CompiledWorkflowClosure: ...

    @property
    def spec(self) -> ExecutionSpec: ...

    @property
    def created_at(self) -> datetime:
        """When it was created."""

    @property
    def inputs(self) -> LiteralMap:
        """The workflow's inputs, defaults and fixed inputs merged in."""

    @property
    def phase(self) -> "WorkflowExecution.Phase": ...

    @property
    def error(self) -> ExecutionError | None:
        """What it has failed by; None while it has not."""

    @property
    def abort_cause(self) -> str:
        """Why it is to be aborted; meaningful while ``phase`` is ABORTING."""

    @property
    def prefix(self) -> str:
        """URI of the execution's folder: ``{root}/metadata/propeller/{project}-{domain}-{execution}``, as in Flyte."""

    @property
    def raw_data_prefix(self) -> str:
        """URI under which user data (files, frames, pickles) of this execution goes."""

    @property
    def nodes(self) -> Sequence[NodeExecution]: ...

    @property
    def tasks(self) -> Sequence[TaskExecution]: ...

    @property
    def taken_over(self) -> bool:
        """Whether another engine held the lease, and let it run out: attempts on its machine are gone."""

    @property
    def reserving(self) -> Sequence[str]:
        """Nodes that have outputs reserved that others wait for (``reserve_cached``), by their unique ids."""


class Recorded(Protocol):
    """All that is on record of the nodes of an execution, which may be over."""

    @property
    def nodes(self) -> Sequence[NodeExecution]: ...

    @property
    def tasks(self) -> Sequence[TaskExecution]:
        """The attempts; those of a node in the order of their numbers."""


class CacheEntry(Protocol):
    """Outputs of an earlier run of the same task on the same inputs."""

    @property
    def output_uri(self) -> str:
        """URI of the ``outputs.pb``."""

    @property
    def source(self) -> TaskExecutionIdentifier:
        """The attempt that made them."""


class Reservation(Protocol):
    """The answer to ``reserve_cached``."""

    @property
    def found(self) -> CacheEntry | None:
        """The outputs, if they are in the cache."""

    @property
    def owner(self) -> NodeExecutionIdentifier:
        """Else the node that computes them: the one that asked, or another."""

    @property
    def heard(self) -> int:
        """How many ends of reservations the control plane had heard of before: for ``wait_for_release``."""


class Renewal(Protocol):
    """The answer to ``renew``."""

    @property
    def held(self) -> Collection[str]:
        """Keys (``project/domain/name``) of the executions whose leases this engine still holds."""

    @property
    def aborting(self) -> dict[str, str]:
        """Key and cause of each held execution that somebody asked to abort."""


class ControlPlane(Protocol):
    """Leases on executions, and a place to report events."""

    async def claim(self, owner: str, *, limit: int, ttl: float) -> Sequence[Claim]:
        """Lease up to ``limit`` unfinished executions that nobody holds, for ``ttl`` seconds, oldest first.

        An owner that was restarted under the same name takes back its own leases at once.
        """

    async def renew(self, owner: str, keys: Collection[str], *, ttl: float) -> Renewal:
        """Prolong the leases."""

    async def release(self, owner: str, key: str) -> None:
        """Give a lease back (the execution ended, or this propeller is shutting down)."""

    async def retain(self, owner: str, key: str) -> None:
        """Let go of an execution without giving its lease back: it is for the next claim of the same owner.

        Other engines get it once the lease has run out.
        """

    async def wait_for_work(self, *, timeout: float) -> None:
        """Return when an execution was created or asked to abort, or after ``timeout`` seconds."""

    async def report(self, owner: str, events: Sequence[ExecutionEvent]) -> None:
        """Record events in one transaction, in order. An event that was recorded already changes nothing.

        Raises:
            LeaseLost: ``owner`` does not hold the lease of an event's execution.
        """

    def show_queues(self, queues: Queues) -> None:
        """Take the way to learn what holds back an execution's nodes now, for viewers who ask."""

    async def find_cached(self, key: str, user: WorkflowExecutionIdentifier) -> CacheEntry | None:
        """Look a task's cached outputs up for an execution, which keeps them from being deleted from then on."""

    async def store_cached(
        self, key: str, output_uri: str, source: TaskExecutionIdentifier, *, overwrite: bool = False
    ) -> None:
        """Remember a task's outputs under ``key``, and end the reservation of the node that made them.

        The first entry wins, unless it is to be overwritten.
        """

    async def reserve_cached(self, key: str, node: NodeExecutionIdentifier, *, overwrite: bool) -> Reservation:
        """Look a task's cached outputs up; have the node compute them if they are not there and no other node does.

        A node that asks again keeps what it has reserved. A reservation ends when the outputs are stored, when it is
        released, and with its execution; it is renewed with the lease of that, and void when that has run out.

        Args:
            key: of the task and its inputs.
            node: who asks, and will compute them.
            overwrite: whether to compute them although they are known.
        """

    async def wait_for_release(self, heard: int) -> None:
        """Return when a reservation may have ended since the answer that has this ``heard`` was given."""

    async def release_cached(self, node: NodeExecutionIdentifier) -> None:
        """End a node's reservation, if it has one: it will not make the outputs."""

    async def compile_dynamic_workflow(
        self, node: NodeExecutionIdentifier, attempt: int, spec: DynamicJobSpec, outputs: VariableMap
    ) -> CompiledWorkflowClosure:
        """Check and compile the nodes that an attempt of a dynamic task has left to be run in its place.

        Args:
            node: the attempt's node.
            attempt: its number.
            spec: what it has left.
            outputs: what the nodes have to give together.

        Raises:
            Refusal: the nodes are not what a workflow can consist of; says why.
        """

    async def find_dynamic_workflow(self, node: NodeExecutionIdentifier) -> CompiledWorkflowClosure | None:
        """Return the nodes that a dynamic node was last reported to run; None if none were."""

    async def find_recorded(self, execution: WorkflowExecutionIdentifier) -> Recorded | None:
        """Return what is on record of an execution's nodes; None if there is no such execution."""

    async def create_child(self, owner: str, request: ExecutionCreateRequest) -> None:
        """Create the execution that a node starts; one that the node has started already stays as it is.

        Args:
            owner: this engine's name.
            request: the execution; its metadata names the node.

        Raises:
            LeaseLost: ``owner`` does not hold the lease of the node's execution.
            Refusal: it cannot be started, or its name is taken by an execution that is not the node's; says why.
        """

    async def wait_for_execution(self, identifier: WorkflowExecutionIdentifier) -> Execution:
        """Return an execution once it is over.

        Raises:
            Refusal: there is none.
        """

    async def abort_child(
        self, child: WorkflowExecutionIdentifier, parent: NodeExecutionIdentifier, cause: str
    ) -> None:
        """Ask for an execution to be aborted, if it is one that the node ``parent`` has started, and is not over."""

    async def wait_for_signal(self, identifier: SignalIdentifier, literal_type: LiteralType) -> Literal:
        """Return the value of a signal once somebody has set it. The signal is made if there is none.

        Raises:
            InvalidRequest: another node waits for it, and for values of another type.
        """
