"""What the tests of the command line share: a program to run, a server, and the command itself."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from livedeck.cli import main
from livedeck.testing.process import ServerProcess, running_server

PROGRAM = '''
import enum
import sys
import time
from dataclasses import dataclass
from datetime import date

from livedeck import Deck, current_context, task, workflow


class Size(enum.Enum):
    SMALL = "small"
    LARGE = "large"


@dataclass
class Point:
    x: int
    y: int = 0


@task(enable_deck=True)
def train(epochs: int) -> float:
    """Train for a while."""
    for epoch in range(epochs):
        Deck("metrics", f"<p>{epoch}</p>")
        current_context().publish_decks()
        print("epoch", epoch)
    return 0.5


@workflow
def training(epochs: int = 2, word: str = "x") -> float:
    """Train, as told.

    Args:
        epochs: How often.
    """
    return train(epochs=epochs)


@workflow
def nested() -> float:
    return training(epochs=1)


@task
def join(
    learning_rate: float,
    size: Size,
    when: date,
    point: Point,
    names: list[str],
    limit: int | None = None,
    loud: bool = False,
) -> str:
    return f"{learning_rate} {size.name} {when} {point} {names} {limit} {loud}"


@task
def numbers(
    rate: float = 1.0,
    size: int = 1,
    either: str | float = 1,
    other: int | None = None,
    rates: dict[str, float] = {},
    sizes: list[int] | None = [7],
    since: date | None = None,
    loud: bool = False,
) -> tuple[str, str, str]:
    return repr(rate), repr((size, either, other)), repr(sizes)


@task
def leave() -> int:
    sys.exit(0)


@task
async def leaving() -> int:
    sys.exit(0)


@task
def fail(word: str) -> int:
    raise ValueError(f"no {word} left")


@workflow
def failing(word: str = "milk") -> int:
    return fail(word=word)


@task(enable_deck=True)
def wait() -> None:
    print("waiting", flush=True)
    time.sleep(600)


@workflow
def waiting() -> None:
    wait()
'''

Command = Callable[..., Result]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A real `livedeck serve`, shared by the tests of a module."""
    with running_server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's file in a folder of its own, which is the current one."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (folder / "program.py").write_text(PROGRAM)
    return folder / "program.py"


@pytest.fixture
def livedeck(program: Path) -> Command:
    """The command, with no server at its endpoint."""
    return command_for("127.0.0.1:9")


@pytest.fixture
def remote(program: Path, server: ServerProcess) -> Command:
    """The command, with a server."""
    return command_for(server.endpoint)


def command_for(endpoint: str) -> Command:
    def run(*arguments: str) -> Result:
        result = CliRunner(env={"LIVEDECK_ENDPOINT": endpoint}).invoke(main, arguments, prog_name="livedeck")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception  # a user would see a traceback
        return result

    return run
