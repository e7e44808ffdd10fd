"""Tasks that are objects: scripts, commands and queries."""

import shutil
import sqlite3
import sys
from pathlib import Path
from typing import cast

import pandas as pd
import pytest

from livedeck import ContainerTask, Directory, File, OutputLocation, RecoverableError, ShellTask, kwtypes, workflow
from livedeck.errors import MissingInput, TypeMismatch, UserError
from livedeck.extras.sqlite3.task import SQLite3Config, SQLite3Task  # type: ignore[import-untyped]
from livedeck.sdk.shell_tasks import subproc_execute
from livedeck.sdk.specs.settings import CompileSettings
from livedeck.sdk.specs.workflows import closure
from livedeck.sdk.sql_tasks import SQLTask
from livedeck.types.file import PNGImageFile

pytestmark = pytest.mark.filterwarnings("ignore::livedeck.NoEffectWarning")

copy = ShellTask(
    name="tests.copy",
    script="cat {inputs.source} > {outputs.copied}; echo {inputs.word} >> {outputs.copied}; mkdir {outputs.made}",
    inputs=kwtypes(source=File, word=str),
    output_locs=[
        OutputLocation(var="copied", var_type=PNGImageFile, location="{inputs.word}.txt"),
        OutputLocation(var="made", var_type=Directory, location="made"),
    ],
)


@workflow
def copied(source: File, word: str) -> File:
    text, _ = copy(source=source, word=word)
    return cast("File", text)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_script_has_its_inputs_and_leaves_its_outputs(tmp_path: Path) -> None:
    (tmp_path / "source").write_text("first\n")
    assert Path(copied(source=File("source"), word="second")).read_text() == "first\nsecond\n"


def test_a_script_is_registered_as_a_task_that_is_found_by_its_variable() -> None:
    registered = closure(copied, CompileSettings("p", "d", "v")).tasks[0].template
    assert registered.id.name == "tests.copy"
    assert registered.container.args[-4:] == ["task-module", __name__, "task-name", "copy"]
    assert sorted(registered.interface.outputs.variables) == ["copied", "made"]


def test_what_a_script_gives_is_cached_for_a_node_under_a_version_that_is_given() -> None:
    @workflow
    def cached(source: File) -> File:
        text, _ = copy(source=source, word="x").with_overrides(cache=True)
        return cast("File", text)

    with pytest.raises(UserError, match="cache=True needs a cache_version"):
        closure(cached, CompileSettings("p", "d", "v"))


def test_inputs_of_a_script_are_checked_before_it_runs() -> None:
    with pytest.raises(TypeMismatch, match=r"tests.copy: input 'word' must be str"):
        copy(source=File(__file__), word=3)
    with pytest.raises(MissingInput, match="input 'word'"):
        copy(source=File(__file__))


def test_a_script_that_fails_is_tried_again_and_says_what_it_printed(tmp_path: Path) -> None:
    fails = ShellTask(name="tests.fails", script=f"echo x >> {tmp_path}/tries; echo why >&2; exit 7", retries=2)
    with pytest.raises(RecoverableError, match=r"tests.fails: the script ended with 7: why") as caught:
        fails()
    [line] = [
        str(each.statement) for each in caught.traceback if each.name == "execute" and each.path == Path(__file__)
    ]
    assert line.lstrip().startswith("fails = ShellTask("), "the line at which it is made"
    assert (tmp_path / "tries").read_text() == "x\nx\nx\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "give script, or script_file, not both"),
        ({"script": "true", "script_file": "x"}, "give script, or script_file, not both"),
        ({"script_file": "missing.sh"}, "script_file='missing.sh': there is no such file"),
        ({"script": "true", "output_locs": ["x"]}, "output_locs has 'x'"),
        ({"script": "true", "task_config": 1}, "task_config=1 cannot be honoured: there are no task plugins"),
        ({"script": "true", "cache": True}, "cached under a version that is given"),
    ],
)
def test_scripts_that_make_no_sense_are_refused(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(UserError) as caught:
        ShellTask(name="tests.wrong", **arguments)  # type: ignore[arg-type]
    assert words in str(caught.value)


def test_a_name_in_a_script_that_is_nothing_is_said() -> None:
    wrong = ShellTask(name="tests.wrong", script="echo {inputs.y} ${HOME}", inputs=kwtypes(x=int))
    with pytest.raises(UserError, match=r"no input and no output: .*; the inputs are x, the outputs none; braces"):
        wrong(x=1)


def test_a_command_runs_where_it_is_installed(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("some text")
    program = (
        "import sys, shutil; number, source, out = sys.argv[1:]\n"
        "open(out + '/doubled', 'w').write(str(2 * int(number)))\n"
        "shutil.copy(source, out + '/copy')\n"
        "open(out + '/number', 'w').write(open(source.replace('text', 'number')).read())\n"
    )
    command = ContainerTask(
        name="tests.command",
        image="any:1",
        command=[sys.executable, "-c", program],
        arguments=["{{.inputs.number}}", "/var/inputs/text", "/var/outputs"],
        inputs=kwtypes(number=int, text=File),
        outputs=kwtypes(doubled=int, copy=File, number=float),
        input_data_dir="/var/inputs",
        output_data_dir="/var/outputs",
    )
    doubled, copied, number = command(number=4, text=File("text"))
    assert (doubled, Path(copied).read_text(), number) == (8, "some text", 4.0)


def test_a_command_that_is_not_installed_says_so() -> None:
    command = ContainerTask(name="tests.missing", image="any:1", command=["no-such-program"])
    with pytest.raises(UserError, match="'no-such-program', which is not installed here, and its image 'any:1'"):
        command()


def test_a_command_that_leaves_an_output_out_or_fails_says_so() -> None:
    nothing = ContainerTask(
        name="tests.nothing", image="any:1", command=["true"], outputs=kwtypes(x=int), output_data_dir="/out"
    )
    with pytest.raises(UserError, match="the command has not left 'x'"):
        nothing()
    fails = ContainerTask(name="tests.fails", image="any:1", command=["sh", "-c", "echo why >&2; exit 3"])
    with pytest.raises(UserError, match="the command ended with 3: why"):
        fails()
    with pytest.raises(UserError, match="say where the command leaves its outputs"):
        ContainerTask(name="tests.where", image="any:1", command=["true"], outputs=kwtypes(x=int))


@pytest.fixture
def database(tmp_path: Path) -> Path:
    file = tmp_path / "places.db"
    connection = sqlite3.connect(file)
    connection.execute("create table places (name text, people integer)")
    connection.executemany("insert into places values (?, ?)", [("A", 10), ("B", 200)])
    connection.commit()
    connection.close()
    return file


def test_a_query_gives_a_frame(database: Path) -> None:
    query = "select name from places\n where people > {{.inputs.least}}"
    large = SQLite3Task("tests.large", query, kwtypes(least=int), SQLite3Config(uri=str(database)))
    assert large(least=50)["name"].to_list() == ["B"]
    archive = shutil.make_archive(str(database), "zip", database.parent, database.name)
    packed = SQLite3Task("tests.packed", query, kwtypes(least=int), SQLite3Config(uri=archive, compressed=True))
    found = packed(least=5)
    assert isinstance(found, pd.DataFrame)
    assert found["name"].to_list() == ["A", "B"]


def test_queries_that_make_no_sense_are_refused(database: Path) -> None:
    with pytest.raises(UserError, match="name the database"):
        SQLite3Task("tests.none", "select 1")
    with pytest.raises(UserError, match="the query names least, which it is not given"):
        SQLTask.interpolate_query("{{ .inputs.least }}")
    with pytest.raises(UserError, match="does not name its inputs most"):
        SQLTask.interpolate_query("select 1", most=1)
    base = SQLTask("tests.base", "select 1")
    with pytest.raises(NotImplementedError, match="SQLTask is a base class"):
        base()


def test_a_command_of_a_task_is_run_by_a_short_hand() -> None:
    assert subproc_execute(["echo", "a"]).output == "a\n"
    with pytest.raises(UserError, match="ended with 2: why"):
        subproc_execute("echo why >&2; exit 2", shell=True)
    with pytest.raises(UserError, match="there is no such program"):
        subproc_execute(["no-such-program"])
