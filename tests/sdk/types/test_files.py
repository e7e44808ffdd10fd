import contextlib
import os
import pickle
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import pydantic
import pytest

from livedeck.errors import ObjectNotFound, StoreError, TypeMismatch
from livedeck.sdk.types import DataPlane, Directory, File, accept, from_json, from_literal, to_json, to_literal
from livedeck.store import open_store, split_uri


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.txt"
    path.write_text("hello")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "folder"
    (root / "a" / "b").mkdir(parents=True)
    (root / "one.txt").write_text("1")
    (root / "a" / "b" / "two words.txt").write_text("2")
    return root


def names_in(folder: Directory | Path) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def carried(value: Any, python_type: Any, data: DataPlane) -> Any:
    return from_literal(to_literal(value, python_type, data), python_type, data)


def test_a_local_file_is_uploaded_and_comes_back_when_it_is_opened(report: Path, data: DataPlane) -> None:
    file = carried(File(report), File, data)
    assert file.remote_source.startswith("memory://")
    assert file.remote_source.endswith("/report.txt")
    assert not Path(file.path).exists()
    assert Path(file).read_text() == "hello"
    assert Path(file.path).exists()
    assert file.name == "report.txt"


def test_every_way_to_open_it(report: Path, data: DataPlane) -> None:
    literal = to_literal(File(report), File, data)
    with from_literal(literal, File, data).open() as opened:
        assert opened.read() == "hello"
    with from_literal(literal, File, data).open("rb") as opened:
        assert opened.read() == b"hello"
    with open(from_literal(literal, File, data)) as opened:  # noqa: PTH123 - that it works is the point
        assert opened.read() == "hello"
    assert pd.read_csv(from_literal(literal, File, data)).columns.tolist() == ["hello"]


def test_paths_and_strings_are_taken_for_files(report: Path, data: DataPlane) -> None:
    assert Path(carried(str(report), File, data)).read_text() == "hello"
    assert Path(carried(report, File, data)).read_text() == "hello"
    assert isinstance(accept(str(report), File), File)


def test_what_is_remote_is_passed_on_and_not_copied(report: Path, data: DataPlane) -> None:
    first = carried(File(report), File, data)
    assert to_literal(first, File, data).scalar.blob.uri == first.remote_source
    first.download()
    assert to_literal(first, File, data).scalar.blob.uri == first.remote_source
    assert to_literal(File("s3://bucket/x"), File, data).scalar.blob.uri == "s3://bucket/x"


def test_a_place_to_upload_to(report: Path, data: DataPlane) -> None:
    uri = "memory://elsewhere/fixed/name.txt"
    assert to_literal(File(report, remote_path=uri), File, data).scalar.blob.uri == uri
    prefix, key = split_uri(uri)
    assert open_store(prefix).get(key) == b"hello"


def test_a_new_file(data: DataPlane) -> None:
    file = File.new("out.txt")
    with file.open("w") as opened:
        opened.write("made here")
    assert Path(carried(file, File, data)).read_text() == "made here"


def test_a_remote_file_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match=r"File\.new\('x.txt'\)"):
        File("s3://bucket/x.txt").open("w")


def test_a_file_that_is_gone(report: Path, data: DataPlane) -> None:
    file = carried(File(report), File, data)
    prefix, key = split_uri(file.remote_source)
    open_store(prefix).delete(key)
    with pytest.raises(ObjectNotFound):
        file.download()
    assert not Path(file.path).exists()


def test_kinds_are_kept_apart(report: Path, folder: Path, data: DataPlane) -> None:
    for value, python_type in [
        (folder, File),
        (report, Directory),
        (File(report), Directory),
        (3, File),
        ("", File),
        ("\0", File),
    ]:
        with pytest.raises(TypeMismatch):
            accept(value, python_type)
    with pytest.raises(TypeMismatch, match="not a folder"):
        from_literal(to_literal(report, File, data), Directory, data)


def test_formats(report: Path, data: DataPlane) -> None:
    csv = File["csv"]  # type: ignore[misc, type-arg]
    assert csv is File["csv"]  # type: ignore[misc]
    assert csv.format == "csv"
    assert issubclass(csv, File)
    literal = to_literal(File(report), csv, data)
    assert literal.scalar.blob.metadata.type.format == "csv"
    assert type(from_literal(literal, csv, data)) is csv
    with pytest.raises(TypeError, match="the format is a string"):
        File[3]  # type: ignore[misc]
    with pytest.raises(TypeError, match="already has a format"):
        csv["json"]  # type: ignore[name-defined, type-arg]


def test_equality_and_pickling(report: Path, data: DataPlane) -> None:
    assert File(report) == File(str(report))
    assert len({File("s3://b/x"), File("s3://b/x"), Directory("s3://b/x")}) == 2
    file = pickle.loads(pickle.dumps(carried(File(report), File, data)))
    assert Path(file).read_text() == "hello"
    assert repr(File("s3://b/x")) == "File('s3://b/x')"
    assert str(File("s3://b/x")) == "s3://b/x"


def test_a_folder(folder: Path, data: DataPlane) -> None:
    directory = carried(folder, Directory, data)
    assert (directory / "one.txt").read_text() == "1"
    assert (directory / "a" / "b" / "two words.txt").read_text() == "2"
    assert names_in(directory) == ["a", "one.txt"]
    assert to_literal(directory, Directory, data).scalar.blob.uri == directory.remote_source


def test_what_is_changed_in_a_downloaded_folder_is_returned_by_its_path(folder: Path, data: DataPlane) -> None:
    directory = carried(folder, Directory, data)
    asked = {directory}
    (Path(directory) / "new.txt").write_text("new")
    assert Path(str(directory), "new.txt").read_text() == "new"
    assert directory in asked, "it is still the same one"
    returned = carried(Directory(str(directory)), Directory, data)
    assert (returned / "new.txt").read_text() == "new"
    assert names_in(returned) == ["a", "new.txt", "one.txt"]


def test_a_new_folder(data: DataPlane) -> None:
    directory = Directory.new()
    (directory / "x").write_text("x")
    assert (carried(directory, Directory, data) / "x").read_text() == "x"


def test_an_empty_folder(tmp_path: Path, data: DataPlane) -> None:
    (tmp_path / "empty").mkdir()
    assert names_in(carried(tmp_path / "empty", Directory, data)) == []


def test_many_files_at_once(tmp_path: Path, data: DataPlane) -> None:
    root = tmp_path / "many"
    root.mkdir()
    for i in range(100):
        (root / f"{i}.txt").write_text(str(i))
    directory = carried(root, Directory, data)
    assert {name: (directory / name).read_text() for name in names_in(directory)} == {
        f"{i}.txt": str(i) for i in range(100)
    }


def test_on_disk(report: Path, folder: Path, tmp_path: Path) -> None:
    data = DataPlane(f"file://{tmp_path}/store", scratch=tmp_path / "scratch")
    assert Path(carried(report, File, data)).read_text() == "hello"
    assert (carried(folder, Directory, data) / "one.txt").read_text() == "1"
    copy = Path(carried(report, File, data))
    copy.write_text("changed")
    assert Path(carried(report, File, data)).read_text() == "hello"


def test_json(report: Path, tmp_path: Path) -> None:
    assert to_json(File(report), File) == str(report)
    assert from_json(str(report), File) == File(report)
    assert from_json({"path": str(report)}, File) == File(report)
    assert from_json("s3://bucket/x", File).remote_source == "s3://bucket/x"
    assert to_json(File("s3://bucket/x"), File) == "s3://bucket/x"


def test_over_http(tmp_path: Path) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/data.csv"
            body = b"a,b\n1,2\n" if found else b"nope"
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(BrokenPipeError):
                self.wfile.write(body)

        def log_message(self, *_: str) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        assert Path(File(f"{url}/data.csv")).read_text() == "a,b\n1,2\n"
        with pytest.raises(ObjectNotFound, match="404"):
            File(f"{url}/other").download()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    with pytest.raises(StoreError):
        File(f"{url}/data.csv").download()


def test_threads_that_download_one_file_at_once_all_have_it(tmp_path: Path, data: DataPlane) -> None:
    content = os.urandom(1_000_000)
    (tmp_path / "large").write_bytes(content)
    literal = to_literal(File(str(tmp_path / "large")), File, data)
    for _ in range(5):
        file = from_literal(literal, File, data)
        together = threading.Barrier(8)
        found: list[tuple[str, bytes]] = []

        def read(file: Any = file, together: Any = together, found: Any = found) -> None:
            together.wait()
            path = file.download()
            found.append((path, Path(path).read_bytes()))

        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [(file.path, content)] * 8


def test_an_object_cannot_leave_the_folder_it_is_downloaded_to(tmp_path: Path, data: DataPlane) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    store = tmp_path / "store"
    (store / "d").mkdir(parents=True)
    (store / "d" / "x").write_text("x")
    target = tmp_path / "target"
    target.mkdir()
    (target / "escape").symlink_to(outside)
    (store / "d" / "escape").mkdir()
    (store / "d" / "escape" / "y").write_text("y")
    from livedeck.sdk.types.transfers import fetch_folder

    with pytest.raises(StoreError, match="outside"):
        fetch_folder(f"file://{store}/d", target)
    assert names_in(outside) == []


class Report(pydantic.BaseModel):
    title: str
    body: File
    parts: Directory | None = None


def test_files_in_a_pydantic_model(report: Path, folder: Path, data: DataPlane) -> None:
    value = Report(title="t", body=report, parts=Directory(folder))  # type: ignore[arg-type]
    literal = to_literal(value, Report, data)
    back = from_literal(literal, Report, data)
    assert back.body.remote_source.startswith("memory://")
    assert Path(back.body).read_text() == "hello"
    assert (back.parts / "one.txt").read_text() == "1"
    assert from_json({"title": "t", "body": {"path": str(report)}}, Report).body == File(report)
    with pytest.raises(TypeMismatch, match="there is no such file"):
        from_json({"title": "t", "body": "/nope"}, Report)


def test_names_load_no_library() -> None:
    code = "import sys; from livedeck import File; File['csv']('x').name; print('google.protobuf' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize(
    ("kind", "make", "words"),
    [
        (File, lambda path: path.mkdir(), "it is a folder: give a file in it, or declare Directory"),
        (Directory, lambda path: path.touch(), "it is a file: give the folder, or declare File"),
        (File, os.mkfifo, "it is a pipe, which cannot be stored: give a regular file"),
        (Directory, os.mkfifo, "it is a pipe, which cannot be stored: give a folder"),
        (File, lambda path: path.symlink_to("gone"), "it is a link to 'gone', which does not exist"),
        (File, lambda path: None, "there is no such file here"),
        (Directory, lambda path: None, "there is no such folder"),
    ],
)
@pytest.mark.parametrize("convert", [accept, from_json])
def test_a_path_to_something_else_says_what_it_is(
    tmp_path: Path, kind: Any, make: Callable[..., Any], words: str, convert: Callable[..., Any]
) -> None:
    path = tmp_path / "x"
    make(path)
    with pytest.raises(TypeMismatch, match=re.escape(words)):
        convert(str(path), kind)


@pytest.mark.parametrize("kind", [File, Directory])
@pytest.mark.parametrize(("path", "words"), [("a" * 5000, "File name too long"), ("a\0b", "null")])
def test_a_path_that_cannot_be_one_says_why(kind: Any, path: str, words: str) -> None:
    with pytest.raises(TypeMismatch, match=words):
        accept(path, kind)


@pytest.fixture
def nobody() -> Iterator[None]:
    """Be a user to whom permissions apply."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


@pytest.mark.usefixtures("nobody")
def test_what_may_not_be_read_says_so() -> None:
    with tempfile.TemporaryDirectory() as folder:
        locked = Path(folder, "locked")
        locked.mkdir()
        (locked / "file").touch()
        locked.chmod(0o644)
        for path, kind in ((locked, Directory), (locked / "file", File)):
            with pytest.raises(TypeMismatch, match="this user may not read it"):
                accept(str(path), kind)
        locked.chmod(0o755)
        (locked / "file").chmod(0)
        with pytest.raises(TypeMismatch, match="this user may not read it"):
            accept(str(locked / "file"), File)
