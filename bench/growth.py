"""`python -m bench.growth [--executions N]`: what grows with the number of executions in PostgreSQL.

A server of its own has two databases, one with few executions and one with very many, made there by INSERT ... SELECT.
Both are asked in turn, so that they have the same neighbours. What is not within 1.5 times is missed; the status is 1.
"""

import argparse
import asyncio
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import asdict, dataclass
from typing import Any, Final

import grpc.aio
from flyteidl.admin.common_pb2 import NamedEntityIdentifier, ResourceListRequest, Sort
from flyteidl.admin.execution_pb2 import Execution, WorkflowExecutionGetRequest
from flyteidl.admin.node_execution_pb2 import NodeExecutionGetRequest, NodeExecutionListRequest
from flyteidl.admin.task_execution_pb2 import TaskExecutionListRequest
from flyteidl.core.execution_pb2 import NodeExecution as N
from flyteidl.core.execution_pb2 import TaskExecution as K
from flyteidl.core.execution_pb2 import WorkflowExecution as W
from flyteidl.core.identifier_pb2 import (
    Identifier,
    NodeExecutionIdentifier,
    ResourceType,
    WorkflowExecutionIdentifier,
)
from flyteidl.event.event_pb2 import NodeExecutionEvent, TaskExecutionEvent, WorkflowExecutionEvent
from flyteidl.service.admin_pb2_grpc import AdminServiceStub
from rich.console import Console
from rich.table import Table

from bench.figures import save_growth
from bench.filled import fill, name_of
from bench.history import DOMAIN, PROJECT
from livedeck.admin.control_plane import DatabaseControlPlane
from livedeck.admin.db import open_executions
from livedeck.admin.db.database import Database
from livedeck.admin.db.executions import NewExecution, add
from livedeck.admin.db.recording import ExecutionEvent
from livedeck.admin.db.writer import Transaction
from livedeck.admin.feed import Feed
from livedeck.admin.objects import Objects
from livedeck.store import open_store
from livedeck.store.layout import execution_prefix
from livedeck.testing.cluster.postgresql import PostgresqlServer
from livedeck.testing.process import running_server
from tests.postgresql import running_postgresql

FEW: Final = 10_000
MANY: Final = 1_000_000
GROWTH: Final = 1.5
ROUNDS: Final = 300
BYTES: Final = 40_000
"""What an execution takes on the disk, with its nodes, attempts and events, while they are made."""
SETTINGS: Final = (
    "shared_buffers=1GB",
    "maintenance_work_mem=1GB",
    "max_wal_size=8GB",
    "wal_level=minimal",
    "max_wal_senders=0",
)
"""Of a server for a database of this size; the last two have what is filled into new tables written once."""

SCOPE: Final = NamedEntityIdentifier(project=PROJECT, domain=DOMAIN)
NEWEST: Final = Sort(key="created_at", direction=Sort.DESCENDING)
OLDEST: Final = Sort(key="created_at", direction=Sort.ASCENDING)
RUN: Final = WorkflowExecutionIdentifier(project=PROJECT, domain=DOMAIN, name=name_of(FEW // 2))
NODE: Final = NodeExecutionIdentifier(execution_id=RUN, node_id="n3")


def runs(filters: str = "") -> ResourceListRequest:
    return ResourceListRequest(id=SCOPE, filters=filters, limit=50, sort_by=NEWEST)


CALLS: Final[dict[str, tuple[str, Any]]] = {
    "the console's first page": ("ListExecutions", runs()),
    **{
        f"the console's first page, phase {phase}": ("ListExecutions", runs(f"eq(phase,{phase})"))
        for phase in ("QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT")
    },
    "the console's first page, part of a workflow's name": ("ListExecutions", runs("contains(workflow.name,flow_7)")),
    "the console's first page, part of no workflow's name": ("ListExecutions", runs("contains(workflow.name,nowhere)")),
    "the console's first page, phase and part of a name": (
        "ListExecutions",
        runs("eq(phase,FAILED)+contains(workflow.name,flow_7)"),
    ),
    "executions of a workflow": ("ListExecutions", runs("eq(workflow.name,history.workflow_7)")),
    "executions of several phases": ("ListExecutions", runs("value_in(phase,UNDEFINED;QUEUED;RUNNING)")),
    "GetExecution": ("GetExecution", WorkflowExecutionGetRequest(id=RUN)),
    "GetNodeExecution": ("GetNodeExecution", NodeExecutionGetRequest(id=NODE)),
    "the nodes of an execution": (
        "ListNodeExecutions",
        NodeExecutionListRequest(workflow_execution_id=RUN, limit=50, sort_by=OLDEST),
    ),
    "the attempts of a node": ("ListTaskExecutions", TaskExecutionListRequest(node_execution_id=NODE, limit=50)),
}
"""By name: the method and the request."""

OWNER: Final = "growth"
WARM: Final = 20
"""Rounds before those that count."""


@dataclass(frozen=True)
class Row:
    """What was measured of one thing, in milliseconds."""

    name: str
    before: float
    after: float

    @property
    def times(self) -> float:
        """How many times as long it takes."""
        return self.after / self.before


@dataclass(frozen=True)
class World:
    """A database, and an engine's way to it."""

    database: Database
    control: DatabaseControlPlane
    inputs_uri: str


Step = Callable[[World, str], Awaitable[Any]]
"""Of an execution of that name."""


async def create(world: World, name: str) -> None:
    await world.database.write(_add, name, world.inputs_uri)


async def claim(world: World, name: str) -> None:
    [claimed] = await world.control.claim(OWNER, limit=10, ttl=600)
    assert claimed.id.name == name


async def claim_nothing(world: World, _name: str) -> None:
    assert not await world.control.claim(OWNER, limit=10, ttl=600)


async def renew(world: World, name: str) -> None:
    assert (await world.control.renew(OWNER, [f"{PROJECT}/{DOMAIN}/{name}"], ttl=600)).held


async def record_begin(world: World, name: str) -> None:
    events: list[ExecutionEvent] = [WorkflowExecutionEvent(execution_id=_run(name), phase=W.RUNNING)]
    await world.control.report(OWNER, [*events, _of_node(name, N.RUNNING), _of_task(name, K.RUNNING)])


async def record_end(world: World, name: str) -> None:
    over = WorkflowExecutionEvent(execution_id=_run(name), phase=W.SUCCEEDED)
    await world.control.report(OWNER, [_of_task(name, K.SUCCEEDED), _of_node(name, N.SUCCEEDED), over])


async def see_change(world: World, _name: str) -> None:
    assert await Feed(world.database).after(world.database.newest - 3)


async def see_execution(world: World, _name: str) -> None:
    await Feed(world.database).snapshot(PROJECT, DOMAIN, RUN.name)


async def count_open(world: World, _name: str) -> None:
    await world.database.read(open_executions.count)


async def release(world: World, name: str) -> None:
    await world.control.release(OWNER, f"{PROJECT}/{DOMAIN}/{name}")


STEPS: Final[dict[str, Step]] = {
    "creating an execution's row": create,
    "a claim of one execution": claim,
    "a claim when there is nothing to do": claim_nothing,
    "recording the begin of an execution, a node, an attempt": record_begin,
    "renewing a lease": renew,
    "recording their end": record_end,
    "giving a lease back": release,
    "what changed, for viewers": see_change,
    "all of an execution, for its page": see_execution,
    "counting open executions, for /metrics": count_open,
}
"""What a server does with its database, in the order of an execution's life."""


def _run(name: str) -> WorkflowExecutionIdentifier:
    return WorkflowExecutionIdentifier(project=PROJECT, domain=DOMAIN, name=name)


def _of_node(name: str, phase: Any) -> NodeExecutionEvent:
    event = NodeExecutionEvent(id=NodeExecutionIdentifier(execution_id=_run(name), node_id="n0"), phase=phase)
    event.occurred_at.GetCurrentTime()
    return event


def _of_task(name: str, phase: Any) -> TaskExecutionEvent:
    task = Identifier(resource_type=ResourceType.TASK, project=PROJECT, domain=DOMAIN, name="t", version="v0")
    node = NodeExecutionIdentifier(execution_id=_run(name), node_id="n0")
    event = TaskExecutionEvent(task_id=task, parent_node_execution_id=node, phase=phase)
    event.occurred_at.GetCurrentTime()
    return event


def _add(transaction: Transaction, name: str, inputs_uri: str) -> None:
    plan = Identifier(
        resource_type=ResourceType.LAUNCH_PLAN, project=PROJECT, domain=DOMAIN, name="history.workflow_7", version="v0"
    )
    message = Execution(id=_run(name))
    message.spec.launch_plan.CopyFrom(plan)
    message.closure.workflow_id.CopyFrom(plan)
    message.closure.workflow_id.resource_type = ResourceType.WORKFLOW
    folder = execution_prefix(PROJECT, DOMAIN, name)
    add(transaction, NewExecution(message, 8, folder, inputs_uri, inputs_uri))


def measure(server: PostgresqlServer, few: int, many: int, rounds: int) -> list[Row]:
    """Fill two databases, ask both, and return a row for each thing that was asked."""
    urls = []
    for count in (few, many):
        began = time.perf_counter()
        urls.append(server.url(server.new_database()))
        fill(urls[-1], count)
        print(f"{count:,} executions made in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    times = {**asyncio.run(_steps(urls, rounds)), **_calls(urls, rounds)}
    return [Row(name, *map(statistics.median, taken)) for name, taken in times.items()]


Times = dict[str, tuple[list[float], list[float]]]
"""Milliseconds by what was asked, in either database."""


def _calls(urls: Sequence[str], rounds: int) -> Times:
    """Ask two servers for what the console and clients ask for."""
    with ExitStack() as stack:
        servers = [stack.enter_context(running_server(options=("--database", url))) for url in urls]
        return asyncio.run(_call([server.endpoint for server in servers], rounds))


async def _call(endpoints: Sequence[str], rounds: int) -> Times:
    async with AsyncExitStack() as stack:
        channels = [await stack.enter_async_context(grpc.aio.insecure_channel(endpoint)) for endpoint in endpoints]
        stubs = [AdminServiceStub(channel) for channel in channels]
        found: Times = {}
        for name, (method, request) in CALLS.items():
            found[name] = ([], [])
            for number in range(rounds + WARM):
                for stub, taken in zip(stubs, found[name], strict=True):
                    began = time.perf_counter()
                    await getattr(stub, method)(request)
                    if number >= WARM:
                        taken.append((time.perf_counter() - began) * 1000)
        return found


async def _steps(urls: Sequence[str], rounds: int) -> Times:
    """Have executions from their creation to their end in either database, one at a time."""
    found: Times = {name: ([], []) for name in STEPS}
    async with AsyncExitStack() as stack:
        databases = [await stack.enter_async_context(Database.open(url)) for url in urls]
        store = open_store(f"file://{stack.enter_context(tempfile.TemporaryDirectory())}")
        store.put("inputs", b"")
        controls = [DatabaseControlPlane(database, Objects(store)) for database in databases]
        for number in range(rounds + WARM):
            for which, (database, control) in enumerate(zip(databases, controls, strict=True)):
                for name, step in STEPS.items():
                    began = time.perf_counter()
                    await step(World(database, control, store.uri_of("inputs")), f"new-{number}")
                    if number >= WARM:
                        found[name][which].append((time.perf_counter() - began) * 1000)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="growth", description=__doc__)
    parser.add_argument(
        "--executions", type=int, default=MANY, metavar="N", help=f"how many there are at most ({MANY:,})"
    )
    given = parser.parse_args()
    if given.executions <= FEW:
        parser.error(f"--executions is to be more than the {FEW:,} that it is compared with")
    with tempfile.TemporaryDirectory() as folder:
        free = shutil.disk_usage(folder).free
    if free < given.executions * BYTES:
        print(f"temporary files need {given.executions * BYTES / 1e9:.0f} GB on their disk, {free / 1e9:.0f} are free")
        return 2
    with running_postgresql(*SETTINGS) as server:
        rows = measure(server, FEW, given.executions, ROUNDS)
    _show(rows, given.executions)
    if given.executions == MANY:
        save_growth(FEW, MANY, GROWTH, [asdict(row) for row in rows])
    return 0 if all(row.times <= GROWTH for row in rows) else 1


def _show(rows: Sequence[Row], many: int) -> None:
    table = Table(title=f"with {FEW:,} and with {many:,} executions", title_justify="left")
    for column in ("what", "before", "after", "times", ""):
        table.add_column(column, justify="left" if column in {"what", ""} else "right")
    for row in rows:
        verdict = "ok" if row.times <= GROWTH else "MISSED"
        table.add_row(row.name, f"{row.before:.2f} ms", f"{row.after:.2f} ms", f"{row.times:.2f}", verdict)
    Console(width=None if sys.stdout.isatty() else 130).print(table)


if __name__ == "__main__":
    sys.exit(main())
