"""`/metrics`, read as Prometheus reads it."""

import asyncio
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from flyteidl.core.execution_pb2 import WorkflowExecution
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse

from livedeck.admin.app import Admin
from livedeck.admin.db.database import Database
from livedeck.admin.db.engines import READERS
from livedeck.admin.db.open_executions import count
from livedeck.admin.operations.database_gauges import DatabaseGauges
from livedeck.errors import DatabaseUnavailable, StoreUnavailable
from livedeck.propeller.status import EngineStatus
from livedeck.store import Store
from livedeck.store.memory import MemoryBackend
from livedeck.testing.server import DEADLINE, listening, running_admin
from tests.admin.conftest import Caller, Protos


class Full(MemoryBackend):
    """A store without room."""

    def put(self, key: str, data: bytes, content_type: str | None) -> None:
        raise StoreUnavailable(f"no room for {len(data)} bytes of {key} ({content_type})")


Numbers = Mapping[tuple[str, tuple[tuple[str, str], ...]], float]


async def scrape(admin: Admin) -> Numbers:
    """Every sample, by its name and labels."""
    async with httpx.AsyncClient(base_url=f"http://{admin.endpoint}", timeout=DEADLINE) as http:
        answer = await http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in parse(answer.text)
        for sample in family.samples
    }


def value(numbers: Numbers, name: str, **labels: str) -> float:
    return numbers.get((name, tuple(sorted(labels.items()))), 0.0)


async def test_what_is_done_is_counted(tmp_path: Path) -> None:
    async with (
        running_admin(tmp_path) as admin,
        httpx.AsyncClient(base_url=f"http://{admin.endpoint}", timeout=DEADLINE) as http,
    ):
        before = await scrape(admin)
        await http.get("/api/v1/version")
        await http.get("/api/v1/executions/flytesnacks/development/none")
        async with listening(admin.endpoint, "/live/executions?project=flytesnacks&domain=development") as stream:
            await stream.until("ready")
            assert value(await scrape(admin), "livedeck_streams") == 1
        after = await scrape(admin)
    gained = {key: number - before.get(key, 0.0) for key, number in after.items()}
    assert value(gained, "livedeck_call_seconds_count", method="GetVersion") == 1
    assert value(gained, "livedeck_call_errors_total", method="GetExecution", code="NOT_FOUND") == 1
    assert value(gained, "livedeck_database_seconds_count", operation="lookup") >= 1
    assert value(after, "process_resident_memory_bytes") > 0
    assert value(after, "livedeck_store_free_bytes") > 0
    assert ("livedeck_leases", ()) not in after  # there is no engine


async def test_the_engine_tells_of_its_attempts_and_leases(tmp_path: Path) -> None:
    status = EngineStatus(
        silent=2.0,
        longest_silence=30.0,
        leases=3,
        lease_age=4.0,
        attempts={("process", "running"): 5, ("process", "queued"): 6},
        held_back=7,
    )
    async with running_admin(tmp_path) as admin:
        admin.watch_engine(lambda: status)
        found = await scrape(admin)
    assert value(found, "livedeck_attempts", executor="process", state="running") == 5
    assert value(found, "livedeck_attempts", executor="process", state="queued") == 6
    assert value(found, "livedeck_nodes_held_back") == 7
    assert value(found, "livedeck_leases") == 3
    assert value(found, "livedeck_lease_age_seconds") == 4.0
    assert value(found, "livedeck_engine_silent_seconds") == 2.0


async def test_openmetrics_is_spoken_to_who_asks_for_it(tmp_path: Path) -> None:
    headers = {"accept": "application/openmetrics-text;version=1.0.0"}
    async with (
        running_admin(tmp_path) as admin,
        httpx.AsyncClient(base_url=f"http://{admin.endpoint}", timeout=DEADLINE) as http,
    ):
        answer = await http.get("/metrics", headers=headers)
    families = parse_openmetrics(answer.text)  # type: ignore[no-untyped-call]
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert {family.name for family in families} >= {"livedeck_events", "livedeck_streams"}


@pytest.mark.usefixtures("in_a_file")
async def test_store_and_database_are_timed_and_what_they_fail_at_is_counted(tmp_path: Path) -> None:
    async with (
        running_admin(tmp_path) as admin,
        httpx.AsyncClient(base_url=f"http://{admin.endpoint}", timeout=DEADLINE) as http,
    ):
        before = await scrape(admin)
        await http.get("/readyz")
        with pytest.raises(StoreUnavailable):
            Store("memory://full", Full()).put("key", b"value")
        (tmp_path / "livedeck.db").unlink()
        await http.get("/api/v1/executions/flytesnacks/development/none")
        after = await scrape(admin)
    gained = {key: number - before.get(key, 0.0) for key, number in after.items()}
    assert value(gained, "livedeck_store_seconds_count", operation="head") >= 1
    assert value(gained, "livedeck_store_errors_total", operation="put", error="StoreUnavailable") == 1
    assert value(gained, "livedeck_database_seconds_count", operation="lookup") >= 1
    assert value(gained, "livedeck_database_errors_total", operation="lookup", error="DatabaseUnavailable") >= 1


@pytest.mark.usefixtures("in_a_file")
async def test_without_its_database_it_tells_the_rest(tmp_path: Path) -> None:
    async with running_admin(tmp_path) as admin:
        (tmp_path / "livedeck.db").unlink()
        found = await scrape(admin)
    assert ("livedeck_streams", ()) in found
    assert ("livedeck_unleased_executions", ()) not in found


async def test_open_executions_are_counted_by_phase_and_those_that_nobody_works_on(
    database: Database, registered: Caller, protos: Protos, control: Any
) -> None:
    for name in ("one", "two", "three"):
        await registered("CreateExecution", protos.execution(name))
    await control.claim("engine", limit=2, ttl=60.0)
    await control.report("engine", [protos.workflow_event("one", WorkflowExecution.RUNNING)])
    counted, _ = await DatabaseGauges(database).current()
    assert counted.phases == {
        "UNDEFINED": 0,
        "QUEUED": 2,
        "RUNNING": 1,
        "SUCCEEDING": 0,
        "FAILING": 0,
        "ABORTING": 0,
    }
    assert counted.unleased == 1
    assert counted.unleased_for >= 0.0
    bounded = await database.read(count, 1)
    assert bounded.phases["QUEUED"] == 1


async def test_what_was_counted_is_told_again_for_a_while(
    database: Database, registered: Caller, protos: Protos
) -> None:
    gauges = DatabaseGauges(database)
    first, _ = await gauges.current()
    await registered("CreateExecution", protos.execution("one"))
    again, age = await gauges.current()
    assert again is first
    assert age >= 0.0
    counted, _ = await DatabaseGauges(database, fresh=0.0).current()
    assert sum(counted.phases.values()) == 1


async def test_a_database_that_does_not_answer_holds_nobody_up(database: Database) -> None:
    all_busy, released = threading.Barrier(READERS + 1), threading.Event()

    def keep_busy(_: object) -> None:
        all_busy.wait()
        released.wait()

    busy = [asyncio.create_task(database.read(keep_busy)) for _ in range(READERS)]
    try:
        await asyncio.to_thread(all_busy.wait)
        with pytest.raises(DatabaseUnavailable, match="has not answered"):
            await DatabaseGauges(database, timeout=0.05).current()
    finally:
        released.set()
        await asyncio.gather(*busy)
    counted, _ = await DatabaseGauges(database, timeout=DEADLINE).current()
    assert counted.unleased == 0
