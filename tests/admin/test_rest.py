"""REST: each annotated route, its parameters, its two encodings, its errors."""

import httpx
import pytest
from flyteidl.admin.execution_pb2 import Execution, ExecutionList
from starlette.applications import Starlette

from livedeck.admin.rest import rest_routes


@pytest.fixture
async def http(services):
    transport = httpx.ASGITransport(app=Starlette(routes=rest_routes(services)))
    async with httpx.AsyncClient(transport=transport, base_url="http://admin") as client:
        yield client


@pytest.fixture
async def executions(registered, protos):
    for i in range(3):
        await registered("CreateExecution", protos.execution(f"e{i}", x=i))


def test_every_binding_has_a_route(services):
    paths = {route.path for route in rest_routes(services)}
    assert "/api/v1/executions/{id__project}/{id__domain}/{id__name}" in paths
    assert "/api/v1/tasks/{id__project}/{id__domain}" in paths  # an additional binding
    assert "/api/v1/dataproxy/artifact_urn" in paths
    assert len(rest_routes(services)) > 60


async def test_json_and_protobuf(http, executions):
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
async def test_lists(http, executions, query, names):
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
async def test_errors(http, path, status):
    answer = await http.get(f"/api/v1/{path}")
    assert answer.status_code == status
    if "%2F" not in path:
        assert set(answer.json()) == {"code", "message"}


async def test_the_path_has_the_last_word(http, executions):
    answer = await http.get("/api/v1/executions/flytesnacks/development/e1?id.name=e2")
    assert answer.json()["id"]["name"] == "e1"


async def test_creating_relaunching_and_terminating(http, executions):
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


async def test_a_protobuf_body(http, registered, protos):
    answer = await http.post(
        "/api/v1/executions",
        content=protos.execution("bytes").SerializeToString(),
        headers={"content-type": "application/x-protobuf"},
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"nonsense": 1}', b'{"project": 5}', b"\xff\xfe", b'{"a":' * 2000, b'"x"', b"null"]
)
async def test_bad_bodies_are_refused(http, body):
    answer = await http.post("/api/v1/executions", content=body)
    assert answer.status_code == 400


async def test_a_bad_protobuf_body_is_refused(http):
    answer = await http.post(
        "/api/v1/executions", content=b"\xff\xff\xff", headers={"content-type": "application/octet-stream"}
    )
    assert answer.status_code == 400


async def test_enums_in_paths_are_names_or_numbers(http, registered):
    for kind in ("TASK", "1", "task"):
        answer = await http.get(f"/api/v1/named_entities/{kind}/flytesnacks/development?limit=5")
        assert [each["id"]["name"] for each in answer.json()["entities"]] == ["double"]


async def test_the_data_proxy(http):
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
