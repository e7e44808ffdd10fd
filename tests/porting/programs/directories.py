"""Folders: written, listed, crawled, downloaded, made in the store one file at a time."""

import os

import flytekit
from flytekit import FlyteDirectory, FlyteFile, task, workflow
from flytekit.types.directory import TensorboardLogs


@task
def write(names: list[str]) -> FlyteDirectory:
    folder = os.path.join(flytekit.current_context().working_directory, "made")
    os.makedirs(os.path.join(folder, "inner"))
    for number, name in enumerate(names):
        with open(os.path.join(folder, "inner" if number % 2 else "", name), "w") as out:
            out.write(name * number)
    return FlyteDirectory(folder)


@task
def write_in_place(text: str) -> FlyteDirectory:
    folder = FlyteDirectory.new_remote()
    with folder.new_file("one.txt").open("w") as out:
        out.write(text)
    with folder.new_dir("below").new_file("two.txt").open("w") as out:
        out.write(text[::-1])
    return folder


@task
def names_in(folder: FlyteDirectory) -> list[str]:
    found = []
    for each in FlyteDirectory.listdir(folder):
        kind = "folder" if isinstance(each, FlyteDirectory) else "file"
        found.append(f"{kind} {os.path.basename(str(each.remote_source or each.path).rstrip('/'))}")
    return sorted(found)


@task
def crawled(folder: FlyteDirectory) -> list[str]:
    return sorted(str(name) for _, name in folder.crawl())


@task
def first_of(folder: FlyteDirectory) -> FlyteFile:
    files = [each for each in FlyteDirectory.listdir(folder) if isinstance(each, FlyteFile)]
    return sorted(files, key=lambda each: os.path.basename(str(each.remote_source or each.path)))[0]


@task
def sizes(folder: FlyteDirectory) -> dict[str, int]:
    local = folder.download()
    return {
        os.path.relpath(os.path.join(base, name), local): os.path.getsize(os.path.join(base, name))
        for base, _, files in sorted(os.walk(local))
        for name in sorted(files)
    }


@task
def logs() -> TensorboardLogs:
    folder = FlyteDirectory.new("logs")
    with open(folder / "events", "w") as out:
        out.write("event")
    return TensorboardLogs(folder.path)


@task
def joined(folder: FlyteDirectory) -> str:
    return ",".join(sorted(os.listdir(folder)))


@workflow
def local(names: list[str]) -> tuple[FlyteDirectory, list[str], list[str], dict[str, int]]:
    folder = write(names=names)
    return folder, names_in(folder=folder), crawled(folder=folder), sizes(folder=folder)


@workflow
def remote(text: str) -> tuple[FlyteDirectory, list[str], FlyteFile, str]:
    folder = write_in_place(text=text)
    return folder, crawled(folder=folder), first_of(folder=folder), joined(folder=folder)


RUNS = [(local, {"names": ["a.txt", "b.txt", "c.txt"]}), (remote, {"text": "abc"}), (logs, {})]
