"""What is registered on a server already is called by reference: in a workflow, mapped over, and by an eager task."""

import asyncio
from pathlib import Path

import pytest

from livedeck.client import Client
from tests.integration.running import finished_deck, phase_of, python_outputs, run

PROGRAM = """
from livedeck import eager, map_task, reference_launch_plan, reference_task, task, workflow

PLACE = {{"project": "flytesnacks", "domain": "development", "version": {version!r}}}


@reference_task(name="eagers.add_one", **PLACE)
def add_one(x: int) -> int: ...


@reference_launch_plan(name="eagers.twice", **PLACE)
def twice(x: int) -> int: ...


@task
def total(xs: list[int]) -> int:
    return sum(xs)


@workflow
def called(x: int) -> tuple[int, int]:
    return add_one(x=x), twice(x=x)


@workflow
def mapped(xs: list[int]) -> tuple[int, list[int]]:
    return total(xs=map_task(add_one)(x=xs)), map_task(twice, concurrency=1)(x=xs)


@eager
async def waits(x: int) -> list[int]:
    return [add_one(x=x), twice(x=x), *map_task(add_one)(x=[x, 5])]
"""


@pytest.fixture
def program(client: Client, tmp_path: Path) -> Path:
    registered = run(client, "eagers.py", "twice", x=1).spec.launch_plan
    file = tmp_path / "referring.py"
    file.write_text(PROGRAM.format(version=registered.version))
    return file


def test_what_is_registered_is_run(client: Client, program: Path) -> None:
    for name, inputs, expected in (
        ("called", {"x": 3}, {"o0": 4, "o1": 5}),
        ("mapped", {"xs": [1, 2, 3]}, {"o0": 9, "o1": [3, 4, 5]}),
        ("waits", {"x": 3}, {"o0": [4, 5, 4, 6]}),
    ):
        ended = run(client, program, name, **inputs)
        assert phase_of(ended) == "SUCCEEDED", (name, ended.closure.error.message)
        assert python_outputs(client, ended.id) == expected
    (node,) = (each for each in client.node_executions(ended.id) if each.closure.deck_uri)
    document = asyncio.run(finished_deck(node.closure.deck_uri.rpartition("/")[0]))
    assert "<td>map of add_one</td>" in str(document)
