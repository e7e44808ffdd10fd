"""What a type checker makes of a program written with livedeck."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # seconds each: they run with `make test`

GOOD = """
from livedeck import Resources, task, workflow


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


reveal_type(add)
reveal_type(add(1))
reveal_type(flow())
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
    assert "Success" in out, out


def test_mistakes_are_found(tmp_path: Path) -> None:
    out = check(tmp_path, BAD)
    assert 'No overload variant of "task" matches argument type "int"' in out or "retry" in out
    assert 'Argument 1 to "__call__" of "Entity" has incompatible type "str"; expected "int"' in out
    assert 'Unexpected keyword argument "y"' in out
    assert 'Incompatible types in assignment (expression has type "str", variable has type "int")' in out
