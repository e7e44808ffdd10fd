"""Files: written, opened, passed on, given a place in the store before they are written."""

import os
import typing

import flytekit
from flytekit import FlyteFile, task, workflow
from flytekit.types.file import CSVFile, FileExt, JSONLFile


@task
def write(lines: int) -> FlyteFile:
    path = os.path.join(flytekit.current_context().working_directory, "numbers.txt")
    with open(path, "w") as out:
        out.write("\n".join(str(number) for number in range(lines)))
    return FlyteFile(path)


@task
def write_and_return_a_path(text: str) -> FlyteFile["txt"]:
    path = os.path.join(flytekit.current_context().working_directory, "text.txt")
    with open(path, "w") as out:
        out.write(text)
    return path


@task
def write_in_place(text: str) -> FlyteFile:
    made = FlyteFile.new_remote_file("greeting.txt")
    with made.open("w") as out:
        out.write(text)
    return made


@task
def count(source: FlyteFile) -> int:
    with source.open("r") as lines:
        return sum(1 for _ in lines)


@task
def upper(source: FlyteFile) -> FlyteFile:
    copy = FlyteFile.new_remote_file()
    with source.open("rb") as read, copy.open("wb") as written:
        written.write(read.read().upper())
    return copy


@task
def read(source: FlyteFile) -> str:
    with open(source) as opened:
        first = opened.read()
    with open(source.download()) as again:
        assert again.read() == first
    assert os.path.basename(os.fspath(source)) == os.path.basename(source.download())
    return first


@task
def read_in_pieces(source: FlyteFile) -> list[str]:
    with source.open("rb") as opened:
        pieces = [opened.read(3)]
        opened.seek(1)
        return [piece.decode() for piece in (*pieces, opened.read(2), opened.read())]


@task
def make_csv() -> CSVFile:
    made = FlyteFile.new("table.csv")
    with open(made.path, "w") as out:
        out.write("a,b\n1,2\n")
    return made


@task
def lines_of(table: FlyteFile[typing.TypeVar("csv")]) -> int:
    with open(table) as opened:
        return len(opened.readlines())


@task
def formats() -> list[str]:
    archive = FlyteFile[typing.Annotated[str, FileExt("tar.gz")]]
    return [FlyteFile.extension(), CSVFile.extension(), JSONLFile.extension(), archive.extension()]


@workflow
def written(lines: int = 4) -> tuple[FlyteFile, int]:
    made = write(lines=lines)
    return made, count(source=made)


@workflow
def copied(text: str) -> tuple[FlyteFile, str, list[str]]:
    made = upper(source=write_in_place(text=text))
    return made, read(source=made), read_in_pieces(source=made)


@workflow
def formatted() -> tuple[FlyteFile["txt"], int, list[str]]:
    return write_and_return_a_path(text="plain"), lines_of(table=make_csv()), formats()


RUNS = [(written, {}), (written, {"lines": 1}), (copied, {"text": "some words"}), (formatted, {}), (make_csv, {})]
