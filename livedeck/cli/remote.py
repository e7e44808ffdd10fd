"""Running on the server: upload the code, register, create the execution, follow it."""

import base64
import hashlib
import importlib.metadata
import json
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import click
from flyteidl.core.execution_pb2 import WorkflowExecution
from flyteidl.core.identifier_pb2 import Identifier, WorkflowExecutionIdentifier
from flyteidl.core.literals_pb2 import LiteralMap

from livedeck.admin.names import check_entity_name, check_execution_name, check_scope
from livedeck.cli.node_names import node_names
from livedeck.cli.options import RunSettings
from livedeck.cli.progress import Progress
from livedeck.client import Client
from livedeck.client.connection import sendable
from livedeck.errors import LivedeckError
from livedeck.sdk import bundle
from livedeck.sdk.entities import AnyEntity
from livedeck.sdk.interface import Interface
from livedeck.sdk.loading import Program
from livedeck.sdk.specs import workflows as specs
from livedeck.sdk.tasks import Task
from livedeck.sdk.tracebacks import format_error, user_frames
from livedeck.sdk.types import DataPlane, Location, from_literal, to_json, to_literal


class ProgramError(click.ClickException):
    """An error that lines of the program raised while it was compiled: its traceback, without livedeck's own frames."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the traceback as Python does."""
        click.echo(self.message, file=file, err=file is None)


class UploadingDataPlane(DataPlane):
    """Sends files, frames and pickles through the control plane, so that the caller needs no access to the store."""

    def __init__(self, client: Client) -> None:
        super().__init__("memory://not-used")
        self._client = client

    def put_file(self, path: Path, name: str | None = None) -> str:
        """Upload one file and return its URI."""
        return self._client.upload(path, name or path.name)

    def put_folder(self, folder: Path) -> str:
        """Upload a folder and return the URI that all its files are below."""
        return self._client.upload_folder(folder)

    def put_bytes(self, data: bytes, name: str) -> str:
        """Upload ``data`` under a name and return its URI."""
        return self._client.upload(data, name)


class CheckingDataPlane(DataPlane):
    """Sends nothing: what is compiled with it is only looked at, and thrown away."""

    def __init__(self) -> None:
        super().__init__("memory://not-sent")

    def put_file(self, path: Path, name: str | None = None) -> str:
        """Return a URI such as the file would have."""
        return f"{self.new_uri()}/{name or path.name}"

    def put_folder(self, folder: Path) -> str:
        """Return a URI such as the folder would have."""
        return self.new_uri()

    def put_bytes(self, data: bytes, name: str) -> str:
        """Return a URI such as the data would have."""
        return f"{self.new_uri()}/{name}"


@dataclass(frozen=True)
class Registered:
    """A workflow or task as the server knows it."""

    id: Identifier
    """Of the launch plan, or of the task."""
    data: DataPlane


class RemoteProgram:
    """A user's program on its way to a server: bundled once, whatever of it is registered.

    Raises:
        UserError: its code cannot be bundled.
    """

    def __init__(self, client: Client, program: Program, version: str | None = None) -> None:
        self._client = client
        self._code = bundle.build(program.root)
        self._version = sendable(version or _version(self._code), "version")
        self._data = UploadingDataPlane(client)

    def check(self, entity: AnyEntity) -> None:
        """Compile a workflow or task, and send nothing.

        Raises:
            ProgramError: the program's own lines raised an error.
            UserError: it cannot be compiled.
        """
        try:
            specs.closure(entity, self._settings("", CheckingDataPlane()))
        except Exception as error:  # whatever the user's code raises, told as a local run does
            if user_frames(traceback.extract_tb(error.__traceback__)):
                raise ProgramError(format_error(error)) from error
            raise

    def register(self, entity: AnyEntity) -> Registered:
        """Upload the program's code and register a workflow or task with all that it calls.

        Raises:
            ProgramError: the program's own lines raised an error; nothing was sent.
            UserError: it cannot be compiled; nothing was sent.
            RemoteError: the server refused, or there is none.
        """
        self.check(entity)
        code = self._client.upload(self._code.data, self._code.name)
        registration = specs.closure(entity, self._settings(code, self._data))
        return Registered(registration.send(self._client), self._data)

    def _settings(self, code: str, data: DataPlane) -> specs.CompileSettings:
        return specs.CompileSettings(self._client.project, self._client.domain, self._version, code=code, data=data)


def register_entity(client: Client, program: Program, entity: AnyEntity, version: str | None = None) -> Registered:
    """Upload a program's code and register one workflow or task of it. See ``RemoteProgram.register``."""
    return RemoteProgram(client, program, version).register(entity)


def _version(code: bundle.Bundle) -> str:
    """The same for the same code, compiled by the same livedeck."""
    text = f"{code.digest} {importlib.metadata.version('livedeck')}"
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode().lower()[:20]


def run_remote(program: Program, entity: AnyEntity, inputs: Mapping[str, Any], settings: RunSettings) -> int:
    """Run on the server; return the exit status: 0 if it succeeded, or was only to be started.

    Raises:
        InvalidRequest: a name that the server would refuse; nothing was sent.
    """
    check_scope(settings.project, settings.domain)
    if settings.name is not None:
        check_execution_name(settings.name)
    if settings.version is not None:
        check_entity_name("version", settings.version)
    with Client(settings.endpoint, project=settings.project, domain=settings.domain) as client:
        registered = register_entity(client, program, entity, settings.version)
        if isinstance(
            entity, Task
        ):  # a workflow's defaults are in its launch plan; Flyte's tasks have no place for them
            inputs = entity.interface.complete(inputs)
        literals = LiteralMap(literals=_literals(entity.interface, inputs, registered.data))
        execution = client.create_execution(registered.id, literals, name=settings.name)
        url = client.console_url(execution)
        click.echo(f"Execution {execution.name}: {click.style(url, bold=True)}")
        if settings.detach:
            return 0
        return _follow(client, execution, url, entity)


def _literals(interface: Interface, inputs: Mapping[str, Any], data: DataPlane) -> dict[str, Any]:
    return {
        name: to_literal(value, interface.inputs[name].type, data, Location(interface.entity, name))
        for name, value in inputs.items()
    }


def _follow(client: Client, execution: WorkflowExecutionIdentifier, url: str, entity: AnyEntity) -> int:
    """Print what happens until the end, then the outputs."""
    try:
        names = node_names(client, client.get_execution(execution).closure.workflow_id)
        progress = Progress(url, names)
        ended = progress.follow(client.follow(execution))
    except KeyboardInterrupt:
        click.echo(f"\nThe execution goes on: `livedeck abort {execution.name}` ends it.")
        return 130
    if ended is None:
        return 1
    if ended.closure.phase != WorkflowExecution.SUCCEEDED:
        progress.explain(ended)
        return 1
    outputs = client.execution_data(execution).outputs
    if outputs.literals:
        click.echo(json.dumps(_shown(entity.interface, outputs), indent=2, ensure_ascii=False, default=repr))
    return 0


def _shown(interface: Interface, outputs: LiteralMap) -> dict[str, Any]:
    """The outputs as JSON; one that cannot be fetched from here (a file in a private store) as its URI."""
    data = DataPlane("memory://not-used")
    shown: dict[str, Any] = {}
    for name, python_type in interface.outputs.items():
        literal = outputs.literals[name]
        where = Location(interface.entity, name, "output")
        try:
            shown[name] = to_json(from_literal(literal, python_type, data, where), python_type, where)
        except LivedeckError:
            scalar, offloaded = literal.scalar, literal.offloaded_metadata
            shown[name] = scalar.blob.uri or scalar.structured_dataset.uri or offloaded.uri or str(literal)
    return shown
