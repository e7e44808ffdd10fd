"""The version under which outputs are cached: it changes with the code that the task reaches, and with no other."""

import importlib
import itertools
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from livedeck.errors import UserError
from livedeck.sdk.cache_versions import code_version

FILES = {
    "main.py": """
import json
import helper
import far.deep as deep
from far import near
from tools.text import clean
from other import unused

RATE = 1
TABLE = {}
TABLE["a"] = 1
LONE = 5


def inner(x):
    return deep.go(x) * RATE


def task(x: int) -> int:
    '''Doc.'''
    from late import later
    return inner(x) + helper.add(x) + near() + later(x) + TABLE["a"] + len(clean(json.dumps(x)))


def another():
    return unused() + LONE
""",
    "helper.py": "import below\n\ndef add(x):\n    return below.value(x)\n",
    "below.py": "def value(x):\n    return x\n",
    "late.py": "def later(x):\n    return x\n",
    "other.py": "def unused():\n    return 1\n",
    "far/__init__.py": "from .rel import near\n",
    "far/rel.py": "from . import sibling\n\ndef near():\n    return sibling.ONE\n",
    "far/sibling.py": "ONE = 1\n",
    "far/deep.py": "def go(x):\n    return x\n",
    "tools/text.py": "def clean(text):\n    return text\n",
    "lonely.py": "X = 1\n",
}
DECORATED = {
    "main.py": """
import functools
from livedeck import task as declare
from decorators import kept, lost, replaced
import helper

RATE = 1
AMOUNT = 1


def here(amount):
    def decorate(function):
        @functools.wraps(function)
        def inner(x):
            return function(x) + amount
        return inner
    return decorate


@declare(cache=True, retries=2)
@here(AMOUNT)
@functools.lru_cache(maxsize=8)
@kept
@replaced
@lost
def decorated(x: int) -> int:
    return helper.add(x) * RATE


task = decorated.function
""",
    "decorators.py": """
import functools
import lonely

def kept(function):
    @functools.wraps(function)
    def task(x):
        return function(x) + lonely.X
    return task

def lost(function):
    def task(x: int) -> int:
        return function(x) + 2
    return task

class replaced:
    def __init__(self, function):
        functools.update_wrapper(self, function)
        self.function = function
    def __call__(self, x):
        return self.function(x) + 3
""",
}
_numbers = itertools.count()


@pytest.fixture
def version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Write a project with some files changed, and return the version of its task."""

    def make(changes: dict[str, str] | None = None) -> str:
        root = tmp_path / f"project{next(_numbers)}"
        for name, text in (FILES | (changes or {})).items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        with monkeypatch.context() as patch:
            patch.syspath_prepend(str(root))
            before = set(sys.modules)
            try:
                return code_version(importlib.import_module("main").task)
            finally:
                for name in set(sys.modules) - before:
                    del sys.modules[name]

    return make


def edited(name: str, before: str, after: str, files: Mapping[str, str] = FILES) -> dict[str, str]:
    assert before in files[name]
    return {name: files[name].replace(before, after)}


CHANGES = [
    ("main.py", "return inner(x) +", "return inner(x) -"),
    ("main.py", "deep.go(x) * RATE", "deep.go(x) + RATE"),
    ("main.py", "RATE = 1", "RATE = 2"),
    ("main.py", 'TABLE["a"] = 1', 'TABLE["a"] = 2'),
    ("helper.py", "below.value(x)", "below.value(x) + 1"),
    ("below.py", "return x", "return -x"),
    ("late.py", "return x", "return -x"),
    ("far/__init__.py", "import near", "import near  \nnear = near"),
    ("far/rel.py", "sibling.ONE", "sibling.ONE + 1"),
    ("far/sibling.py", "ONE = 1", "ONE = 2"),
    ("far/deep.py", "return x", "return -x"),
    ("tools/text.py", "return text", "return text.strip()"),
]

CHANGES_AROUND = [
    ("main.py", "helper.add(x) * RATE", "helper.add(x)"),
    ("main.py", "RATE = 1", "RATE = 2"),
    ("main.py", "AMOUNT = 1", "AMOUNT = 2"),
    ("main.py", "function(x) + amount", "function(x) - amount"),
    ("main.py", "@functools.lru_cache(maxsize=8)", ""),
    ("decorators.py", "function(x) + lonely.X", "function(x) - lonely.X"),
    ("decorators.py", "function(x) + 2", "function(x) - 2"),
    ("decorators.py", "function(x) + 3", "function(x) - 3"),
    ("helper.py", "below.value(x)", "below.value(x) + 1"),
    ("below.py", "return x", "return -x"),
    ("lonely.py", "X = 1", "X = 2"),
]


def _id(value: object) -> str:
    return f"{value[0]}: {value[2]}" if isinstance(value, tuple) else "around" if value else "reached"


@pytest.mark.parametrize(
    ("around", "change"),
    [*(({}, change) for change in CHANGES), *((DECORATED, change) for change in CHANGES_AROUND)],
    ids=_id,
)
def test_the_version_changes_with_what_the_task_reaches_and_what_decorators_put_around_it(
    version: Callable[..., Any], around: dict[str, str], change: tuple[str, str, str]
) -> None:
    assert version(around | edited(*change, FILES | around)) != version(around)


def test_how_a_decorated_task_is_run_makes_no_difference(version: Callable[..., Any]) -> None:
    changed = edited("main.py", "retries=2", "retries=3", DECORATED)
    assert version(DECORATED | changed) == version(DECORATED)


NO_CHANGES = [
    ("main.py", "LONE = 5", "LONE = 6"),
    ("main.py", "unused() + LONE", "unused()"),
    ("main.py", "'''Doc.'''", "'''Other words.'''"),
    ("main.py", "RATE = 1", "RATE  =  1  # a comment"),
    ("other.py", "return 1", "return 2"),
    ("lonely.py", "X = 1", "X = 2"),
    ("below.py", "def value", "# a comment\ndef value"),
]


@pytest.mark.parametrize("change", NO_CHANGES, ids=lambda change: f"{change[0]}: {change[2]}")
def test_the_version_does_not_change_with_anything_else(
    version: Callable[..., Any], change: tuple[str, str, str]
) -> None:
    assert version(edited(*change)) == version()


def test_a_module_that_cannot_be_read_is_named(version: Callable[..., Any]) -> None:
    with pytest.raises(UserError, match=r"late\.py cannot be read.*needs a cache_version"):
        version(edited("late.py", "def later(x):", "def later(x:"))


def test_modules_that_import_each_other_come_to_an_end(version: Callable[..., Any]) -> None:
    assert version(edited("below.py", "def value", "import helper\ndef value")) != version()
