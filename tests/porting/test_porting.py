"""Programs written for flytekit come to the same on flytekit, on livedeck in one process, and on livedeck's server.

Each file of ``programs`` imports flytekit. What it runs is in its ``RUNS``, pairs of a task or workflow and its inputs;
what has to fail, and does on flytekit, is in ``FAILURES``. What it waits for is in ``ANSWERS``: from the names of its
gates to what is typed, in the order in which local runs ask.
"""

import contextlib
import io
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier

import livedeck
from livedeck.cli.signal_values import literal_of
from livedeck.client import Client, has_ended
from livedeck.errors import LivedeckError
from livedeck.sdk.entities import AnyEntity
from livedeck.sdk.flytekit_names import instead_of
from livedeck.sdk.loading import Program, load_file
from livedeck.sdk.specs.settings import CompileSettings
from livedeck.sdk.specs.workflows import closure
from livedeck.sdk.types import DataPlane, Location, from_literal
from livedeck.testing.process import ServerProcess, running_server
from tests.integration.running import phase_of, start, wait_ended, wait_for
from tests.porting.encoding import called, encode, named
from tests.porting.ported import port, port_file
from tests.porting.trees import entity_trees

HERE = Path(__file__).parent
FLYTEKIT = HERE.parents[1] / ".venv-flytekit" / "bin" / "python"
PROGRAMS = {file.stem: file for file in sorted((HERE / "programs").glob("*.py"))}


def _without_the_timeout_of_a_sleep(trees: Any) -> Any:
    """A sleep may take longer than the hour that flytekit gives to all that is waited for."""
    [sleep] = [node for node in trees["workflows"]["slowly"]["nodes"] if node["kind"] == "gate_node"]
    assert sleep.pop("metadata") == {"timeout": "3600s"}
    return trees


def _as_compiled_by_itself(trees: Any) -> Any:
    """A workflow that flytekit compiles first as a failure node keeps what that puts before the ids of its nodes."""
    text = json.dumps(trees["workflows"].pop("clean_all")).replace('"fn', '"n')
    return {**trees, "workflows": {**trees["workflows"], "clean_all": json.loads(text)}}


DIFFERENT: dict[str, Callable[[Any], Any]] = {
    "sleeping": _without_the_timeout_of_a_sleep,
    "failure_nodes": _as_compiled_by_itself,
}
"""Programs whose trees are not those of flytekit's: what has to be made of these to be ours, and why."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),  # the first has flytekit run all programs, which takes it a minute on an idle machine
    pytest.mark.filterwarnings("ignore::livedeck.sdk.types.PickleWarning", "ignore::livedeck.NoEffectWarning"),
]


@pytest.fixture(scope="module")
def on_flytekit(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What flytekit makes of all programs, by their names."""
    assert FLYTEKIT.exists(), "flytekit's environment is not there: run `make .venv-flytekit/.ready`"
    done = subprocess.run(
        [FLYTEKIT, HERE / "on_flytekit.py", HERE / "programs", *PROGRAMS],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path_factory.mktemp("flytekit"),
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All programs, changed to import livedeck."""
    folder = tmp_path_factory.mktemp("ported")
    for file in PROGRAMS.values():
        port_file(file, folder)
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="module")
def client(server: ServerProcess) -> Iterator[Client]:
    with Client(server.endpoint) as client:
        yield client


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_gives_locally_what_it_gives_on_flytekit(
    name: str, on_flytekit: dict[str, Any], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = load_file(folder / f"{name}.py")
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{each}\n" for each in _answers(program).values())))
    with contextlib.chdir(tmp_path):
        runs = [
            named(list(entity.interface.outputs), called(entity, inputs)) for entity, inputs in _runs(program, "RUNS")
        ]
        failures = [_fails(entity, inputs) for entity, inputs in _runs(program, "FAILURES")]
    assert plain([*runs, *failures]) == on_flytekit[name]["outcomes"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_gives_on_the_server_what_it_gives_on_flytekit(
    name: str, on_flytekit: dict[str, Any], folder: Path, client: Client
) -> None:
    program = load_file(folder / f"{name}.py")
    started = [
        (entity, start(client, program.file, _name(program, entity), **inputs))
        for entity, inputs in _runs(program, "RUNS") + _runs(program, "FAILURES")
    ]
    if answers := _answers(program):
        for _, execution in started:
            _answer(client, execution, answers)
    outcomes = [_outcome(client, entity, execution) for entity, execution in started]
    assert plain(outcomes) == on_flytekit[name]["outcomes"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_compiled_to_the_trees_that_flytekit_compiles(
    name: str, on_flytekit: dict[str, Any], folder: Path
) -> None:
    program = load_file(folder / f"{name}.py")
    settings = CompileSettings("project", "domain", "version", data=DataPlane("memory://compiled"))
    made = [closure(entity, settings) for entity, _ in _runs(program, "RUNS") + _runs(program, "FAILURES")]
    tasks = [task.template for each in made for task in each.tasks]
    workflows = [workflow.template for each in made for workflow in each.workflows]
    made_here, made_there = plain(entity_trees(tasks, workflows)), on_flytekit[name]["trees"]
    assert DIFFERENT[name](made_there) == made_here if name in DIFFERENT else made_there == made_here


def test_each_public_name_of_flytekits_is_here_or_says_what_there_is_instead() -> None:
    script = (
        "import flytekit, json, types; mine = [name for name in dir(flytekit) if not name.startswith('_')"
        " and not isinstance(getattr(flytekit, name), types.ModuleType)]; print(json.dumps(mine))"
    )
    done = subprocess.run([FLYTEKIT, "-c", script], capture_output=True, text=True, check=True)
    not_its_own = {"Generator", "LOGGING_RICH_FMT_ENV_VAR", "entry_points"}
    names = set(json.loads(done.stdout.splitlines()[-1])) - not_its_own
    assert {"FlyteFile", "LaunchPlan", "task"} <= names
    assert [name for name in sorted(names) if not hasattr(livedeck, name) and not instead_of(name)] == []


def test_only_imports_are_changed() -> None:
    source = 'import flytekit\nfrom flytekit.types.file import FlyteFile\n    from flytekit import task\n"flytekit"\n'
    assert port(source) == (
        "import livedeck as flytekit\nfrom livedeck.types.file import FlyteFile\n    from livedeck import task\n"
        '"flytekit"\n'
    )


def _runs(program: Program, which: str) -> list[tuple[AnyEntity, dict[str, Any]]]:
    return list(getattr(program.module, which, []))


def _answers(program: Program) -> dict[str, str]:
    return dict(getattr(program.module, "ANSWERS", {}))


def _answer(client: Client, execution: WorkflowExecutionIdentifier, answers: dict[str, str]) -> None:
    """Give an execution what it waits for, until it is over."""

    def is_over() -> bool:
        for signal in client.signals(execution):
            if not signal.HasField("value"):
                typed = answers[signal.id.signal_id]
                value = {"y": True, "n": False}.get(typed, int(typed) if typed.isdecimal() else typed)
                client.set_signal(execution, signal.id.signal_id, literal_of(value, signal.type, typed))
        return has_ended(client.get_execution(execution))

    wait_for(is_over)


def _name(program: Program, entity: AnyEntity) -> str:
    return next(name for name, each in program.entities.items() if each is entity)


def _fails(entity: AnyEntity, inputs: dict[str, Any]) -> str:
    try:
        called(entity, inputs)
    except (LivedeckError, Exception):  # noqa: BLE001 - a program may raise whatever it likes
        return "failed"
    return "succeeded"


def _outcome(client: Client, entity: AnyEntity, execution: Any) -> Any:
    ended = wait_ended(client, execution)
    if phase_of(ended) != "SUCCEEDED":
        return "failed" if phase_of(ended) == "FAILED" else phase_of(ended)
    literals = client.execution_data(execution).outputs.literals
    data = DataPlane("memory://not-used")
    return {
        name: encode(from_literal(literals[name], kind, data, Location(entity.interface.entity, name, "output")))
        for name, kind in entity.interface.outputs.items()
    }


def plain(outcomes: Any) -> Any:
    """As they are once they were JSON."""
    return json.loads(json.dumps(outcomes))
