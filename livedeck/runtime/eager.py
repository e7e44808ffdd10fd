"""The calls that an eager task makes in its attempt: each is an execution of its own, on the server that runs the task.

Loaded by attempts of eager tasks alone: a client takes a while to import.
"""

import hashlib
import html
import os
import threading
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from flyteidl.admin.execution_pb2 import Execution, ExecutionMetadata, ExecutionSpec
from flyteidl.core.execution_pb2 import WorkflowExecution
from flyteidl.core.identifier_pb2 import Identifier, NodeExecutionIdentifier, WorkflowExecutionIdentifier
from flyteidl.core.literals_pb2 import LiteralMap

from livedeck.client import Client, ExecutionChanged, has_ended
from livedeck.deck.page import Deck
from livedeck.errors import EagerException, RemoteConflict, RemoteError, RemoteUnavailable
from livedeck.runtime.failures import around_the_task
from livedeck.sdk.context import current_context
from livedeck.sdk.entities import AnyEntity
from livedeck.sdk.map_tasks import MapTask
from livedeck.sdk.references import Reference
from livedeck.sdk.specs.nodes import reference_id
from livedeck.sdk.specs.settings import CompileSettings
from livedeck.sdk.specs.workflows import closure
from livedeck.sdk.tasks import Task
from livedeck.sdk.types import DataPlane, Location, from_literal, to_literal
from livedeck.store.layout import split_item

TAB = "Eager Executions"
NODE = "LIVEDECK_NODE"
"""Environment variable: the unique id of the attempt's node."""
AT_ONCE = 64
"""Executions of one eager task that run at once; further ones wait to be started."""
PATIENCE = 300.0
"""Seconds for which calls go on without a server, which is back sooner when it is started again."""
_STOPPED = "The eager task that started it has ended."


class Children:
    """Runs what an eager task calls. A context manager: leaving it aborts what still runs.

    Args:
        client: of the server that runs the task.
        aborter: likewise, one that gives up soon: what is left running the server aborts when the node is over.
        settings: those that the task was registered with; what it calls is registered with the same.
        node: its node, by which what it calls is on record.
        attempt: the attempt's number, from 0.
    """

    def __init__(
        self, client: Client, aborter: Client, settings: CompileSettings, node: NodeExecutionIdentifier, attempt: int
    ) -> None:
        self._client = client
        self._aborter = aborter
        self._settings = settings
        self._node = node
        self._attempt = attempt
        self._lock = threading.Lock()
        self._registering = threading.Lock()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="livedeck-eager")
        self._calls: Counter[str] = Counter()
        self._targets: dict[AnyEntity, Identifier] = {}
        self._running: dict[str, WorkflowExecutionIdentifier] = {}
        self._ending = False
        self._listing = Listing()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.abort()
        self._pool.shutdown(cancel_futures=True)

    def call(self, entity: AnyEntity, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Return what the execution returns; of an ``async`` task a coroutine that does so.

        Raises:
            TypeMismatch: an input does not fit; nothing was started.
            EagerException: the execution did not succeed.
            Unreachable: there was no server for too long. The attempt fails by it, and the next one goes on.
        """
        inputs = entity.interface.accept_inputs(entity.interface.bind(args, kwargs))
        if isinstance(entity, Task) and entity.is_async:
            return self._run_later(entity, inputs)
        return self._run(entity, inputs)

    async def _run_later(self, entity: AnyEntity, inputs: Mapping[str, Any]) -> Any:
        import asyncio  # noqa: PLC0415 - as for every attempt: imported by those that are async

        return await asyncio.get_running_loop().run_in_executor(self._pool, self._run, entity, inputs)

    def abort(self) -> None:
        """Start nothing more, and abort what runs."""
        with self._lock:
            self._ending = True
            running = list(self._running.values())
        with suppress(RemoteUnavailable):
            for execution in running:
                self._terminate(execution)

    def _terminate(self, execution: WorkflowExecutionIdentifier) -> None:
        try:
            self._aborter.terminate(execution, _STOPPED)
        except RemoteUnavailable:
            raise
        except RemoteError:
            pass  # it is over by now

    def _run(self, entity: AnyEntity, inputs: Mapping[str, Any]) -> Any:
        try:
            return self._outcome(entity, inputs)
        except RemoteUnavailable as error:
            raise around_the_task(error, f"the server could not be asked about {entity.name}") from error

    def _outcome(self, entity: AnyEntity, inputs: Mapping[str, Any]) -> Any:
        interface, data = entity.interface, self._settings.data
        literals = LiteralMap(
            literals={
                name: to_literal(value, interface.inputs[name].type, data, Location(entity.name, name))
                for name, value in inputs.items()
            }
        )
        execution = self._started(entity, self._target(entity), literals)
        self._listing.show(self._client, execution, entity, WorkflowExecution.RUNNING)
        ended = self._followed(execution)
        phase = ended.closure.phase
        self._listing.show(self._client, execution, entity, phase)
        if phase != WorkflowExecution.SUCCEEDED:
            raise EagerException(_why(entity, ended))
        outputs = self._client.execution_data(execution).outputs.literals
        return interface.join(
            {
                name: from_literal(outputs[name], kind, data, Location(entity.name, name, "output"))
                for name, kind in interface.outputs.items()
            }
        )

    def _target(self, entity: AnyEntity) -> Identifier:
        """Return what is to be launched for an entity; it is registered at its first call."""
        with self._registering:
            if entity not in self._targets:
                self._targets[entity] = self._registered(entity)
            return self._targets[entity]

    def _registered(self, entity: AnyEntity) -> Identifier:
        if isinstance(entity, Reference):
            entity.check()
            return reference_id(entity)
        return closure(entity, self._settings).send(self._client)

    def _started(self, entity: AnyEntity, target: Identifier, literals: LiteralMap) -> WorkflowExecutionIdentifier:
        """Start the execution of a call, or find the one that an attempt before this one has started for it."""
        name = self._name(entity, literals)
        if self._is_ending():
            raise EagerException(f"{entity.name} was not started: the eager task that calls it is ending")
        execution = self._start_or_find(target, literals, name)
        if self._attempt and not self._may_succeed(execution):
            execution = self._start_or_find(target, literals, f"{name}-{self._attempt}")
        with self._lock:
            self._running[execution.name] = execution
        if self._is_ending():  # it was being started while the others were aborted
            with suppress(RemoteUnavailable):
                self._terminate(execution)
        return execution

    def _is_ending(self) -> bool:
        with self._lock:
            return self._ending

    def _start_or_find(self, target: Identifier, literals: LiteralMap, name: str) -> WorkflowExecutionIdentifier:
        try:
            return self._client.create_execution(target, literals, name=name, spec=self._spec())
        except RemoteConflict:
            return self._client.execution_id(name)

    def _spec(self) -> ExecutionSpec:
        node, _ = split_item(self._node.node_id)  # an item of a map is no node on record
        parent = NodeExecutionIdentifier(execution_id=self._node.execution_id, node_id=node)
        return ExecutionSpec(
            metadata=ExecutionMetadata(mode=ExecutionMetadata.CHILD_WORKFLOW, parent_node_execution=parent)
        )

    def _may_succeed(self, execution: WorkflowExecutionIdentifier) -> bool:
        """Tell whether an execution has succeeded or goes on. One that is being ended is waited for, not run beside."""
        found = self._client.get_execution(execution)
        if found.closure.phase in (WorkflowExecution.ABORTING, WorkflowExecution.FAILING):
            found = self._followed(execution)
        return found.closure.phase == WorkflowExecution.SUCCEEDED or not has_ended(found)

    def _name(self, entity: AnyEntity, literals: LiteralMap) -> str:
        """Return the execution's name: the same in each attempt for the same call."""
        inputs = literals.SerializeToString(deterministic=True)
        caller = f"{self._node.execution_id.name}\n{self._node.node_id}\n{entity.name}\n"
        call = hashlib.sha256(caller.encode() + inputs).hexdigest()
        with self._lock:
            number = self._calls[call]
            self._calls[call] += 1
        digest = hashlib.sha256(f"{call}\n{number}".encode()).hexdigest()
        return f"e{digest[:19]}"

    def _followed(self, execution: WorkflowExecutionIdentifier) -> Execution:
        last = Execution()
        for change in self._client.follow(execution, outage=PATIENCE):
            if isinstance(change, ExecutionChanged):
                last = change.execution
        with self._lock:
            self._running.pop(execution.name, None)
        return last


class Listing:
    """The tab that shows what an eager task has called, each with its phase and a link to its page."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[str, str] = {}

    def show(
        self,
        client: Client,
        execution: WorkflowExecutionIdentifier,
        entity: AnyEntity,
        phase: "WorkflowExecution.Phase",
    ) -> None:
        """Show that an execution is in a phase."""
        called = f"map of {entity.display_name}" if isinstance(entity, MapTask) else entity.display_name
        url, name = html.escape(client.console_url(execution)), html.escape(called)
        words = WorkflowExecution.Phase.Name(phase).capitalize()
        with self._lock:
            self._rows[execution.name] = (
                f'<tr><td>{name}</td><td><a href="{url}">{execution.name}</a></td><td>{words}</td></tr>'
            )
            head = "<tr><th>Called</th><th>Execution</th><th>Phase</th></tr>"
            Deck(TAB, f"<table>{head}{''.join(self._rows.values())}</table>")
        current_context().publish_decks()


def children_of(data: DataPlane, code: str) -> Children:
    """Return what runs the calls of an eager task's attempt.

    Args:
        data: where values go that do not fit into a literal.
        code: URI of the code bundle that the task came in.
    """
    project, domain, version = (os.environ[f"FLYTE_INTERNAL_TASK_{part}"] for part in ("PROJECT", "DOMAIN", "VERSION"))
    settings = CompileSettings(project, domain, version, code=code, data=data)
    project, domain, name = (os.environ[f"FLYTE_INTERNAL_EXECUTION_{part}"] for part in ("PROJECT", "DOMAIN", "ID"))
    execution = WorkflowExecutionIdentifier(project=project, domain=domain, name=name)
    node = NodeExecutionIdentifier(execution_id=execution, node_id=os.environ[NODE])
    attempt = int(os.environ["FLYTE_ATTEMPT_NUMBER"])
    client = Client(project=project, domain=domain, timeout=PATIENCE, connect_timeout=PATIENCE)
    return Children(client, Client(project=project, domain=domain), settings, node, attempt)


def _why(entity: AnyEntity, ended: Execution) -> str:
    closure = ended.closure
    message = closure.error.message if closure.HasField("error") else closure.abort_metadata.cause
    phase = WorkflowExecution.Phase.Name(closure.phase).lower()
    return f"{entity.name} {phase} (execution {ended.id.name}): {message.strip()}"
