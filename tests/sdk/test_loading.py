import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from livedeck.errors import UnknownEntity, UnsupportedType, UserError
from livedeck.sdk.loading import load_file
from livedeck.sdk.modules import module_name, project_root

GOOD = """
from livedeck import task, workflow

@task
def add(x: int) -> int:
    return x + 1

@workflow
def flow(x: int = 1) -> int:
    return add(x=x)
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = set(sys.modules)

    def write(text: str, name: str = "flow_file.py") -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    yield write
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def test_a_file_is_loaded_by_its_modules_name(write: Callable[..., Any], tmp_path: Path) -> None:
    program = load_file(write(GOOD))
    assert program.module.__name__ == "flow_file"
    assert program.root == tmp_path
    assert list(program.entities) == ["add", "flow"]
    assert list(program.workflows) == ["flow"]
    assert program.find("flow").name == "flow_file.flow"
    assert program.find("flow")(x=2) == 3
    assert program.find("flow_file.flow") is program.find("flow")


def test_a_file_in_a_package(write: Callable[..., Any], tmp_path: Path) -> None:
    write("", "pkg/__init__.py")
    write("", "pkg/sub/__init__.py")
    write("NUMBER = 5\n", "pkg/constants.py")
    file = write("from ..constants import NUMBER\n" + GOOD, "pkg/sub/flow.py")
    program = load_file(file)
    assert program.module.__name__ == "pkg.sub.flow"
    assert program.root == tmp_path


def test_another_file_of_the_same_name_takes_its_place(write: Callable[..., Any], tmp_path: Path) -> None:
    first = load_file(write(GOOD, "one/same_name.py"))
    second = load_file(write(GOOD.replace("x + 1", "x + 2"), "two/same_name.py"))
    assert first.find("add")(x=1) == 2
    assert second.find("add")(x=1) == 3
    assert second.module.__file__ == str(tmp_path / "two" / "same_name.py")


def test_the_same_file_is_loaded_once(write: Callable[..., Any]) -> None:
    file = write(GOOD)
    assert load_file(file).module is load_file(file).module


def test_a_launch_plan_goes_by_its_own_name_too(write: Callable[..., Any]) -> None:
    plan = "from livedeck import LaunchPlan\nfast = LaunchPlan.get_or_create(flow, name='flow_fast')\n"
    program = load_file(write(GOOD + plan, "planned.py"))
    assert program.find("flow_fast") is program.find("fast")
    with pytest.raises(UnknownEntity, match=r"has: task add, workflow flow, launch plan fast \(flow_fast\)$"):
        program.find("quick")


def test_an_unknown_name_lists_what_is_there(write: Callable[..., Any]) -> None:
    program = load_file(write(GOOD))
    with pytest.raises(UnknownEntity, match=r"has no task or workflow 'flwo'; it has: task add, workflow flow"):
        program.find("flwo")
    empty = load_file(write("x = 1\n", "empty_file.py"))
    with pytest.raises(UnknownEntity, match="it has no task and no workflow"):
        empty.find("flow")


def test_imported_ones_come_last(write: Callable[..., Any]) -> None:
    write(GOOD, "library_file.py")
    program = load_file(write("from library_file import add\n" + GOOD.replace("add", "more"), "user_file.py"))
    assert list(program.entities) == ["more", "flow", "add"]


def test_a_missing_file() -> None:
    with pytest.raises(UnknownEntity, match=r"nowhere\.py: there is no such file"):
        load_file("nowhere.py")


def test_a_syntax_error_names_file_line_and_text(write: Callable[..., Any]) -> None:
    file = write("x = 1\ndef f(:\n    pass\n")
    with pytest.raises(UserError) as caught:
        load_file(file)
    assert str(caught.value).splitlines() == [
        f"{file}:2: SyntaxError: invalid syntax",
        "    def f(:",
        "          ^",
    ]


def test_bad_indentation_is_a_syntax_error_too(write: Callable[..., Any]) -> None:
    with pytest.raises(UserError, match="IndentationError"):
        load_file(write("def f():\nreturn 1\n"))


def test_a_null_byte(write: Callable[..., Any]) -> None:
    with pytest.raises(UserError, match="null bytes"):
        load_file(write("x = 1\0\n"))


def test_an_error_while_importing_names_the_users_line(write: Callable[..., Any]) -> None:
    file = write("import json\n\nvalue = json.loads('{')\n")
    with pytest.raises(UserError, match="JSONDecodeError") as caught:
        load_file(file)
    assert "importing flow_file.py failed" in str(caught.value)


def test_a_missing_package(write: Callable[..., Any]) -> None:
    file = write("import no_such_package\n")
    with pytest.raises(
        UserError, match=r":1: import no_such_package: importing .*No module named 'no_such_package'"
    ) as e:
        load_file(file)
    assert f"the environment of this command, {sys.prefix}, has no module 'no_such_package'" in str(e.value)
    assert f"{sys.executable} -m pip install no_such_package" in str(e.value)


def test_a_module_that_exits_while_it_is_loaded(write: Callable[..., Any]) -> None:
    file = write("import sys\nsys.exit(7)\n")
    with pytest.raises(
        UserError, match=r":2: sys.exit\(7\): importing .* failed: it called sys.exit\(7\) while it was"
    ):
        load_file(file)


def test_our_own_errors_keep_their_kind_and_gain_the_place(write: Callable[..., Any]) -> None:
    file = write("from livedeck import task\n\n@task\ndef f(x):\n    pass\n")
    with pytest.raises(UnsupportedType) as caught:
        load_file(file)
    assert str(caught.value).startswith(f"{file}:3: @task: ")
    assert "input 'x' has no type" in str(caught.value)


@pytest.mark.parametrize("name", ["my-file.py", "1st.py", "notes.txt"])
def test_a_name_that_is_no_modules(write: Callable[..., Any], name: str) -> None:
    with pytest.raises(UserError, match="cannot be imported as a module"):
        load_file(write(GOOD, name))


def test_a_name_that_is_taken(write: Callable[..., Any]) -> None:
    with pytest.raises(UserError, match="rename the file"):
        load_file(write(GOOD, "json.py"))


def test_roots_and_names(tmp_path: Path) -> None:
    package = tmp_path / "a" / "b"
    package.mkdir(parents=True)
    (tmp_path / "a" / "__init__.py").touch()
    (package / "__init__.py").touch()
    assert project_root(package / "c.py") == tmp_path
    assert module_name(package / "c.py") == "a.b.c"
    assert module_name(package / "__init__.py") == "a.b"
    assert module_name(package / "c.py", tmp_path / "a") == "b.c"
