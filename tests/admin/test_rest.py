"""REST: each annotated route, its parameters, its two encodings, its errors."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from flyteidl.admin.execution_pb2 import Execution, ExecutionList
from flyteidl.admin.task_pb2 import Task
from flyteidl.service import admin_pb2
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import update
from starlette.applications import Starlette

from livedeck.admin.db import entities, tables
from livedeck.admin.db.database import Database
from livedeck.admin.rest import rest_routes
from livedeck.admin.services.calls import Service
from tests.admin.conftest import Caller, Protos


@pytest.fixture
async def http(services: list[Service]) -> AsyncIterator[Any]:
    transport = httpx.ASGITransport(app=Starlette(routes=rest_routes(services)))
    async with httpx.AsyncClient(transport=transport, base_url="http://admin") as client:
        yield client


@pytest.fixture
async def executions(registered: Caller, protos: Protos) -> None:
    for i in range(3):
        await registered("CreateExecution", protos.execution(f"e{i}", x=i))


def test_every_binding_has_a_route(services: list[Service]) -> None:
    paths = {route.path for route in rest_routes(services)}
    assert "/api/v1/executions/{id__project}/{id__domain}/{id__name}" in paths
    assert "/api/v1/tasks/{id__project}/{id__domain}" in paths  # an additional binding
    assert "/api/v1/dataproxy/artifact_urn" in paths
    assert len(rest_routes(services)) > 60


async def test_json_and_protobuf(http: Any, executions: Any) -> None:
    path = "/api/v1/executions/flytesnacks/development/e1"
    answer = await http.get(path)
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["closure"]["phase"] == "QUEUED"
    assert answer.json()["spec"]["launchPlan"]["name"] == "chain"
    for accept in ("application/octet-stream", "application/x-protobuf"):
        answer = await http.get(path, headers={"accept": accept})
        assert answer.headers["content-type"] == accept
        assert Execution.FromString(answer.content).id.name == "e1"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("limit=10", ["e2", "e1", "e0"]),
        ("limit=2", ["e2", "e1"]),
        ("limit=2&token=2", ["e0"]),
        ("limit=10&filters=eq(name,e1)", ["e1"]),
        ("limit=10&filters=ne(name,e1)%2Bcontains(name,e)", ["e2", "e0"]),
        ("limit=10&sort_by.key=name&sort_by.direction=ASCENDING", ["e0", "e1", "e2"]),
        ("limit=10&sortBy.key=name&sortBy.direction=1", ["e0", "e1", "e2"]),
    ],
)
async def test_lists(http: Any, executions: Any, query: Any, names: Any) -> None:
    answer = await http.get(f"/api/v1/executions/flytesnacks/development?{query}")
    assert [each["id"]["name"] for each in answer.json()["executions"]] == names
    again = await http.get(
        f"/api/v1/executions/flytesnacks/development?{query}", headers={"accept": "application/x-protobuf"}
    )
    assert [each.id.name for each in ExecutionList.FromString(again.content).executions] == names


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("executions/flytesnacks/development/nobody", 404),
        ("executions/flytesnacks/nowhere/e1", 400),
        ("executions/flytesnacks/development/..%2Fe1", 404),
        ("executions/flytesnacks/development", 400),
        ("executions/flytesnacks/development?limit=x", 400),
        ("executions/flytesnacks/development?limit=-1", 400),
        ("executions/flytesnacks/development?limit=1&limit=2", 400),
        ("executions/flytesnacks/development?limit=5&nonsense=1", 400),
        ("executions/flytesnacks/development?limit=5&id.nothing=1", 400),
        ("executions/flytesnacks/development?limit=5&sort_by=1", 400),
        ("executions/flytesnacks/development?limit=5&sort_by.direction=SIDEWAYS", 400),
        ("executions/flytesnacks/development?limit=5&filters=eq(message,1)", 400),
        ("named_entities/NOTHING/flytesnacks/development?limit=1", 400),
        ("project_attributes/flytesnacks", 501),
    ],
)
async def test_errors(http: Any, path: Any, status: Any) -> None:
    answer = await http.get(f"/api/v1/{path}")
    assert answer.status_code == status
    if "%2F" not in path:
        assert set(answer.json()) == {"code", "message"}


async def test_the_path_has_the_last_word(http: Any, executions: Any) -> None:
    answer = await http.get("/api/v1/executions/flytesnacks/development/e1?id.name=e2")
    assert answer.json()["id"]["name"] == "e1"


async def test_creating_relaunching_and_terminating(http: Any, executions: Any) -> None:
    body = {
        "project": "flytesnacks",
        "domain": "development",
        "name": "byhttp",
        "spec": {"launchPlan": {"resourceType": "LAUNCH_PLAN", "project": "flytesnacks", "domain": "development",
                                "name": "chain", "version": "v1"}},
        "inputs": {"literals": {"x": {"scalar": {"primitive": {"integer": "4"}}}}},
    }  # fmt: skip
    created = await http.post("/api/v1/executions", json=body)
    assert created.json() == {"id": {"project": "flytesnacks", "domain": "development", "name": "byhttp"}}
    assert (await http.post("/api/v1/executions", json=body)).status_code == 409
    relaunched = await http.post("/api/v1/executions/relaunch", json={"id": created.json()["id"]})
    assert relaunched.status_code == 200
    path = "/api/v1/executions/flytesnacks/development/byhttp"
    assert (await http.request("DELETE", path, json={"cause": "enough"})).status_code == 200
    assert (await http.get(path)).json()["closure"]["abortMetadata"]["cause"] == "enough"
    data = (await http.get("/api/v1/data/executions/flytesnacks/development/byhttp")).json()
    assert data["fullInputs"]["literals"]["x"]["scalar"]["primitive"]["integer"] == "4"


async def test_a_protobuf_body(http: Any, registered: Caller, protos: Protos) -> None:
    answer = await http.post(
        "/api/v1/executions",
        content=protos.execution("bytes").SerializeToString(),
        headers={"content-type": "application/x-protobuf"},
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"nonsense": 1}', b'{"project": 5}', b"\xff\xfe", b'{"a":' * 2000, b'"x"', b"null"]
)
async def test_bad_bodies_are_refused(http: Any, body: Any) -> None:
    answer = await http.post("/api/v1/executions", content=body)
    assert answer.status_code == 400


async def test_a_bad_protobuf_body_is_refused(http: Any) -> None:
    answer = await http.post(
        "/api/v1/executions", content=b"\xff\xff\xff", headers={"content-type": "application/octet-stream"}
    )
    assert answer.status_code == 400


async def test_enums_in_paths_are_names_or_numbers(http: Any, registered: Caller) -> None:
    for kind in ("TASK", "1", "task"):
        answer = await http.get(f"/api/v1/named_entities/{kind}/flytesnacks/development?limit=5")
        assert [each["id"]["name"] for each in answer.json()["entities"]] == ["double"]


async def test_the_data_proxy(http: Any) -> None:
    answer = await http.post(
        "/api/v1/dataproxy/artifact_urn",
        json={
            "project": "flytesnacks",
            "domain": "development",
            "filename": "a",
            "contentMd5": "rL0Y20zC+Fzt72VPzMSk2A==",
        },
    )
    assert answer.json()["nativeUrl"].endswith("/a")


async def test_one_bad_execution_that_is_stored_does_not_hide_the_others(
    http: Any, executions: Any, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    path = "/api/v1/executions/flytesnacks/development"
    found = Execution.FromString((await http.get(f"{path}/e1", headers={"accept": "application/x-protobuf"})).content)
    found.spec.metadata.scheduled_at.CopyFrom(Timestamp(seconds=10**12))
    await database.write(_store, found)
    answer = await http.get(f"{path}?limit=10")
    assert answer.status_code == 200
    assert [each["id"]["name"] for each in answer.json()["executions"]] == ["e2", "e1", "e0"]
    [record] = [each for each in caplog.records if each.name.startswith("livedeck")]
    assert record.at == "executions[e1].spec.metadata.scheduled_at"  # type: ignore[attr-defined]
    answer = await http.get(f"{path}/e1")
    assert answer.json()["closure"]["phase"] == "QUEUED"


def _store(transaction: Any, execution: Any) -> None:
    """As a server stored it that did not look."""
    rows = tables.executions
    row = update(rows).where(rows.c.name == execution.id.name)
    transaction.connection.execute(row.values(message=execution.SerializeToString()))


async def test_a_bad_task_that_is_stored_does_not_hide_the_others(
    http: Any, registered: Caller, database: Database, protos: Protos
) -> None:
    task = Task(id=protos.id("TASK", "odd"))
    task.closure.compiled_task.template.custom["lr"] = float("nan")
    await database.write(entities.add, entities.TASK, entities.Entry(task, b"", columns={"type": "x"}))
    answer = await http.get("/api/v1/tasks/flytesnacks/development?limit=10")
    shown = {each["id"]["name"]: each["closure"]["compiledTask"]["template"] for each in answer.json()["tasks"]}
    assert shown["odd"]["custom"] == {"lr": "NaN"}
    assert shown["double"]["container"] == {"image": "livedeck"}


async def test_an_answer_without_a_json_form_says_so(caplog: pytest.LogCaptureFixture) -> None:
    async def strange(_request: Any) -> Any:
        return AnyMessage(type_url="x/no.Such")

    service = Service(admin_pb2.DESCRIPTOR.services_by_name["AdminService"], {"GetVersion": strange})
    transport = httpx.ASGITransport(app=Starlette(routes=rest_routes([service])))
    async with httpx.AsyncClient(transport=transport, base_url="http://admin") as client:
        answer = await client.get("/api/v1/version")
        assert answer.status_code == 500
        assert answer.json()["code"] == 13
        assert "has no JSON form" in answer.json()["message"]
        as_protobuf = await client.get("/api/v1/version", headers={"accept": "application/octet-stream"})
        assert AnyMessage.FromString(as_protobuf.content).type_url == "x/no.Such"
    told = [record.message for record in caplog.records if record.name.startswith("livedeck")]
    assert told == ["answer_failed"]


async def test_large_bodies_are_bounded_together(services: list[Service], protos: Protos) -> None:
    transport = httpx.ASGITransport(app=Starlette(routes=rest_routes(services, bodies_limit=1_000_000)))
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[Any]:
        yield b" " * 600_000
        begun.set()
        await go_on.wait()
        yield b"{}"

    async def post(content: Any) -> Any:
        return await client.post("/api/v1/tasks", content=content)

    async with httpx.AsyncClient(transport=transport, base_url="http://admin") as client:
        first = asyncio.create_task(post(slowly()))
        await begun.wait()
        refused = await post(b" " * 600_000)
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "5"
        assert "requests of 600000 bytes are being served" in refused.json()["message"]
        assert (await post(b"{}")).status_code == 400  # small ones are always let in
        go_on.set()
        assert (await first).status_code == 400
        assert (await post(b" " * 600_000)).status_code == 400
