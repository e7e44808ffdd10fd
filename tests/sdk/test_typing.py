"""What a type checker makes of a program written with livedeck."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # seconds each: they run with `make test`

GOOD = """
from livedeck import Resources, chain, task, workflow


@task
def add(x: int, y: int = 1) -> int:
    return x + y


@task(enable_deck=True, retries=2, requests=Resources(cpu=1))
def name(x: int) -> str:
    return str(x)


@workflow
def flow(x: int = 1) -> str:
    return name(x=add(x))


@workflow(interruptible=True)
def outer() -> str:
    return flow(x=2)


@workflow
def several() -> str:
    first = add.with_overrides(node_name="first", retries=1, timeout=60)(x=1)
    second = name.with_overrides(requests=Resources(cpu=2))(first)
    third = flow.with_overrides(name="third")(x=2)
    chain(first, second, third)
    reveal_type(second)
    return third


reveal_type(add)
reveal_type(add(1))
reveal_type(flow())
"""

ASYNC = """
import asyncio

from livedeck import eager, task, workflow


@task
async def double(x: int) -> int:
    return 2 * x


@task(retries=2)
async def name(x: int) -> str:
    return str(await double(x))


@workflow
def flow(x: int = 1) -> str:
    return name(x=double(x=x))


@eager
async def parent(x: int) -> list[int]:
    first = await double(x)
    reveal_type(first)
    others = await asyncio.gather(double(x=1), double.with_overrides(retries=1)(x=2))
    await name(x=first)
    return [first, *others]


@eager(enable_deck=False)
async def outer() -> int:
    return sum(await parent(x=1))


@workflow
def of_eager() -> int:
    return outer()
"""

ASYNC_BAD = """
from livedeck import eager, task


@task
async def double(x: int) -> int:
    return 2 * x


@eager
async def parent() -> str:
    double("a")
    return await double(y=1)


@eager
def no_coroutine() -> int:
    return 1
"""

BAD = """
from livedeck import task


@task(retry=3)
def add(x: int) -> int:
    return x


@task
def name(x: int) -> str:
    return str(x)


name("a")
name(y=1)
name.with_overrides(retires=1)(1)
name.with_overrides(retries=1)("b")
x: int = name(1)
"""


def check(tmp_path: Path, text: str) -> str:
    program = tmp_path / "program.py"
    program.write_text(text)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(program)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path).stdout


def test_signatures_are_kept(tmp_path: Path) -> None:
    out = check(tmp_path, GOOD)
    assert "Task[[x: int, y: int =], int]" in out
    assert 'note: Revealed type is "int"' in out or 'note: Revealed type is "builtins.int"' in out
    assert out.count('Revealed type is "str"') == 2 or out.count('Revealed type is "builtins.str"') == 2
    assert "Success" in out, out


def test_a_call_of_an_async_task_is_awaited_or_passed_on(tmp_path: Path) -> None:
    out = check(tmp_path, ASYNC)
    assert 'Revealed type is "int"' in out or 'Revealed type is "builtins.int"' in out
    assert "Success" in out, out


def test_mistakes_with_async_tasks_are_found(tmp_path: Path) -> None:
    out = check(tmp_path, ASYNC_BAD)
    assert 'has incompatible type "str"; expected "int"' in out
    assert 'Unexpected keyword argument "y"' in out
    assert 'Incompatible return value type (got "int", expected "str")' in out
    assert 'No overload variant of "eager"' in out or "Coroutine" in out


def test_mistakes_are_found(tmp_path: Path) -> None:
    out = check(tmp_path, BAD)
    assert 'No overload variant of "task" matches argument type "int"' in out or "retry" in out
    assert 'Argument 1 to "__call__" of "Entity" has incompatible type "str"; expected "int"' in out
    assert 'Unexpected keyword argument "y"' in out
    assert 'Unexpected keyword argument "retires" for "with_overrides"' in out
    assert 'Argument 1 to "__call__" of "Overridden" has incompatible type "str"; expected "int"' in out
    assert 'Incompatible types in assignment (expression has type "str", variable has type "int")' in out
