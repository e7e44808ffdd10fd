"""Files and folders under flytekit's names: made in the store, read piece by piece, listed without a download."""

import io
from pathlib import Path
from typing import Annotated, Any, TypeVar

import pytest

from livedeck import FlyteDirectory, FlyteFile
from livedeck.errors import ObjectNotFound
from livedeck.sdk.types import DataPlane, Directory, File, from_literal, to_literal
from livedeck.sdk.types.files import FileExt
from livedeck.sdk.types.streams import open_to_read
from livedeck.store import Retry, open_store
from livedeck.types.file import CSVFile


@pytest.fixture
def data(tmp_path: Path) -> DataPlane:
    return DataPlane(f"file://{tmp_path}/store", scratch=tmp_path / "scratch")


def given(text: str, data: DataPlane, tmp_path: Path) -> File:
    """A file as a task is given it."""
    (tmp_path / "made").write_text(text)
    found: File = from_literal(to_literal(File(tmp_path / "made"), File, data), File, data)
    return found


def test_the_names_are_those_of_one_class() -> None:
    assert FlyteFile is File
    assert FlyteDirectory is Directory


FILE: Any = File  # which type checkers do not know as generic


@pytest.mark.parametrize(
    ("kind", "format"),
    [
        (File, ""),
        (FILE[None], ""),
        (FILE["~.csv"], "csv"),
        (CSVFile, "csv"),
        (FILE[TypeVar("txt")], "txt"),
        (FILE[Annotated[str, FileExt("tar.gz")]], "tar.gz"),
    ],
)
def test_formats(kind: type[File], format: str) -> None:
    assert kind.extension() == format


def test_a_new_remote_file_is_stored_when_it_is_closed() -> None:
    made = File.new_remote_file("name.txt")
    assert made.remote_source is not None
    assert made.remote_source.endswith("/name.txt")
    with pytest.raises(ObjectNotFound):
        made.open()
    with made.open("w") as out:
        out.write("one")
    with made.open() as opened:
        assert opened.read() == "one"
    assert Path(made.download()).read_text() == "one"
    with made.open("wb") as out:
        out.write(b"two")
    assert Path(made.download()).read_text() == "two", "what was downloaded before is not what is there"
    with pytest.raises(ValueError, match="can only be written"):
        made.open("a")


def test_a_file_that_was_given_is_not_downloaded_to_be_read_and_not_written(data: DataPlane, tmp_path: Path) -> None:
    file = given("some text", data, tmp_path)
    with file.open("r") as opened:
        assert opened.read(4) == "some"
    with file.open("rb", cache_type="readahead") as opened:
        opened.seek(5)
        assert opened.read() == b"text"
    assert not file.downloaded
    with pytest.raises(ValueError, match=r"make a new one with File\.new"):
        file.open("w")
    file.download()
    assert file.downloaded


def test_a_file_is_read_where_calls_to_the_store_are_tried_again(tmp_path: Path) -> None:
    data = DataPlane(f"file://{tmp_path}/store", scratch=tmp_path / "scratch", retry=Retry(budget=1.0))
    with given("some text", data, tmp_path).open() as opened:
        assert opened.read() == "some text"


def test_an_object_is_read_in_pieces() -> None:
    open_store("memory://streams").put("name", b"0123456789")
    with open_to_read("memory://streams/name", "rb") as opened:
        assert (opened.read(2), opened.tell()) == (b"01", 2)
        assert opened.seek(-3, io.SEEK_END) == 7
        assert opened.read() == b"789"
        assert opened.read() == b""
        opened.seek(1)
        assert opened.seek(2, io.SEEK_CUR) == 3
        assert opened.read(100) == b"3456789"
        with pytest.raises(ValueError, match="before the file's first byte"):
            opened.seek(-1)
    with open_to_read("memory://streams/name", "r", encoding="ascii") as text:
        assert text.read() == "0123456789"
    with pytest.raises(ObjectNotFound, match="memory://streams/missing"):
        open_to_read("memory://streams/missing", "rb")


def test_metadata_travels_with_a_file(data: DataPlane, tmp_path: Path) -> None:
    (tmp_path / "made").write_text("x")
    literal = to_literal(File(tmp_path / "made", metadata={"unit": "m"}), File, data)
    assert from_literal(literal, File, data).metadata == {"unit": "m"}


def test_what_is_not_to_be_uploaded_stays_where_it_is(data: DataPlane, tmp_path: Path) -> None:
    (tmp_path / "made").write_text("x")
    literal = to_literal(File(tmp_path / "made", remote_path=False), File, data)
    assert literal.scalar.blob.uri == f"file://{tmp_path}/made"
    folder = to_literal(Directory(tmp_path, remote_directory=False), Directory, data)
    assert folder.scalar.blob.uri == f"file://{tmp_path}"


def test_a_downloader_is_called_when_the_file_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "later"
    file = File(path, downloader=lambda: path.write_text("here"))
    assert not file.downloaded
    assert Path(file).read_text() == "here"


@pytest.mark.parametrize("remote", [False, True])
def test_a_folder_is_listed_and_crawled(remote: bool, data: DataPlane, tmp_path: Path) -> None:
    made = tmp_path / "made"
    (made / "inner" / "deep").mkdir(parents=True)
    for name in ("b", "a", "inner/c", "inner/deep/d"):
        (made / name).write_text(name)
    folder = Directory(made)
    if remote:
        folder = from_literal(to_literal(folder, Directory, data), Directory, data)
    listed = Directory.listdir(folder)
    assert [(type(each), each.name) for each in listed] == [(File, "a"), (File, "b"), (Directory, "inner")]
    assert Path(listed[0]).read_text() == "a"
    assert [name for _, name in folder.crawl()] == ["a", "b", "inner/c", "inner/deep/d"]
    assert [name for _, name in folder.crawl(maxdepth=1)] == ["a", "b"]
    assert [name for _, name in folder.crawl(topdown=False)] == ["inner/deep/d", "inner/c", "a", "b"]
    base, details = next(folder.crawl(detail=True))
    assert base == str(folder)
    assert details == {"a": {"name": f"{base}/a", "size": 1, "type": "file"}}
    assert folder.downloaded is not remote


@pytest.mark.parametrize("make", [lambda: Directory.new_remote("stem"), lambda: Directory.new("local")])
def test_files_are_made_in_a_folder(make: object) -> None:
    folder = make()  # type: ignore[operator]
    with folder.new_file("one").open("w") as out:
        out.write("1")
    with folder.new_dir("below").new_file().open("wb") as out:
        out.write(b"22")
    found = [name for _, name in folder.crawl()]
    assert found[0] == "one"
    assert found[1].startswith("below/")
    assert (Path(folder.download()) / "one").read_text() == "1"


def test_what_is_new_has_a_relative_name() -> None:
    for kind in (File, Directory):
        with pytest.raises(ValueError, match="'/tmp/x' is an absolute path"):
            kind.new("/tmp/x")
