"""Files that are outputs."""

from livedeck import task, workflow
from livedeck.types.directory import FlyteDirectory
from livedeck.types.file import FlyteFile


@task
def report() -> FlyteFile:
    file = FlyteFile.new("report.txt")
    with file.open("w") as lines:
        lines.write("all is well")
    return file


@task
def parts() -> FlyteDirectory:
    folder = FlyteDirectory.new("parts")
    for name in ("first.txt", "second.txt"):
        (folder / name).write_text(name)
    return folder


@workflow
def files() -> tuple[FlyteFile, FlyteDirectory]:
    return report(), parts()
