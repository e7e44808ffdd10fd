"""Lookups of single entities, as messages rather than as answers to calls."""

from flyteidl.admin.execution_pb2 import Execution
from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, WorkflowExecutionIdentifier

from livedeck.admin.db import executions
from livedeck.admin.db.database import Database


class Queries:
    """Reads executions, nodes and attempts as they stand. What does not exist is None, or an empty list."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get_execution(self, identifier: WorkflowExecutionIdentifier) -> Execution | None:
        """Return an execution."""
        return await self._database.look_up(executions.find, identifier)

    async def get_node_execution(self, identifier: NodeExecutionIdentifier) -> NodeExecution | None:
        """Return a node execution."""
        return await self._database.look_up(executions.find_node, identifier)

    async def list_task_executions(self, identifier: NodeExecutionIdentifier) -> list[TaskExecution]:
        """Return all attempts of a node, oldest first."""
        return await self._database.read(executions.attempts_of, identifier)
