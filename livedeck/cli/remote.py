"""Running on the server: upload the code, register, create the execution, follow it."""

import base64
import hashlib
import importlib.metadata
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flyteidl.admin.execution_pb2 import Execution
from flyteidl.admin.launch_plan_pb2 import LaunchPlanCreateRequest
from flyteidl.admin.task_pb2 import TaskCreateRequest
from flyteidl.admin.workflow_pb2 import WorkflowCreateRequest
from flyteidl.core.execution_pb2 import WorkflowExecution
from flyteidl.core.identifier_pb2 import Identifier, WorkflowExecutionIdentifier
from flyteidl.core.literals_pb2 import LiteralMap

from livedeck.cli.progress import Progress, node_names
from livedeck.client import Client
from livedeck.errors import LivedeckError
from livedeck.sdk import bundle
from livedeck.sdk import compile as compiler
from livedeck.sdk.interface import Interface
from livedeck.sdk.loading import Program
from livedeck.sdk.tasks import Task
from livedeck.sdk.types import DataPlane, Where, from_literal, to_json, to_literal
from livedeck.sdk.workflows import Workflow

if TYPE_CHECKING:
    from livedeck.cli.run import RunSettings

Entity = Task[..., Any] | Workflow[..., Any]


class UploadingDataPlane(DataPlane):
    """Sends files, frames and pickles through the control plane, so that the caller needs no access to the store."""

    def __init__(self, client: Client) -> None:
        super().__init__("memory://not-used")
        self._client = client

    def put_file(self, path: Path, name: str | None = None) -> str:
        """Upload one file and return its URI."""
        return self._client.upload(path, name or path.name)

    def put_bytes(self, data: bytes, name: str) -> str:
        """Upload ``data`` under a name and return its URI."""
        return self._client.upload(data, name)


@dataclass(frozen=True)
class Registered:
    """A workflow or task as the server knows it."""

    id: Identifier
    """Of the launch plan, or of the task."""
    data: DataPlane


def register_entity(client: Client, program: Program, entity: Entity, version: str | None = None) -> Registered:
    """Upload the program's code and register a workflow or task with all that it calls.

    Raises:
        UserError: it cannot be compiled; nothing was sent.
        RemoteError: the server refused, or there is none.
    """
    code = bundle.build(program.root)
    data = UploadingDataPlane(client)
    settings = compiler.CompileSettings(client.project, client.domain, version or _version(code), data=data)
    compiler.closure(entity, settings)  # a mistake is told before anything is sent
    settings = compiler.CompileSettings(
        client.project, client.domain, settings.version, code=client.upload(code.data, code.name), data=data
    )
    registration = compiler.closure(entity, settings)
    client.register(
        [
            *(TaskCreateRequest(id=spec.template.id, spec=spec) for spec in registration.tasks),
            *(WorkflowCreateRequest(id=spec.template.id, spec=spec) for spec in registration.workflows),
            *(LaunchPlanCreateRequest(id=plan, spec=spec) for plan, spec in registration.launch_plans),
        ]
    )
    if isinstance(entity, Workflow):
        return Registered(registration.launch_plans[-1][0], data)
    return Registered(registration.tasks[-1].template.id, data)


def _version(code: bundle.Bundle) -> str:
    """The same for the same code, compiled by the same livedeck."""
    text = f"{code.digest} {importlib.metadata.version('livedeck')}"
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode().lower()[:20]


def run_remote(program: Program, entity: Entity, inputs: Mapping[str, Any], settings: "RunSettings") -> int:
    """Run on the server; return the exit status: 0 if it succeeded, or was only to be started."""
    with Client(settings.endpoint, project=settings.project, domain=settings.domain) as client:
        registered = register_entity(client, program, entity, settings.version)
        literals = LiteralMap(literals=_literals(entity.interface, inputs, registered.data))
        execution = client.create_execution(registered.id, literals, name=settings.name)
        url = client.console_url(execution)
        click.echo(f"Execution {execution.name}: {click.style(url, bold=True)}")
        if settings.detach:
            return 0
        return _follow(client, execution, url, entity)


def _literals(interface: Interface, inputs: Mapping[str, Any], data: DataPlane) -> dict[str, Any]:
    return {
        name: to_literal(value, interface.inputs[name].type, data, Where(interface.entity, name))
        for name, value in inputs.items()
    }


def _follow(client: Client, execution: WorkflowExecutionIdentifier, url: str, entity: Entity) -> int:
    """Print what happens until the end, then the outputs."""
    try:
        names = node_names(client, client.get_execution(execution).closure.workflow_id)
        ended = Progress(url, names).follow(client.follow(execution))
    except KeyboardInterrupt:
        click.echo(f"\nThe execution goes on: `livedeck abort {execution.name}` ends it.")
        return 130
    if ended is None or ended.closure.phase != WorkflowExecution.SUCCEEDED:
        _explain(ended)
        return 1
    outputs = client.execution_data(execution).outputs
    if outputs.literals:
        click.echo(json.dumps(_shown(entity.interface, outputs), indent=2, ensure_ascii=False, default=repr))
    return 0


def _explain(execution: Execution | None) -> None:
    if execution is None:
        return
    closure = execution.closure
    message = closure.error.message if closure.HasField("error") else closure.abort_metadata.cause
    if message:
        click.echo(message.rstrip(), err=True)


def _shown(interface: Interface, outputs: LiteralMap) -> dict[str, Any]:
    """The outputs as JSON; one that cannot be fetched from here (a file in a private store) as its URI."""
    data = DataPlane("memory://not-used")
    shown: dict[str, Any] = {}
    for name, python_type in interface.outputs.items():
        literal = outputs.literals[name]
        where = Where(interface.entity, name, "output")
        try:
            shown[name] = to_json(from_literal(literal, python_type, data, where), python_type, where)
        except LivedeckError:
            shown[name] = literal.scalar.blob.uri or literal.scalar.structured_dataset.uri or str(literal)
    return shown
