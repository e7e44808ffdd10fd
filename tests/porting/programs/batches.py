"""Folders and lists that are given on in batches, and files inside of lists and dicts."""

import os
from typing import Annotated, Dict, List

import flytekit
from flytekit import BatchSize, FlyteDirectory, FlyteFile, dynamic, map_task, task, workflow


def written(name: str, text: str) -> str:
    path = os.path.join(flytekit.current_context().working_directory, name)
    with open(path, "w") as out:
        out.write(text)
    return path


@task
def folder() -> Annotated[FlyteDirectory, BatchSize(2)]:
    made = os.path.join(flytekit.current_context().working_directory, "many")
    os.makedirs(made)
    for number in range(5):
        with open(os.path.join(made, str(number)), "w") as out:
            out.write(str(number))
    return FlyteDirectory(made)


@task
def files(count: int) -> List[FlyteFile]:
    return [FlyteFile(written(f"{number}.txt", "x" * number)) for number in range(count)]


@task
def by_name(names: List[str]) -> Dict[str, FlyteFile]:
    return {name: FlyteFile(written(name, name)) for name in names}


@task
def size(source: FlyteFile) -> int:
    return os.path.getsize(source)


@task
def count(source: Annotated[FlyteDirectory, BatchSize(3)]) -> int:
    return len(os.listdir(source))


@task
def texts(sources: Dict[str, FlyteFile]) -> Dict[str, str]:
    found = {}
    for name, source in sources.items():
        with open(source) as opened:
            found[name] = opened.read()
    return found


@dynamic
def sizes(sources: List[FlyteFile]) -> List[int]:
    return [size(source=source) for source in sources]


@workflow
def batched(many: int = 3) -> tuple[int, List[int], List[int], Dict[str, str]]:
    made = files(count=many)
    named = by_name(names=["a", "b"])
    return count(source=folder()), map_task(size)(source=made), sizes(sources=made), texts(sources=named)


RUNS = [(batched, {})]
