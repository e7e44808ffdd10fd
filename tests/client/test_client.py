import hashlib
import socket
import subprocess
import sys
import threading
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import grpc
import pytest
from flyteidl.admin import (
    common_pb2,
    execution_pb2,
    launch_plan_pb2,
    node_execution_pb2,
    task_pb2,
    version_pb2,
    workflow_pb2,
)
from flyteidl.admin.common_pb2 import ResourceListRequest
from flyteidl.admin.execution_pb2 import ExecutionCreateRequest, ExecutionCreateResponse, ExecutionList
from flyteidl.admin.task_pb2 import TaskCreateRequest, TaskCreateResponse
from flyteidl.core.identifier_pb2 import Identifier, NodeExecutionIdentifier, ResourceType, WorkflowExecutionIdentifier
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.service import dataproxy_pb2
from flyteidl.service.dataproxy_pb2 import CreateUploadLocationRequest, CreateUploadLocationResponse

from livedeck.client import Client
from livedeck.client.backoff import Backoff
from livedeck.errors import (
    InvalidName,
    RemoteConflict,
    RemoteError,
    RemoteInvalid,
    RemoteNotFound,
    RemoteUnavailable,
    UserError,
)
from livedeck.store import open_store
from livedeck.testing.ports import free_port
from tests.client.conftest import Planes

QUICK = Backoff(first=0.01, longest=0.05)
Code = grpc.StatusCode


def task_id(name: str = "t") -> Identifier:
    return Identifier(resource_type=ResourceType.TASK, project="p", domain="d", name=name, version="v1")


def an_int(value: int) -> LiteralMap:
    literals = LiteralMap()
    literals.literals["x"].scalar.primitive.integer = value
    return literals


@pytest.fixture
def connect() -> Iterator[Callable[..., Any]]:
    clients = []

    def connect(port: int, **options: Any) -> Client:
        clients.append(Client(f"127.0.0.1:{port}", backoff=QUICK, **options))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


def test_importing_loads_neither_grpc_nor_protobuf() -> None:
    code = "import sys, livedeck.client; print({'grpc', 'google.protobuf', 'obstore'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_a_client_goes_where_the_command_line_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ENDPOINT", "PROJECT", "DOMAIN"):
        monkeypatch.delenv(f"LIVEDECK_{name}", raising=False)
    with Client() as client:
        assert (str(client.endpoint), client.project, client.domain) == ("127.0.0.1:8080", "flytesnacks", "development")
    for name, value in (("ENDPOINT", "livedeck.example:80"), ("PROJECT", "weather"), ("DOMAIN", "staging")):
        monkeypatch.setenv(f"LIVEDECK_{name}", value)
    with Client() as client:
        assert (str(client.endpoint), client.project, client.domain) == ("livedeck.example:80", "weather", "staging")
    with Client("127.0.0.1:1", project="sea", domain="production") as client:
        assert (str(client.endpoint), client.project, client.domain) == ("127.0.0.1:1", "sea", "production")


def test_version(planes: Planes, connect: Callable[..., Any]) -> None:
    version = version_pb2.GetVersionResponse(control_plane_version=version_pb2.Version(Version="0.1.0"))
    assert connect(planes.grpc({"GetVersion": lambda _: version}).port).version() == "0.1.0"


def test_nobody_there(connect: Callable[..., Any]) -> None:
    with pytest.raises(
        RemoteUnavailable, match=r"no livedeck server at 127.0.0.1:\d+: start one with `livedeck serve`"
    ):
        connect(free_port(), connect_timeout=0.1).version()


def test_somebody_else_there(planes: Planes, connect: Callable[..., Any]) -> None:
    plane = planes.http(lambda handler: planes.reply(handler, 200, b"hello"))
    with pytest.raises(RemoteUnavailable, match="LIVEDECK_ENDPOINT"):
        connect(plane.port, connect_timeout=0.1, timeout=2).version()


def test_a_server_that_does_not_answer(connect: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(RemoteUnavailable, match="did not answer"):
        connect(silent.getsockname()[1], timeout=0.2).version()


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (Code.NOT_FOUND, RemoteNotFound),
        (Code.FAILED_PRECONDITION, RemoteConflict),
        (Code.ABORTED, RemoteConflict),
        (Code.INVALID_ARGUMENT, RemoteInvalid),
        (Code.INTERNAL, RemoteError),
        (Code.PERMISSION_DENIED, RemoteError),
        (Code.UNIMPLEMENTED, RemoteError),
    ],
)
def test_refusals_keep_the_servers_words(
    planes: Planes, connect: Callable[..., Any], code: grpc.StatusCode, kind: type[Exception]
) -> None:
    plane = planes.grpc({"GetExecution": lambda _: planes.refuse(code, "because of x")})
    with pytest.raises(kind) as caught:
        connect(plane.port).get_execution(WorkflowExecutionIdentifier(name="e"))
    assert type(caught.value) is kind
    assert "because of x" in str(caught.value) or "another version" in str(caught.value)
    assert isinstance(caught.value.__cause__, grpc.RpcError)
    assert len(plane.calls) == 1


def test_an_unavailable_server_is_tried_again(planes: Planes, connect: Callable[..., Any]) -> None:
    tries = []

    def answer(_: Any) -> Any:
        tries.append(1)
        if len(tries) < 4:
            planes.refuse(Code.UNAVAILABLE, "starting")
        return execution_pb2.Execution()

    connect(planes.grpc({"GetExecution": answer}).port, connect_timeout=30).get_execution(WorkflowExecutionIdentifier())
    assert len(tries) == 4


def test_a_restart_of_the_server_is_survived(planes: Planes) -> None:
    answers = {"GetVersion": lambda _: version_pb2.GetVersionResponse()}
    first = planes.grpc(answers, free_port())
    backoff = planes.acting_after(3, lambda: planes.grpc(answers, first.port))
    with Client(f"127.0.0.1:{first.port}", backoff=backoff) as client:  # type: ignore[arg-type]
        client.version()
        planes.stop(first)
        client.version()
    assert backoff.acted


def test_registering_what_is_there_is_no_error(planes: Planes, connect: Callable[..., Any]) -> None:
    there = set()

    def create(request: Any) -> Any:
        if request.id.name in there:
            planes.refuse(Code.ALREADY_EXISTS, "identical")
        there.add(request.id.name)
        return task_pb2.TaskCreateResponse()

    client = connect(planes.grpc({"CreateTask": create}).port)
    assert client.create_task(task_id(), task_pb2.TaskSpec()) is True
    assert client.create_task(task_id(), task_pb2.TaskSpec()) is False


def test_registering_something_else_is_one(planes: Planes, connect: Callable[..., Any]) -> None:
    answers = {"CreateWorkflow": lambda _: planes.refuse(Code.INVALID_ARGUMENT, "other structure")}
    with pytest.raises(RemoteInvalid, match="other structure"):
        connect(planes.grpc(answers).port).create_workflow(Identifier(name="w"), workflow_pb2.WorkflowSpec())


def test_register_goes_in_order_and_many_at_once(planes: Planes, connect: Callable[..., Any]) -> None:
    together = threading.Barrier(4, timeout=60)

    def create_task(_: TaskCreateRequest) -> TaskCreateResponse:
        together.wait()  # passes only when four requests are under way
        return task_pb2.TaskCreateResponse()

    plane = planes.grpc(
        {
            "CreateTask": create_task,
            "CreateWorkflow": lambda _: workflow_pb2.WorkflowCreateResponse(),
            "CreateLaunchPlan": lambda _: planes.refuse(Code.ALREADY_EXISTS),
        }
    )
    new = connect(plane.port).register(
        [
            launch_plan_pb2.LaunchPlanCreateRequest(id=Identifier(name="lp")),
            workflow_pb2.WorkflowCreateRequest(id=Identifier(name="inner")),
            workflow_pb2.WorkflowCreateRequest(id=Identifier(name="outer")),
            *(task_pb2.TaskCreateRequest(id=task_id(f"t{i}")) for i in range(4)),
        ]
    )
    assert new == 6
    assert [name for name, _ in plane.calls[4:]] == ["CreateWorkflow", "CreateWorkflow", "CreateLaunchPlan"]
    assert [request.id.name for request in plane.requests("CreateWorkflow")] == ["inner", "outer"]


class Uploads:
    """A data proxy whose links lead to a real HTTP server."""

    def __init__(self, planes: Planes, statuses: Sequence[int] = ()) -> None:
        self.stored: dict[Any, Any] = {}
        self.statuses = list(statuses)
        self._planes = planes
        self.http = planes.http(self.answer)
        self.grpc = planes.grpc({"CreateUploadLocation": self.locate})

    def locate(self, request: CreateUploadLocationRequest) -> CreateUploadLocationResponse:
        url = f"{self.http.url}/up/{request.filename}?signature=secret"
        native = f"s3://bucket/{request.filename_root or request.content_md5.hex()}/{request.filename}"
        return dataproxy_pb2.CreateUploadLocationResponse(signed_url=url, native_url=native, headers={"X-Extra": "1"})

    def answer(self, handler: Any) -> None:
        body = self._planes.body_of(handler)
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            self.stored[handler.path.split("?")[0]] = (body, handler.headers)
        self._planes.reply(handler, status, b"words of the store")


def test_upload_of_bytes(planes: Planes, connect: Callable[..., Any]) -> None:
    uploads = Uploads(planes)
    uri = connect(uploads.grpc.port, project="p").upload(b"content", "code.tar.gz")
    assert uri == f"s3://bucket/{hashlib.md5(b'content').hexdigest()}/code.tar.gz"
    body, headers = uploads.stored["/up/code.tar.gz"]
    assert body == b"content"
    assert headers["Content-MD5"] == "mgNkuembtIDdJeHwKEyFVQ=="
    assert headers["X-Extra"] == "1"
    assert uploads.grpc.requests("CreateUploadLocation")[0].project == "p"


def test_upload_of_a_file_is_tried_again(planes: Planes, connect: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "big"
    path.write_bytes(b"0123456789" * 300_000)
    uploads = Uploads(planes, statuses=[503, 429])
    connect(uploads.grpc.port).upload(path, "big")
    assert uploads.stored["/up/big"][0] == path.read_bytes()
    assert len(uploads.http.requests) == 3


def test_an_upload_that_is_refused_says_why_without_the_signature(planes: Planes, connect: Callable[..., Any]) -> None:
    uploads = Uploads(planes, statuses=[403])
    with pytest.raises(RemoteError, match="403: words of the store") as caught:
        connect(uploads.grpc.port).upload(b"x", "x")
    assert "secret" not in str(caught.value)


def test_a_link_that_is_a_secret_itself_is_not_shown(planes: Planes, connect: Callable[..., Any]) -> None:
    web = planes.http(lambda handler: planes.reply(handler, 403, b"words of the store"))
    answer = dataproxy_pb2.CreateUploadLocationResponse(
        signed_url=f"{web.url}/upload/secret-token", native_url="s3://b/x"
    )
    client = connect(planes.grpc({"CreateUploadLocation": lambda _: answer}).port)
    with pytest.raises(RemoteError, match=f"uploading to {web.url}: 403: words of the store") as caught:
        client.upload(b"x", "x")
    assert "secret" not in str(caught.value)


def test_names_that_no_request_can_carry(connect: Callable[..., Any]) -> None:
    client = connect(free_port())
    calls: list[Callable[[], Any]] = [
        lambda: client.execution_id("\udcff"),
        lambda: client.create_execution(task_id(), name="a\udcff"),
        lambda: client.relaunch(client.execution_id("e"), name="a\udcff"),
        lambda: client.terminate(client.execution_id("e"), "for \udcff"),
        lambda: connect(free_port(), project="\udcff"),
        lambda: connect(free_port(), domain="\udcff"),
    ]
    for refused in calls:
        with pytest.raises(InvalidName, match=r"udcff.* is not allowed: it is no UTF-8"):
            refused()


@pytest.mark.slow
def test_an_upload_to_nowhere(planes: Planes, connect: Callable[..., Any]) -> None:
    uploads = Uploads(planes)
    planes.stop(uploads.http)
    with pytest.raises(RemoteUnavailable, match="uploading to"):
        connect(uploads.grpc.port, timeout=2.0).upload(b"x", "x")  # in which the data proxy has to answer


def test_content_that_is_there_is_not_sent(planes: Planes, connect: Callable[..., Any]) -> None:
    answer = dataproxy_pb2.CreateUploadLocationResponse(native_url="s3://bucket/x")
    assert connect(planes.grpc({"CreateUploadLocation": lambda _: answer}).port).upload(b"x", "x") == "s3://bucket/x"


def test_upload_of_a_folder(planes: Planes, connect: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one").write_text("1")
    (tmp_path / "two").write_text("2")
    uploads = Uploads(planes)
    client = connect(uploads.grpc.port)
    uri = client.upload_folder(tmp_path)
    requests = uploads.grpc.requests("CreateUploadLocation")
    assert {request.filename for request in requests} == {"a/one", "two"}
    assert {request.filename_root for request in requests} == {uri.rpartition("/")[2]}
    assert {path: body for path, (body, _) in uploads.stored.items()} == {"/up/a/one": b"1", "/up/two": b"2"}
    assert client.upload_folder(tmp_path) == uri
    (tmp_path / "two").write_text("changed")
    assert client.upload_folder(tmp_path) != uri


def test_an_empty_folder_is_not_uploaded(connect: Callable[..., Any], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no files in it"):
        connect(free_port()).upload_folder(tmp_path)


def created(request: ExecutionCreateRequest) -> ExecutionCreateResponse:
    started = WorkflowExecutionIdentifier(project=request.project, domain=request.domain, name=request.name)
    return execution_pb2.ExecutionCreateResponse(id=started)


def test_create_execution(planes: Planes, connect: Callable[..., Any]) -> None:
    plane = planes.grpc({"CreateExecution": created})
    spec = execution_pb2.ExecutionSpec(max_parallelism=3)
    started = connect(plane.port).create_execution(task_id(), an_int(5), name="run-1", spec=spec)
    request = plane.requests("CreateExecution")[0]
    assert (started.project, started.domain, started.name) == ("flytesnacks", "development", "run-1")
    assert request.spec.launch_plan == task_id()
    assert request.spec.max_parallelism == 3
    assert request.inputs == an_int(5)
    assert not spec.HasField("launch_plan")


def test_names_that_are_made_up_are_flytes(planes: Planes, connect: Callable[..., Any]) -> None:
    plane = planes.grpc({"CreateExecution": created})
    name = connect(plane.port).create_execution(task_id()).name
    assert len(name) == 20
    assert name.startswith("a")
    assert name.isalnum()


def test_a_lost_answer_starts_nothing_twice(planes: Planes, connect: Callable[..., Any]) -> None:
    names = []

    def create(request: Any) -> Any:
        if request.name in names:
            planes.refuse(Code.ALREADY_EXISTS, "it runs")
        names.append(request.name)
        return planes.refuse(Code.UNAVAILABLE, "connection reset")

    again = connect(planes.grpc({"CreateExecution": create}).port, connect_timeout=30).create_execution(task_id())
    assert names == [again.name]


def test_a_name_that_is_taken_is_an_error(planes: Planes, connect: Callable[..., Any]) -> None:
    plane = planes.grpc({"CreateExecution": lambda _: planes.refuse(Code.ALREADY_EXISTS, "taken")})
    with pytest.raises(RemoteConflict, match="taken"):
        connect(plane.port).create_execution(task_id(), name="mine")


def test_relaunch_and_terminate(planes: Planes, connect: Callable[..., Any]) -> None:
    plane = planes.grpc(
        {
            "RelaunchExecution": lambda request: execution_pb2.ExecutionCreateResponse(
                id=WorkflowExecutionIdentifier(name=request.name)
            ),
            "TerminateExecution": lambda _: execution_pb2.ExecutionTerminateResponse(),
        }
    )
    client = connect(plane.port)
    assert client.relaunch(client.execution_id("old"), name="new").name == "new"
    client.terminate(client.execution_id("old"), "enough")
    assert plane.requests("TerminateExecution")[0].cause == "enough"


def test_lists_come_in_pages(planes: Planes, connect: Callable[..., Any]) -> None:
    def page(request: ResourceListRequest) -> ExecutionList:
        start = int(request.token or 0)
        found = range(start, min(start + request.limit, 250))
        return execution_pb2.ExecutionList(
            executions=[execution_pb2.Execution(id=WorkflowExecutionIdentifier(name=f"e{i}")) for i in found],
            token=str(found.stop) if found.stop < 250 else "",
        )

    plane = planes.grpc({"ListExecutions": page})
    client = connect(plane.port)
    assert [execution.id.name for execution in client.list_executions()] == [f"e{i}" for i in range(250)]
    assert len(plane.calls) == 3
    assert len(list(client.list_executions(limit=120))) == 120
    assert len(plane.calls) == 5
    assert list(client.list_executions(limit=0)) == []


def test_nodes_and_attempts(planes: Planes, connect: Callable[..., Any]) -> None:
    node = node_execution_pb2.NodeExecution(id=NodeExecutionIdentifier(node_id="n0"))
    plane = planes.grpc(
        {
            "ListNodeExecutions": lambda _: node_execution_pb2.NodeExecutionList(node_executions=[node]),
            "ListTaskExecutions": lambda _: planes.refuse(Code.NOT_FOUND, "no such node"),
        }
    )
    client = connect(plane.port)
    assert list(client.node_executions(client.execution_id("e"), parent="n1")) == [node]
    assert plane.requests("ListNodeExecutions")[0].unique_parent_id == "n1"
    with pytest.raises(RemoteNotFound, match="no such node"):
        list(client.task_executions(node.id))


def data_answer(**fields: Any) -> dict[str, Callable[..., Any]]:
    return {"GetExecutionData": lambda _: execution_pb2.WorkflowExecutionGetDataResponse(**fields)}


def test_data_in_the_answer(planes: Planes, connect: Callable[..., Any]) -> None:
    client = connect(planes.grpc(data_answer(full_inputs=an_int(1), full_outputs=an_int(2))).port)
    data = client.execution_data(client.execution_id("e"))
    assert (data.inputs, data.outputs) == (an_int(1), an_int(2))


def test_data_behind_a_link(planes: Planes, connect: Callable[..., Any]) -> None:
    web = planes.http(lambda handler: planes.reply(handler, 200, an_int(2).SerializeToString()))
    url = common_pb2.UrlBlob(url=f"{web.url}/outputs.pb", bytes=5)
    client = connect(planes.grpc(data_answer(outputs=url)).port)
    assert client.execution_data(client.execution_id("e")).outputs == an_int(2)


def test_data_in_a_store(planes: Planes, connect: Callable[..., Any], tmp_path: Path) -> None:
    open_store(f"file://{tmp_path}").put("outputs.pb", an_int(3).SerializeToString())
    url = common_pb2.UrlBlob(url=f"file://{tmp_path}/outputs.pb", bytes=5)
    client = connect(planes.grpc(data_answer(outputs=url)).port)
    assert client.execution_data(client.execution_id("e")).outputs == an_int(3)


def test_data_that_does_not_exist_yet(planes: Planes, connect: Callable[..., Any]) -> None:
    web = planes.http(lambda handler: planes.reply(handler, 404, b"not yet"))
    client = connect(planes.grpc(data_answer(outputs=common_pb2.UrlBlob(url=f"{web.url}/o"))).port)
    assert client.execution_data(client.execution_id("e")).outputs == LiteralMap()
    lost = common_pb2.UrlBlob(url=f"{web.url}/o", bytes=9)
    client = connect(planes.grpc(data_answer(outputs=lost)).port)
    with pytest.raises(RemoteNotFound, match="not yet"):
        client.execution_data(client.execution_id("e"))


def test_addresses_in_the_console(connect: Callable[..., Any]) -> None:
    client = connect(free_port())
    url = client.console_url(client.execution_id("e1"))
    assert url.endswith("/console/projects/flytesnacks/domains/development/executions/e1")
    assert urllib.parse.urlsplit(url).port == client.endpoint.port


def test_a_deck_has_a_link(planes: Planes, connect: Callable[..., Any]) -> None:
    links = dataproxy_pb2.PreSignedURLs(signed_url=["http://127.0.0.1/deck"])
    answer = dataproxy_pb2.CreateDownloadLinkResponse(pre_signed_urls=links)
    client = connect(planes.grpc({"CreateDownloadLink": lambda _: answer}).port)
    assert client.deck_link(NodeExecutionIdentifier(node_id="n0")) == "http://127.0.0.1/deck"
