"""Starting, ending, and the words for what cannot start."""

import asyncio
import os
import socket
import stat
import tempfile
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import httpx
import pytest
from flyteidl.admin.project_pb2 import ProjectListRequest
from flyteidl.admin.version_pb2 import GetVersionRequest
from flyteidl.service.admin_pb2_grpc import AdminServiceStub

from livedeck.admin.app import Admin, AdminSettings
from livedeck.admin.db.database import Database
from livedeck.admin.db.writer import Transaction
from livedeck.admin.rundir import socket_folder
from livedeck.errors import DatabaseUnavailable, InvalidSetting, NotWritable, PortTaken
from livedeck.testing.ports import free_port
from livedeck.testing.server import listening, running_admin

GOOD: dict[str, Any] = {"root": "file:///tmp/x", "database": "sqlite:////tmp/x.db", "run_dir": Path("/tmp/run")}


async def test_grpc_rest_streams_and_pages_on_one_port(tmp_path: Path) -> None:
    async with (
        running_admin(tmp_path) as admin,
        grpc.aio.insecure_channel(admin.endpoint) as channel,
        httpx.AsyncClient(base_url=f"http://{admin.endpoint}") as http,
        listening(admin.endpoint, "/live/executions?project=flytesnacks&domain=development") as stream,
    ):
        await stream.until("ready")
        by_grpc = await AdminServiceStub(channel).GetVersion(GetVersionRequest())
        by_rest = (await http.get("/api/v1/version")).json()
        assert by_rest["controlPlaneVersion"]["Version"] == by_grpc.control_plane_version.Version
        assert (await http.get("/healthz")).text == "ok"
        assert admin.console_url == f"http://{admin.endpoint}/console/"
        assert admin.hint_url == f"http://{admin.endpoint}/live/hints"


async def test_what_it_leaves_behind(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    for _ in range(2):
        async with running_admin(tmp_path):
            assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700
    assert asyncio.all_tasks() == before
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["secret", "uploads"]
    assert list((tmp_path / "store").iterdir()) == []


async def test_a_run_folder_with_a_long_name_has_its_sockets_elsewhere(tmp_path: Path, short_path: Path) -> None:
    long = tmp_path / ("x" * 100)
    async with running_admin(tmp_path, run_dir=long) as admin, grpc.aio.insecure_channel(admin.endpoint) as channel:
        await AdminServiceStub(channel).GetVersion(GetVersionRequest())
    with socket_folder(short_path) as near:
        assert near.parent == short_path
        assert stat.S_IMODE(near.stat().st_mode) == 0o700


def test_sockets_have_a_short_path_where_the_folder_for_temporary_files_has_a_long_name_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with socket_folder(long) as near, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(near / "rpc.sock"))


async def test_sockets_of_a_server_that_was_killed_are_cleared_away_and_those_of_a_living_one_are_not(
    short_path: Path,
) -> None:
    left = short_path / "run" / "s-left"
    left.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(left / "rpc.sock"))
    async with running_admin(short_path) as first, grpc.aio.insecure_channel(first.endpoint) as channel:
        assert not left.exists()
        async with running_admin(short_path):
            pass
        await AdminServiceStub(channel).GetVersion(GetVersionRequest())


async def test_a_request_under_way_is_answered_before_the_end(tmp_path: Path) -> None:
    async with running_admin(tmp_path) as admin:
        host, port = admin.endpoint.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST /decks/share HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n")
        await writer.drain()
        while not admin_is_serving(admin):
            await asyncio.sleep(0.005)
        asyncio.get_running_loop().call_later(0.05, writer.write, b"{}")
    assert (await reader.read()).startswith(b"HTTP/1.1 400")
    writer.close()


async def test_requests_that_the_end_cancels_are_told_of_in_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running_admin(tmp_path, shutdown_grace=0.0) as admin:
        host, port = admin.endpoint.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST /decks/share HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n")
        await writer.drain()
        while not admin_is_serving(admin):
            await asyncio.sleep(0.005)
    await reader.read()
    writer.close()
    told = [record.getMessage() for record in caplog.records if record.name.startswith("livedeck")]
    assert told == ["web.cancelled requests=1"]


def admin_is_serving(admin: Admin) -> bool:
    return any(task.get_coro().__qualname__.endswith("run_asgi") for task in asyncio.all_tasks())


async def test_port_taken(tmp_path: Path) -> None:
    port = free_port()
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(PortTaken, match=f"port {port} on 127.0.0.1 is taken"),
    ):
        async with running_admin(tmp_path, port=port):
            pass
    async with running_admin(tmp_path, port=port) as admin:  # and nothing of the first try is in the way
        assert admin.port == port


async def test_installations_have_names_of_their_own(tmp_path: Path) -> None:
    names = []
    for folder in ("a", "b", "a"):
        async with running_admin(tmp_path / folder) as admin:
            names.append(admin.installation)
    assert names[0] == names[2] != names[1], "a lease is taken back after a restart, and by nobody else"


@pytest.mark.parametrize("key", ["root", "database", "run_dir"])
async def test_a_folder_that_cannot_be_written_to(tmp_path: Path, key: str) -> None:
    (tmp_path / "file").write_text("")
    below = tmp_path / "file" / "folder"
    value: Any = {"root": below.as_uri(), "database": f"sqlite:///{below}/x.db", "run_dir": below}[key]
    with pytest.raises(NotWritable, match=rf"cannot write to the folder .*file/folder \({key}\)"):
        async with running_admin(tmp_path / "other", **{key: value}):
            pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_no_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)  # noqa: ASYNC240 - at once
    with pytest.raises(NotWritable, match="Permission denied"):
        async with running_admin(tmp_path, database=f"sqlite:///{tmp_path}/livedeck.db"):
            pass


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("root", "/a/folder"),
        ("root", "ftp://host/x"),
        ("database", "mysql://root:hunter2@host/db"),
        ("database", ""),
        ("host", ""),
        ("host", " x"),
        ("port", -1),
        ("port", 70000),
        ("public_url", "decks.example"),
        ("public_url", "https://decks.example/below"),
        ("allowed_hosts", ("http://x",)),
        ("allowed_hosts", ("x:80",)),
        ("max_connections", 0),
        ("upload_limit", 0),
        ("shutdown_grace", -1.0),
    ],
)
def test_a_bad_setting_is_named(key: str, value: str | tuple[str] | float) -> None:
    with pytest.raises(InvalidSetting, match=f"^{key} ") as caught:
        AdminSettings(**{**GOOD, key: value})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "endpoint"),
    [
        ("127.0.0.1", "127.0.0.1:80"),
        ("0.0.0.0", "127.0.0.1:80"),
        ("::", "[::1]:80"),
        ("::1", "[::1]:80"),
        ("decks", "decks:80"),
    ],
)
def test_where_it_is_reached(host: str, endpoint: str) -> None:
    admin = Admin(AdminSettings(**GOOD, host=host, port=80))
    assert admin.endpoint == endpoint
    assert admin.console_url == f"http://{endpoint}/console/"
    behind = Admin(AdminSettings(**GOOD, public_url="https://decks.example/"))
    assert behind.console_url == "https://decks.example/console/"
    assert behind.hint_url == "http://127.0.0.1:8080/live/hints"
    elsewhere = Admin(AdminSettings(**GOOD, attempt_url="http://head.cluster:9000/"))
    assert elsewhere.hint_url == "http://head.cluster:9000/live/hints"


async def test_attempts_reach_it_by_the_name_that_they_are_given(tmp_path: Path) -> None:
    async with running_admin(tmp_path, attempt_url="http://head.cluster:9000") as admin:
        assert admin.hint_url == "http://head.cluster:9000/live/hints"
        async with httpx.AsyncClient(base_url=f"http://{admin.endpoint}") as http:
            assert (await http.get("/healthz", headers={"Host": "head.cluster:9000"})).status_code == 200
            assert (await http.get("/healthz", headers={"Host": "tail.cluster:9000"})).status_code >= 400


@pytest.mark.usefixtures("in_a_file")
async def test_a_database_that_is_deleted_under_the_server_is_noticed(tmp_path: Path) -> None:
    async with running_admin(tmp_path) as admin, httpx.AsyncClient(base_url=f"http://{admin.endpoint}") as http:
        assert (await http.get("/healthz")).status_code == 200
        (tmp_path / "livedeck.db").unlink()
        words = f"the database {tmp_path}/livedeck.db was deleted or replaced while the server ran: stop the server"
        execution = "/api/v1/executions/flytesnacks/development/e1"
        for path in ("/healthz", "/api/v1/projects", execution):
            answer = await http.get(path)
            assert answer.status_code == 503
            assert answer.json()["code"] == 14
            assert answer.json()["message"].startswith(words)
        async with grpc.aio.insecure_channel(admin.endpoint) as channel:
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await AdminServiceStub(channel).ListProjects(ProjectListRequest())
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_database_on_a_full_disk_names_the_folder(database: Database) -> None:
    def fill(transaction: Transaction) -> None:
        transaction.connection.exec_driver_sql("PRAGMA max_page_count=1")
        transaction.connection.exec_driver_sql("CREATE TABLE large AS SELECT zeroblob(10000000) AS data")

    with pytest.raises(DatabaseUnavailable, match=r"livedeck\.db does not work: .* full; free some space in /"):
        await database.write(fill)
