"""One attempt, in this process."""

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flyteidl.core.errors_pb2 import ContainerError
from flyteidl.core.execution_pb2 import ExecutionError

from livedeck.runtime import entry, failures
from livedeck.sdk import bundle
from livedeck.store import open_store
from tests.runtime.conftest import PROGRAMS, Bench


def test_inputs_go_in_and_outputs_come_out(bench: Bench) -> None:
    bench.give(x=1)
    assert bench.run("add") == 0
    assert bench.outputs(o0=int) == {"o0": 11}
    assert bench.files == ["outputs.pb"]


def test_named_outputs(bench: Bench) -> None:
    bench.give(x=1)
    assert bench.run("two") == 0
    assert bench.outputs(number=int, word=str) == {"number": 1, "word": "w"}


def test_no_outputs_are_an_empty_file(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.run("nothing") == 0
    assert bench.outputs() == {}
    assert capsys.readouterr().out == "nothing\n"


def test_async_tasks(bench: Bench) -> None:
    bench.give(x=1)
    assert bench.run("later") == 0
    assert bench.outputs(o0=int) == {"o0": 2}


def test_the_context_says_which_attempt_it_is(bench: Bench, set_environment: Callable[..., Any]) -> None:
    set_environment(
        FLYTE_INTERNAL_EXECUTION_ID="abc",
        FLYTE_INTERNAL_EXECUTION_PROJECT="p",
        FLYTE_INTERNAL_EXECUTION_DOMAIN="d",
        FLYTE_INTERNAL_TASK_NAME="tasks.identity",
        FLYTE_INTERNAL_TASK_VERSION="v1",
        FLYTE_ATTEMPT_NUMBER="2",
    )
    assert bench.run("identity") == 0
    prefixes = [f"file://{bench.output}", f"file://{bench.root}/raw"]
    assert bench.outputs(o0=list[str])["o0"] == ["p", "d", "abc", "tasks.identity", "v1", "3", *prefixes]


def test_a_task_called_in_a_thread_is_part_of_the_attempt(bench: Bench, set_environment: Callable[..., Any]) -> None:
    set_environment(FLYTE_INTERNAL_EXECUTION_ID="abc")
    assert bench.run("calls_a_task_in_a_thread") == 0
    assert bench.outputs(o0=list[str])["o0"][2] == "abc"


def test_an_error_is_the_users_and_final(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.run("fail") == 0
    error = bench.error
    assert error.kind == ContainerError.NON_RECOVERABLE
    assert error.origin == ExecutionError.USER
    assert error.code == "USER:ZeroDivisionError"
    assert error.message.endswith("ZeroDivisionError: mine")
    assert 'raise ZeroDivisionError("mine")' in error.message
    assert "in fail" in error.message
    assert str(Path(entry.__file__).parents[1]) not in error.message, "no frames of livedeck's own"
    assert error.timestamp.seconds > 0
    assert error.message in capsys.readouterr().err
    assert bench.files == ["error.pb"]


class _NoWords:
    def __repr__(self) -> str:
        raise ValueError("no words")


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (SystemExit(_NoWords()), "USER:SystemExit", "<_NoWords instance at "),
        (SystemExit("x" * 10**7), "USER:SystemExit", "sys.exit('xxx"),
        (ModuleNotFoundError("a\ud800", name="b\ud800"), "USER:ModuleNotFoundError", "'b\\ud800'"),
        (ModuleNotFoundError("no words", name=1), "USER:ModuleNotFoundError", "has no module 1"),  # type: ignore[arg-type]
        (SyntaxError("mine", ("file", 1, 1, 7)), "USER:SyntaxError", "SyntaxError: mine (file, line 1) (which cannot"),  # type: ignore[arg-type]
    ],
    ids=["without words", "long", "surrogates", "number", "no text"],
)
def test_whatever_an_error_is_its_document_can_be_stored(error: BaseException, code: str, words: str) -> None:
    document = failures.document(error)
    assert document.error.code == code
    assert words in document.error.message
    assert document.ByteSize() < 200_000


def test_the_traceback_of_an_async_task_is_the_users_too(bench: Bench) -> None:
    assert bench.run("fail_later") == 0
    assert "asyncio/" not in bench.error.message
    assert "in fail_later" in bench.error.message


def test_a_recoverable_error(bench: Bench) -> None:
    assert bench.run("fail_softly") == 0
    assert bench.error.kind == ContainerError.RECOVERABLE
    assert bench.error.origin == ExecutionError.USER
    assert bench.error.code == "USER:Recoverable"


def test_an_output_of_the_wrong_type_names_everything(bench: Bench) -> None:
    assert bench.run("wrong") == 0
    assert bench.error.code == "USER:TypeError"
    assert "tasks.wrong: output 'o0' must be int, not 'a'" in bench.error.message
    assert not bench.store.head("outputs.pb")


def test_an_input_of_the_wrong_type(bench: Bench) -> None:
    bench.give(x="one")
    assert bench.run("add") == 0
    assert "tasks.add: input 'x'" in bench.error.message


def test_a_missing_input(bench: Bench) -> None:
    assert bench.run("add") == 0
    assert "tasks.add: input 'x' (int) was not given" in bench.error.message


@pytest.mark.parametrize("code", [0, 3])
def test_sys_exit_is_a_failure(bench: Bench, code: int) -> None:
    bench.give(code=code)
    assert bench.run("leave") == 0
    assert f"the task called sys.exit({code}) instead of returning" in bench.error.message
    assert bench.error.code == "USER:SystemExit"


def test_a_very_long_error_loses_its_middle(bench: Bench) -> None:
    assert bench.run("long_error") == 0
    assert len(bench.error.message) < 100_000
    assert "characters left out" in bench.error.message


@pytest.mark.parametrize(
    ("task", "module", "words"),
    [
        ("add", "no_such_module", "No module named 'no_such_module'"),
        ("any", "lacking", f"the environment that runs the attempts, {sys.prefix}, has no module 'no_such_package'"),
        ("any", "lacking", f"{sys.executable} -m pip install no_such_package"),
        ("any", "leaving", "the module leaving cannot be loaded: it called sys.exit(7) while it was loaded"),
        ("needs", "tasks", "the environment that runs the attempts"),
        ("missing", "tasks", "has no task 'missing'"),
        ("NOT_A_TASK", "tasks", "a int of that name"),
        ("any", "broken", "KeyError: 'while importing'"),
        ("bad", "half", "half.bad: input 'x' has no type"),
    ],
)
def test_a_task_that_cannot_be_loaded(bench: Bench, task: str, module: str, words: str) -> None:
    assert bench.run(task, module=module) == 0
    assert words in bench.error.message
    assert bench.error.origin == ExecutionError.USER


def test_an_attempt_reads_no_declaration_but_its_own(bench: Bench) -> None:
    assert bench.run("good", module="half") == 0
    assert bench.outputs(o0=int) == {"o0": 1}


def test_inputs_that_cannot_be_read_are_the_systems_fault(bench: Bench) -> None:
    open_store(f"file://{bench.root}/out").delete("inputs.pb")
    assert bench.run("add") == 0
    assert bench.error.origin == ExecutionError.SYSTEM
    assert bench.error.kind == ContainerError.RECOVERABLE
    assert "inputs.pb could not be read" in bench.error.message


def test_the_code_travels_as_a_bundle(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "traveller.py").write_text(
        "from livedeck import task\n@task\ndef where() -> str:\n    return __file__\n"
    )
    packed = bundle.build(project)
    open_store(f"file://{tmp_path}/code-store").put(packed.name, packed.data)
    monkeypatch.setattr(sys, "path", [*sys.path])
    uri = f"file://{tmp_path}/code-store/{packed.name}"
    assert bench.run("where", module="traveller", code=uri) == 0
    assert bench.outputs(o0=str)["o0"] == str(tmp_path / "code" / packed.digest / "traveller.py")


@pytest.fixture
def packed(tmp_path: Path) -> Callable[..., Any]:
    """Store a project as a bundle, and return its URI."""

    def pack(files: dict[str, str]) -> str:
        for name, text in files.items():
            file = tmp_path / "project" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        made = bundle.build(tmp_path / "project")
        open_store(f"file://{tmp_path}/code-store").put(made.name, made.data)
        return f"file://{tmp_path}/code-store/{made.name}"

    return pack


@pytest.fixture
def bundled(bench: Bench, packed: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Run a task of a project that came as a bundle."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)

    def run(files: dict[str, str], module: str, task: str = "go") -> None:
        assert bench.run(task, module=module, code=packed(files)) == 0

    return run


GO = "from livedeck import task\n@task(enable_deck=True)\ndef go() -> None:\n"


def test_tracebacks_name_the_users_files_and_not_the_caches(
    bundled: Callable[..., Any], bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {
        "told_tree/__init__.py": "",
        "told_tree/steps.py": "def step():\n    raise LookupError('deep in the project')\n",
        "told_main.py": GO.replace("@", "from told_tree.steps import step\n@", 1) + "    step()\n",
    }
    bundled(files, "told_main")
    printed = capsys.readouterr().err
    error_tab = next(html for name, html in bench.tabs.items() if name == "Error")
    for text in (bench.error.message, printed, error_tab):
        assert str(bench.root) not in text
        assert "raise LookupError(" in text
    assert 'File "told_main.py", line 5, in go' in bench.error.message
    assert 'File "told_tree/steps.py", line 2, in step' in bench.error.message
    assert bench.error.code == "USER:LookupError"


def test_the_warning_about_a_pickle_names_the_users_function(bench: Bench) -> None:
    with bench.start("takes_opaque") as process:
        printed = process.communicate()[1]
    assert process.returncode == 0, printed
    lines = (PROGRAMS / "tasks.py").read_text().splitlines()
    line = lines.index("def takes_opaque(")  # counted from 1: the decorator's, where a function begins
    assert f"{PROGRAMS / 'tasks.py'}:{line}: PickleWarning: Opaque has no form of its own" in printed
    assert lines[line - 1] in printed.splitlines()[1]


PRINTING = """
import logging, sys, traceback, warnings
from livedeck import task

@task
def go() -> None:
    try:
        int('x')
    except ValueError as error:
        traceback.print_exc()
        logging.getLogger('printed').exception('logged')
        frames = traceback.extract_tb(error.__traceback__)
        print(''.join(traceback.format_list(frames)), file=sys.stderr)
        print(frames[0].filename)
    warnings.warn('careful', stacklevel=1)
"""


def test_what_a_task_prints_of_errors_and_warnings_names_the_users_files(
    bench: Bench, packed: Callable[..., Any]
) -> None:
    uri = packed({"printing.py": PRINTING})
    with bench.start("go", module="printing", code=uri) as process:
        shown, printed = process.communicate()
    assert process.returncode == 0, printed
    assert printed.count('File "printing.py", line 8, in go') == 3
    assert printed.count("    int('x')") == 3
    assert "\nprinting.py:15: UserWarning: careful\n  warnings.warn(" in printed
    assert Path(shown.strip()).is_file(), "to libraries a function's file is where it is"


def test_a_mistake_in_the_users_file_is_told_with_his_path(bundled: Callable[..., Any], bench: Bench) -> None:
    bundled({"mistaken.py": GO + "    return (\n"}, "mistaken")
    assert 'File "mistaken.py", line 4' in bench.error.message
    assert "importlib" not in bench.error.message
    assert str(bench.root) not in bench.error.message
    assert bench.error.code == "USER:SyntaxError"


def test_an_error_in_a_thread_is_printed_with_the_users_path(
    bundled: Callable[..., Any], bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    body = "    import threading\n    thread = threading.Thread(target=lambda: 1 / 0, name='aside')\n"
    bundled({"threaded.py": GO + body + "    thread.start()\n    thread.join()\n"}, "threaded")
    printed = capsys.readouterr().err
    assert "Exception in thread aside:" in printed
    assert 'File "threaded.py", line 5' in printed
    assert str(bench.root) not in printed


def test_a_task_that_its_bundle_does_not_have_is_told_with_the_users_path(
    bundled: Callable[..., Any], bench: Bench
) -> None:
    bundled({"lacking.py": GO + "    pass\n"}, "lacking", "gone")
    assert bench.error.message.endswith(": lacking.py has no task 'gone', but a NoneType of that name")


class Own(KeyError):
    """An error of the user's own."""


@pytest.mark.parametrize("kind", [ValueError, RuntimeError, Own])
def test_the_code_of_an_error_is_its_class(kind: type[Exception]) -> None:
    assert failures.document(kind("x")).error.code == f"USER:{kind.__name__}"


def test_code_that_cannot_be_fetched_is_the_systems_fault(bench: Bench) -> None:
    assert bench.run("add", code=f"file://{bench.root}/nowhere.tar.gz") == 0
    assert bench.error.origin == ExecutionError.SYSTEM
    assert "could not be fetched" in bench.error.message


def test_checkpoints_pass_from_attempt_to_attempt(bench: Bench, set_environment: Callable[..., Any]) -> None:
    assert bench.run("checkpoints") == 0
    assert bench.outputs(o0=str)["o0"] == ""
    set_environment(FLYTE_ATTEMPT_NUMBER="1")
    previous = f"file://{bench.root}/new"
    arguments = ["--prev-checkpoint", previous, "--checkpoint-path", f"file://{bench.root}/newer"]
    given = bench.arguments("checkpoints")
    middle = given.index("--")
    assert entry.main([*given[:middle], *arguments, *given[middle:]]) == 0
    assert bench.outputs(o0=str)["o0"] == "state of attempt 1"


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["--inputs", "file:///a/b"],
        ["--inputs", "file:///a/b", "--output-prefix", "file:///c"],
        ["--inputs", "file:///a/b", "--output-prefix", "file:///c", "--", "task-module", "m"],
        ["--output-prefix", "file:///c", "--", "task-module", "m", "task-name", "t"],
        ["--inputs", "a", "--wrong", "b", "--output-prefix", "file:///c", "--", "task-module", "m", "task-name", "t"],
        ["--inputs", "a", "--output-prefix", "b", "--code", "--", "task-module", "m", "task-name", "t"],
    ],
)
def test_a_command_line_that_makes_no_sense(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.main(argv) == 2
    assert "usage: livedeck-execute" in capsys.readouterr().err
