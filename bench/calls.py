"""How long lists take when there are very many executions, and how many calls a second the server answers."""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc.aio
from flyteidl.admin.common_pb2 import NamedEntityIdentifier, ResourceListRequest, Sort
from flyteidl.admin.execution_pb2 import WorkflowExecutionGetRequest
from flyteidl.admin.node_execution_pb2 import NodeExecutionGetRequest, NodeExecutionListRequest
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, WorkflowExecutionIdentifier
from flyteidl.service.admin_pb2_grpc import AdminServiceStub

from bench.figures import Figure
from bench.history import BIGGEST, DOMAIN, PROJECT, write_history
from bench.options import Options
from livedeck.testing.process import running_server

MANY, FEW = 200_000, 2_000
MOST_MS = 30.0
"""Milliseconds that a page may take, as a client sees it."""
GROWTH = 1.5
IN_FLIGHT = 16
SCOPE = NamedEntityIdentifier(project=PROJECT, domain=DOMAIN)
RUN = WorkflowExecutionIdentifier(project=PROJECT, domain=DOMAIN, name=BIGGEST)
NEWEST = Sort(key="created_at", direction=Sort.DESCENDING)
OLDEST = Sort(key="created_at", direction=Sort.ASCENDING)


def runs(filters: str = "", limit: int = 50) -> ResourceListRequest:
    return ResourceListRequest(id=SCOPE, filters=filters, limit=limit, sort_by=NEWEST)


LISTS: dict[str, tuple[str, Any]] = {
    "first page": ("ListExecutions", runs()),
    "default order": ("ListExecutions", ResourceListRequest(id=SCOPE, limit=50)),
    "of a phase": ("ListExecutions", runs("eq(phase,FAILED)")),
    "of several phases": ("ListExecutions", runs("value_in(phase,FAILED;SUCCEEDED)")),
    "of a workflow": ("ListExecutions", runs("eq(workflow.name,history.workflow_3)")),
    "nodes": (
        "ListNodeExecutions",
        NodeExecutionListRequest(workflow_execution_id=RUN, limit=50, sort_by=OLDEST),
    ),
    "workflows": ("ListWorkflows", runs()),
}
SEARCH = ("ListExecutions", runs("contains(workflow.name,rare)"))
"""Served by no index: one request looks through a part."""
CALLS: dict[str, tuple[str, Any, float]] = {
    "GetExecution": ("GetExecution", WorkflowExecutionGetRequest(id=RUN), 1_500),
    "GetNodeExecution": (
        "GetNodeExecution",
        NodeExecutionGetRequest(id=NodeExecutionIdentifier(execution_id=RUN, node_id="n0")),
        1_500,
    ),
    "ListExecutions of 5": ("ListExecutions", runs(limit=5), 500),
}
"""By name: the method, the request, and how many a second there must be."""


def figures(options: Options) -> Iterator[Figure]:
    many = MANY // 20 if options.short else MANY
    with tempfile.TemporaryDirectory() as folder:
        small, big = (_prepared(Path(folder) / str(count), count) for count in (FEW, many))
        with running_server(small) as few, running_server(big) as lots:
            times = asyncio.run(_times((few.endpoint, lots.endpoint), 5 if options.short else 50))
        with running_server(big) as server:
            rates = {name: _rate(server.endpoint, name, 1.0 if options.short else 5.0) for name in CALLS}
    for name, (before, after) in times.items():
        yield Figure(f"lists: {name}, {many:,} executions, median", statistics.median(after), "ms", MOST_MS)
        if name in LISTS:
            yield Figure(f"lists: {name}, times its time at {FEW:,}", min(after) / min(before), "x", GROWTH)
    for name, rate in rates.items():
        yield Figure(f"calls: {name}, {IN_FLIGHT} in flight", rate, "a second", CALLS[name][2], at_least=True)


def _prepared(folder: Path, count: int) -> Path:
    folder.mkdir()
    write_history(f"sqlite:///{folder}/livedeck.db", count, running=0)
    return folder


async def _times(endpoints: tuple[str, str], repetitions: int) -> dict[str, tuple[list[float], list[float]]]:
    """Return milliseconds by list, of each server; they are asked in turn, so that both have the same neighbours."""
    async with grpc.aio.insecure_channel(endpoints[0]) as few, grpc.aio.insecure_channel(endpoints[1]) as lots:
        stubs = AdminServiceStub(few), AdminServiceStub(lots)
        found = {}
        for name, (method, request) in {**LISTS, "part of a workflow's name, one look": SEARCH}.items():
            taken: tuple[list[float], list[float]] = ([], [])
            for _ in range(repetitions + 1):
                for stub, times in zip(stubs, taken, strict=True):
                    start = time.perf_counter()
                    await getattr(stub, method)(request)
                    times.append((time.perf_counter() - start) * 1000)
            found[name] = (taken[0][1:], taken[1][1:])
        return found


def _rate(endpoint: str, name: str, seconds: float) -> float:
    """Calls a second, from a process that does nothing else."""
    command = [sys.executable, "-m", "bench.calls", endpoint, name, str(seconds)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


async def _load(endpoint: str, name: str, seconds: float) -> float:
    """Call with so many in flight all the time; return how many were answered a second."""
    method, request, _ = CALLS[name]
    async with grpc.aio.insecure_channel(endpoint) as channel:
        call = getattr(AdminServiceStub(channel), method)
        await call(request)
        start = time.perf_counter()

        async def again() -> int:
            answered = 0
            while time.perf_counter() < start + seconds:
                await call(request)
                answered += 1
            return answered

        counts = await asyncio.gather(*(again() for _ in range(IN_FLIGHT)))
        return sum(counts) / (time.perf_counter() - start)


if __name__ == "__main__":
    print(asyncio.run(_load(sys.argv[1], sys.argv[2], float(sys.argv[3]))))
