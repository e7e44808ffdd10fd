"""A real database file, a store in memory, the services over both, and builders of the messages they take."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from flyteidl.admin.execution_pb2 import ExecutionCreateRequest, ExecutionSpec
from flyteidl.admin.launch_plan_pb2 import LaunchPlanCreateRequest, LaunchPlanSpec
from flyteidl.admin.task_pb2 import TaskCreateRequest, TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowCreateRequest, WorkflowSpec
from flyteidl.core.execution_pb2 import NodeExecution, TaskExecution, WorkflowExecution
from flyteidl.core.identifier_pb2 import (
    Identifier,
    NodeExecutionIdentifier,
    ResourceType,
    WorkflowExecutionIdentifier,
)
from flyteidl.core.interface_pb2 import TypedInterface, Variable, VariableMap
from flyteidl.core.literals_pb2 import Binding, BindingData, Literal, LiteralMap, Primitive, Scalar
from flyteidl.core.tasks_pb2 import TaskTemplate
from flyteidl.core.types_pb2 import LiteralType, OutputReference, SimpleType
from flyteidl.core.workflow_pb2 import Node, TaskNode, WorkflowTemplate
from flyteidl.event.event_pb2 import NodeExecutionEvent, TaskExecutionEvent, WorkflowExecutionEvent
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from livedeck.admin.control_plane import DatabaseControlPlane
from livedeck.admin.db.database import Database
from livedeck.admin.objects import Objects
from livedeck.admin.services.admin import build_services
from livedeck.admin.services.calls import GRPC_OPTIONS, Service
from livedeck.store import SignedUrl, Store, layout, open_store
from livedeck.testing.cluster.postgresql import PostgresqlServer
from livedeck.testing.server import DatabaseOf, databases, make_database
from tests.short_paths import short_folder

PROJECT, DOMAIN = "flytesnacks", "development"
INTEGER = LiteralType(simple=SimpleType.INTEGER)
_numbers = itertools.count(1)


class Protos:
    """Builders of small, complete messages."""

    project, domain = PROJECT, DOMAIN
    integer = INTEGER
    string = LiteralType(simple=SimpleType.STRING)

    def id(self, kind: Any, name: str, version: str = "v1", **other: str) -> Identifier:
        return Identifier(
            resource_type=ResourceType.Value(kind),  # type: ignore[arg-type]
            project=other.get("project", PROJECT),
            domain=other.get("domain", DOMAIN),
            name=name,
            version=version,
        )

    def interface(
        self, inputs: Mapping[str, LiteralType] | None = None, outputs: Mapping[str, LiteralType] | None = None
    ) -> TypedInterface:
        return TypedInterface(
            inputs=VariableMap(variables={name: Variable(type=kind) for name, kind in (inputs or {}).items()}),
            outputs=VariableMap(variables={name: Variable(type=kind) for name, kind in (outputs or {}).items()}),
        )

    def task(
        self, name: str = "double", version: str = "v1", interface: TypedInterface | None = None
    ) -> TaskCreateRequest:
        identifier = self.id("TASK", name, version)
        template = TaskTemplate(
            id=identifier, type="python-task", interface=interface or self.interface({"x": INTEGER}, {"o0": INTEGER})
        )
        template.container.image = "livedeck"
        return TaskCreateRequest(id=identifier, spec=TaskSpec(template=template))

    def promise(self, name: str, node: str, output: str) -> Binding:
        return Binding(var=name, binding=BindingData(promise=OutputReference(node_id=node, var=output)))

    def constant(self, name: str, value: int) -> Binding:
        return Binding(var=name, binding=BindingData(scalar=self.literal(value).scalar))

    def literal(self, value: int | str) -> Literal:
        primitive = Primitive(integer=value) if isinstance(value, int) else Primitive(string_value=value)
        return Literal(scalar=Scalar(primitive=primitive))

    def literals(self, **values: int | str) -> LiteralMap:
        return LiteralMap(literals={name: self.literal(value) for name, value in values.items()})

    def node(self, node_id: str, task: str, inputs: Sequence[Binding] = (), upstream: Sequence[str] = ()) -> Node:
        return Node(
            id=node_id,
            inputs=inputs,
            upstream_node_ids=upstream,
            task_node=TaskNode(reference_id=self.id("TASK", task)),
        )

    def chain(self, length: int = 2, name: str = "chain", version: str = "v1") -> WorkflowCreateRequest:
        """``length`` times ``double``, one after the other, over the workflow's input ``x``."""
        identifier = self.id("WORKFLOW", name, version)
        nodes = [
            self.node(f"n{i}", "double", [self.promise("x", f"n{i - 1}" if i else "", "o0" if i else "x")])
            for i in range(length)
        ]
        template = WorkflowTemplate(
            id=identifier,
            interface=self.interface({"x": INTEGER}, {"o0": INTEGER}),
            nodes=nodes,
            outputs=[self.promise("o0", f"n{length - 1}", "o0")],
        )
        return WorkflowCreateRequest(id=identifier, spec=WorkflowSpec(template=template))

    def launch_plan(self, workflow: str = "chain", version: str = "v1", name: str = "") -> LaunchPlanCreateRequest:
        spec = LaunchPlanSpec(workflow_id=self.id("WORKFLOW", workflow))
        return LaunchPlanCreateRequest(id=self.id("LAUNCH_PLAN", name or workflow, version), spec=spec)

    def execution(self, name: str = "", plan: str = "chain", **inputs: int | str) -> ExecutionCreateRequest:
        return ExecutionCreateRequest(
            project=PROJECT,
            domain=DOMAIN,
            name=name,
            spec=ExecutionSpec(launch_plan=self.id("LAUNCH_PLAN", plan)),
            inputs=self.literals(**(inputs or {"x": 1})),
        )

    def execution_id(self, name: str) -> WorkflowExecutionIdentifier:
        return WorkflowExecutionIdentifier(project=PROJECT, domain=DOMAIN, name=name)

    def node_id(self, execution: str, node: str) -> NodeExecutionIdentifier:
        return NodeExecutionIdentifier(execution_id=self.execution_id(execution), node_id=node)

    def now(self) -> Timestamp:
        """Later with every call, so that durations are never 0."""
        at = Timestamp()
        at.FromDatetime(datetime(2026, 11, 24, tzinfo=UTC) + timedelta(seconds=next(_numbers)))
        return at

    def workflow_event(self, execution: Any, phase: Any, **more: Any) -> WorkflowExecutionEvent:
        return WorkflowExecutionEvent(
            execution_id=self.execution_id(execution), phase=phase, occurred_at=self.now(), **more
        )

    def node_event(self, execution: Any, node: Any, phase: Any, **more: Any) -> NodeExecutionEvent:
        return NodeExecutionEvent(
            id=self.node_id(execution, node), phase=phase, occurred_at=self.now(), spec_node_id=node, **more
        )

    def task_event(self, execution: str, node: str, phase: Any, **more: Any) -> TaskExecutionEvent:
        return TaskExecutionEvent(
            task_id=self.id("TASK", "double"),
            parent_node_execution_id=self.node_id(execution, node),
            phase=phase,
            occurred_at=self.now(),
            **more,
        )


class PlainLinks:
    """Links that show what they were made for."""

    def upload_url(self, key: str, expires: timedelta, content_md5: bytes) -> SignedUrl:
        url = f"http://links/upload/{key}?md5={content_md5.hex()}&expires={expires.total_seconds():.0f}"
        return SignedUrl(url, {"x-kind": "block"})

    def download_url(self, key: str, expires: timedelta) -> str:
        return f"http://links/download/{key}?expires={expires.total_seconds():.0f}"


@dataclass
class Caller:
    """Calls the services in process, as gRPC and REST both do."""

    services: Sequence[Service]

    async def __call__(self, method: str, request: Message) -> Any:
        for service in self.services:
            if method in service.descriptor.methods_by_name:
                return await service.call(method, request)
        raise AssertionError(method)


@pytest.fixture
def protos() -> Protos:
    return Protos()


@pytest.fixture(scope="session")
def protos_class() -> type[Protos]:
    """For property tests, which may not have a fixture for each test."""
    return Protos


ON_BOTH = ("test_control_plane", "test_feed", "test_deletion", "test_retention", "test_writer", "test_signals")
"""Modules of tests of what is in the database, which always run on both kinds; all others with ``--on-postgresql``."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    module = metafunc.module.__name__.rpartition(".")[2]
    if module in ON_BOTH and "database_url" in metafunc.fixturenames:
        metafunc.parametrize(
            "database_of", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
        )


@pytest.fixture(autouse=True)
def database_of(request: pytest.FixtureRequest) -> Iterator[DatabaseOf]:
    """From a folder to the URL of its database: an SQLite file in it, or one on a server."""
    wanted = "postgresql" if request.config.getoption("--on-postgresql") else "sqlite"
    if getattr(request, "param", wanted) == "sqlite":
        yield lambda folder: f"sqlite+aiosqlite:///{folder}/livedeck.db"
        return
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    template: str = request.getfixturevalue("migrated_postgresql")
    made: dict[Path, str] = {}

    def find(folder: Path) -> str:
        if folder not in made:
            made[folder] = server.new_database(template)
        return server.url(made[folder])

    with databases(find):
        yield find
    for name in made.values():
        server.drop_database(name)


@pytest.fixture
def in_a_file(request: pytest.FixtureRequest) -> None:
    """Leave a test out where no database is a file."""
    if request.config.getoption("--on-postgresql"):
        pytest.skip("it is of SQLite's file")


@pytest.fixture
def database_url(database_of: DatabaseOf, tmp_path: Path) -> str:
    return database_of(tmp_path)


@pytest.fixture
async def database(database_url: str, tmp_path: Path) -> AsyncIterator[Database]:
    if database_url.startswith("sqlite"):
        make_database(tmp_path / "livedeck.db")
    async with Database.open(database_url) as opened:
        yield opened


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/store")


@pytest.fixture
def objects(store: Store) -> Objects:
    return Objects(store)


@pytest.fixture
def services(database: Database, objects: Objects) -> list[Service]:
    return build_services(database, objects, PlainLinks())


@pytest.fixture
def call(services: list[Service]) -> Caller:
    return Caller(services)


@pytest.fixture
def control(database: Database, objects: Objects) -> DatabaseControlPlane:
    return DatabaseControlPlane(database, objects)


@pytest.fixture
async def registered(call: Caller, protos: Protos) -> Caller:
    """The services with task ``double``, workflow ``chain`` and its launch plan."""
    await call("CreateTask", protos.task())
    await call("CreateWorkflow", protos.chain())
    await call("CreateLaunchPlan", protos.launch_plan())
    return call


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder for sockets."""
    with short_folder() as folder:
        yield folder


@pytest.fixture
async def channel(services: list[Service], short_path: Path) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a real gRPC server with the services."""
    server = grpc.aio.server(options=GRPC_OPTIONS)
    server.add_generic_rpc_handlers(tuple(service.grpc_handler() for service in services))
    address = f"unix:{short_path}/grpc.sock"
    server.add_insecure_port(address)
    await server.start()
    async with grpc.aio.insecure_channel(address) as opened:
        yield opened
    await server.stop(grace=None)


@pytest.fixture
async def run(registered: Caller, control: DatabaseControlPlane, protos: Protos, store: Store) -> Callable[..., Any]:
    """Create an execution with one node and attempt, finished unless told otherwise, and with things in the store."""

    async def create(
        name: str, *, ends: bool = True, request: ExecutionCreateRequest | None = None
    ) -> WorkflowExecutionIdentifier:
        await registered("CreateExecution", request or protos.execution(name))
        await control.claim("engine", limit=10, ttl=60)
        reported = [
            protos.workflow_event(name, WorkflowExecution.RUNNING),
            protos.node_event(name, "n0", NodeExecution.RUNNING),
            protos.task_event(name, "n0", TaskExecution.RUNNING),
        ]
        if ends:
            end = protos.workflow_event(name, WorkflowExecution.SUCCEEDED)
            end.occurred_at.GetCurrentTime()
            reported += [
                protos.task_event(name, "n0", TaskExecution.SUCCEEDED),
                protos.node_event(name, "n0", NodeExecution.SUCCEEDED),
                end,
            ]
        await control.report("engine", reported)  # type: ignore[arg-type]
        if ends:
            await control.release("engine", f"{protos.project}/{protos.domain}/{name}")
        folder = layout.execution_prefix(protos.project, protos.domain, name)
        store.put(f"{layout.attempt_prefix(folder, 'n0', 0)}/deck.html", b"deck")
        store.put(f"{layout.raw_data_prefix(protos.project, protos.domain, name)}/n0-0/file", b"file")
        return protos.execution_id(name)

    return create
