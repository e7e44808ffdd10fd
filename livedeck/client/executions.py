"""Executions: starting them, looking at them, ending them."""

import secrets
import string
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from livedeck.client import transfer
from livedeck.client.connection import Connection, sendable
from livedeck.errors import ObjectNotFound, RemoteNotFound
from livedeck.store import open_store, split_uri

if TYPE_CHECKING:
    from flyteidl.admin.common_pb2 import UrlBlob
    from flyteidl.admin.execution_pb2 import Execution, ExecutionSpec
    from flyteidl.admin.node_execution_pb2 import NodeExecution
    from flyteidl.admin.project_pb2 import Project
    from flyteidl.admin.signal_pb2 import Signal
    from flyteidl.admin.task_execution_pb2 import TaskExecution
    from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
    from flyteidl.core.identifier_pb2 import (
        Identifier,
        NodeExecutionIdentifier,
        TaskExecutionIdentifier,
        WorkflowExecutionIdentifier,
    )
    from flyteidl.core.literals_pb2 import Literal, LiteralMap


@dataclass(frozen=True)
class Data:
    """Inputs, and the outputs that there are so far."""

    inputs: "LiteralMap"
    outputs: "LiteralMap"


class Executions(Connection):
    """Executions of one control plane."""

    def execution_id(self, name: str) -> "WorkflowExecutionIdentifier":
        """Return the id of an execution in the client's project and domain.

        Args:
            name: the execution's.

        Raises:
            InvalidName: the name is no UTF-8.
        """
        from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier

        return WorkflowExecutionIdentifier(project=self.project, domain=self.domain, name=sendable(name, "execution"))

    def create_execution(
        self,
        target: "Identifier",
        inputs: "LiteralMap | None" = None,
        *,
        name: str | None = None,
        spec: "ExecutionSpec | None" = None,
    ) -> "WorkflowExecutionIdentifier":
        """Start an execution of a launch plan or a task.

        Args:
            target: id of the launch plan, or of the task.
            inputs: by name.
            name: ``[a-z][a-z0-9-]*``, at most 63 characters; made up by default.
            spec: more about it (labels, parallelism, cache); ``target`` is put into it.

        Returns:
            The id of the execution.

        Raises:
            RemoteInvalid: an input is missing, unknown or of the wrong type.
            RemoteNotFound: the target is not registered.
            RemoteConflict: there is an execution of that name.
        """
        from flyteidl.admin.execution_pb2 import ExecutionCreateRequest, ExecutionSpec

        full = ExecutionSpec()
        full.CopyFrom(spec or full)
        full.launch_plan.CopyFrom(target)
        # Named here, so that a try whose answer was lost is not made twice.
        new = sendable(name or _new_name(), "execution")
        request = ExecutionCreateRequest(project=self.project, domain=self.domain, name=new, spec=full)
        if inputs is not None:
            request.inputs.CopyFrom(inputs)
        return self._started("CreateExecution", request, request.name)

    def relaunch(self, id: "WorkflowExecutionIdentifier", *, name: str | None = None) -> "WorkflowExecutionIdentifier":
        """Start an execution again with the same inputs.

        Args:
            id: of the execution.
            name: of the new one; made up by default.

        Returns:
            The id of the new execution.

        Raises:
            RemoteNotFound: there is no such execution.
            RemoteConflict: there is an execution of the new name.
        """
        from flyteidl.admin.execution_pb2 import ExecutionRelaunchRequest

        request = ExecutionRelaunchRequest(id=id, name=sendable(name or _new_name(), "execution"))
        return self._started("RelaunchExecution", request, request.name)

    def recover(self, id: "WorkflowExecutionIdentifier", *, name: str | None = None) -> "WorkflowExecutionIdentifier":
        """Start an execution like one that is over, in which the nodes that have succeeded there do not run again.

        Args:
            id: of the execution.
            name: of the new one; made up by default.

        Returns:
            The id of the new execution.

        Raises:
            RemoteNotFound: there is no such execution.
            RemoteConflict: there is an execution of the new name, or the one to recover is not over.
        """
        from flyteidl.admin.execution_pb2 import ExecutionRecoverRequest

        request = ExecutionRecoverRequest(id=id, name=sendable(name or _new_name(), "execution"))
        return self._started("RecoverExecution", request, request.name)

    def _started(self, method: str, request: Any, name: str) -> "WorkflowExecutionIdentifier":
        answer = self._calls.call(method, request, settle=_came_through)
        return self.execution_id(name) if answer is _DONE else answer.id

    def get_execution(self, id: "WorkflowExecutionIdentifier") -> "Execution":
        """Return an execution.

        Args:
            id: of the execution.

        Raises:
            RemoteNotFound: there is none.
        """
        from flyteidl.admin.execution_pb2 import WorkflowExecutionGetRequest

        return self._calls.call("GetExecution", WorkflowExecutionGetRequest(id=id))  # type: ignore[no-any-return]

    def list_executions(self, *, filters: str = "", limit: int | None = None) -> "Iterator[Execution]":
        """Yield executions, newest first.

        Args:
            filters: as Flyte has them, ``eq(phase,FAILED)+...``.
            limit: how many at most; None: all.

        Returns:
            An iterator over the executions, which asks for them page by page.
        """
        from flyteidl.admin.common_pb2 import NamedEntityIdentifier, ResourceListRequest, Sort

        scope = NamedEntityIdentifier(project=self.project, domain=self.domain)
        newest_first = Sort(key="created_at", direction=Sort.DESCENDING)
        request = ResourceListRequest(id=scope, filters=filters, sort_by=newest_first)
        return self._pages("ListExecutions", request, "executions", limit)

    def list_projects(self) -> "Iterator[Project]":
        """Yield the projects of the server.

        Returns:
            An iterator over the projects, which asks for them page by page.
        """
        from flyteidl.admin.project_pb2 import ProjectListRequest

        return self._pages("ListProjects", ProjectListRequest(), "projects", None)

    def terminate(self, id: "WorkflowExecutionIdentifier", cause: str) -> None:
        """Ask for an execution to be aborted; it is when its phase says so.

        Args:
            id: of the execution.
            cause: why, which is recorded with it.

        Raises:
            RemoteNotFound: there is none.
            RemoteConflict: it has ended.
        """
        from flyteidl.admin.execution_pb2 import ExecutionTerminateRequest

        self._calls.call("TerminateExecution", ExecutionTerminateRequest(id=id, cause=sendable(cause, "reason")))

    def signals(self, id: "WorkflowExecutionIdentifier") -> "Iterator[Signal]":
        """Yield what the gates of an execution that were reached wait for, or were given; the oldest first.

        Args:
            id: The execution.

        Yields:
            The signals.

        Raises:
            RemoteNotFound: there is no such execution.
        """
        from flyteidl.admin.signal_pb2 import SignalListRequest

        return self._pages("ListSignals", SignalListRequest(workflow_execution_id=id), "signals", None)

    def set_signal(self, id: "WorkflowExecutionIdentifier", signal: str, value: "Literal") -> None:
        """Give a gate what it waits for: of an approval a boolean.

        Args:
            id: the execution.
            signal: the gate's name.
            value: of the signal's type.

        Raises:
            RemoteNotFound: no gate that waits for it has been reached.
            RemoteConflict: it was given something else before.
            RemoteInvalid: the value is of another type.
        """
        from flyteidl.admin.signal_pb2 import SignalSetRequest
        from flyteidl.core.identifier_pb2 import SignalIdentifier

        identifier = SignalIdentifier(signal_id=sendable(signal, "signal"), execution_id=id)
        self._calls.call("SetSignal", SignalSetRequest(id=identifier, value=value))

    def node_executions(
        self,
        id: "WorkflowExecutionIdentifier",
        *,
        parent: str = "",
        filters: str = "",
    ) -> "Iterator[NodeExecution]":
        """Yield the nodes of an execution, oldest first.

        Args:
            id: of the execution.
            parent: unique id of a node: those that it holds; empty: those of the top level.
            filters: as Flyte has them, ``eq(phase,FAILED)+...``.

        Returns:
            An iterator over the nodes, which asks for them page by page.
        """
        from flyteidl.admin.common_pb2 import Sort
        from flyteidl.admin.node_execution_pb2 import NodeExecutionListRequest

        oldest_first = Sort(key="created_at", direction=Sort.ASCENDING)
        request = NodeExecutionListRequest(
            workflow_execution_id=id, unique_parent_id=parent, filters=filters, sort_by=oldest_first
        )
        return self._pages("ListNodeExecutions", request, "node_executions", None)

    def node_execution(self, id: "NodeExecutionIdentifier") -> "NodeExecution":
        """Return a node of an execution, or an item of an array node.

        Args:
            id: of the node; an item goes by its array node's id and its number, ``n0:17``.

        Raises:
            RemoteNotFound: there is none.
        """
        from flyteidl.admin.node_execution_pb2 import NodeExecutionGetRequest

        return self._calls.call("GetNodeExecution", NodeExecutionGetRequest(id=id))  # type: ignore[no-any-return]

    def task_executions(self, node: "NodeExecutionIdentifier") -> "Iterator[TaskExecution]":
        """Yield the attempts of a node, oldest first.

        Args:
            node: id of the node.

        Returns:
            An iterator over the attempts, which asks for them page by page.
        """
        from flyteidl.admin.common_pb2 import Sort
        from flyteidl.admin.task_execution_pb2 import TaskExecutionListRequest

        oldest_first = Sort(key="created_at", direction=Sort.ASCENDING)
        request = TaskExecutionListRequest(node_execution_id=node, sort_by=oldest_first)
        return self._pages("ListTaskExecutions", request, "task_executions", None)

    def execution_data(self, id: "WorkflowExecutionIdentifier") -> Data:
        """Return the inputs and outputs of an execution, wherever they are kept.

        Args:
            id: of the execution.

        Raises:
            RemoteNotFound: there is no such execution.
        """
        from flyteidl.admin.execution_pb2 import WorkflowExecutionGetDataRequest

        return self._data("GetExecutionData", WorkflowExecutionGetDataRequest(id=id))

    def node_data(self, id: "NodeExecutionIdentifier") -> Data:
        """Return the inputs and outputs of a node.

        Args:
            id: of the node.
        """
        from flyteidl.admin.node_execution_pb2 import NodeExecutionGetDataRequest

        return self._data("GetNodeExecutionData", NodeExecutionGetDataRequest(id=id))

    def dynamic_workflow(self, id: "NodeExecutionIdentifier") -> "CompiledWorkflowClosure":
        """Return the nodes that a dynamic node runs.

        Args:
            id: The node.

        Raises:
            RemoteNotFound: it has not said yet, or is not dynamic.
        """
        from flyteidl.admin.node_execution_pb2 import GetDynamicNodeWorkflowRequest

        answer = self._calls.call("GetDynamicNodeWorkflow", GetDynamicNodeWorkflowRequest(id=id))
        found: CompiledWorkflowClosure = answer.compiled_workflow
        return found

    def task_data(self, id: "TaskExecutionIdentifier") -> Data:
        """Return the inputs and outputs of an attempt.

        Args:
            id: of the attempt.
        """
        from flyteidl.admin.task_execution_pb2 import TaskExecutionGetDataRequest

        return self._data("GetTaskExecutionData", TaskExecutionGetDataRequest(id=id))

    def _data(self, method: str, request: Any) -> Data:
        answer = self._calls.call(method, request)
        return Data(
            self._literals(answer.full_inputs, answer.inputs),
            self._literals(answer.full_outputs, answer.outputs),
        )

    def _literals(self, inline: "LiteralMap", elsewhere: "UrlBlob") -> "LiteralMap":
        """Return literals from the answer itself, or where they were too large for one, from their link."""
        if inline.literals or not elsewhere.url:
            return inline
        try:
            return type(inline).FromString(self._fetch(elsewhere.url))
        except (RemoteNotFound, ObjectNotFound):
            if elsewhere.bytes:
                raise
            return inline  # its URL is known before it is written

    def _fetch(self, url: str) -> bytes:
        if url.startswith(("http://", "https://")):
            return transfer.get(url, timeout=self._timeout, backoff=self._backoff)
        prefix, key = split_uri(url)
        return open_store(prefix).get(key)


_DONE = object()
"""In place of an answer: an earlier try, whose answer was lost, did it."""


def _came_through(code: str, tries: int) -> Any:
    return _DONE if tries and code == "ALREADY_EXISTS" else None


def _new_name() -> str:
    """Return a name as flyteadmin makes them: an ``a`` and 19 letters or digits."""
    return "a" + "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(19))
