import asyncio
import contextlib
import itertools
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from livedeck.executors.api import Attempt, Exit
from livedeck.executors.local import processes
from livedeck.executors.process import ProcessExecutor

HERE = Path(__file__).parent
OPTIONS = {"preload": ("programs",), "commands": {"program": "programs:main"}, "idle": 120.0}


async def until(condition: Callable[..., Any], *, within: float = 60.0) -> Any:
    """Return what ``condition()`` gives once that is true."""
    deadline = time.monotonic() + within
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.005)
    return found


def noted(started: Path) -> list[int]:
    """The processes that have noted in a file that they started; of one that is just writing nothing yet."""
    return [int(line) for line in started.read_text().splitlines(keepends=True)] if started.exists() else []


def alive(pid: int) -> bool:
    found = processes.status(pid)
    return found is not None and found.state not in "ZX"


class Bench:
    """A working directory, a store, and executors over them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work_dir = folder / "work"
        self._numbers = itertools.count()
        self._zygotes: list[Any] = []

    @contextlib.asynccontextmanager
    async def executor(self, **options: Any) -> AsyncIterator[Any]:
        given: dict[str, Any] = OPTIONS | options
        executor = ProcessExecutor(work_dir=self.work_dir, environment=dict(os.environ), **given)
        async with executor:
            self._zygotes.append((await executor.zygotes.pool.primary()).zygote)
            yield executor

    def attempt(
        self, *arguments: Any, id: str | None = None, command: tuple[str, ...] = ("program",), **options: Any
    ) -> Attempt:
        id = id or f"project/domain/execution/n{next(self._numbers)}/0"
        environment = options.pop("environment", {})
        return Attempt(
            id=id,
            command=(*command, *map(str, arguments)),
            environment=environment,
            output_prefix=self.prefix(id),
            **options,
        )

    def prefix(self, attempt_id: str) -> str:
        return f"file://{self.folder}/store/{attempt_id}"

    def log(self, attempt_id: str) -> str:
        """Return what the store holds of an attempt's output."""
        pieces = sorted((self.folder / "store" / attempt_id / "log").glob("*.txt"))
        assert [piece.name for piece in pieces] == [f"{seq:08d}.txt" for seq in range(1, len(pieces) + 1)]
        return "".join(piece.read_text() for piece in pieces)

    def path(self, name: str) -> Path:
        return self.folder / name

    def kill_zygotes(self) -> None:
        for zygote in self._zygotes:
            if processes.is_alive(zygote):
                os.kill(zygote.pid, signal.SIGKILL)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]))
    monkeypatch.syspath_prepend(HERE)  # as a server would find it
    bench = Bench(tmp_path)
    yield bench
    bench.kill_zygotes()


@pytest.fixture
async def executor(bench: Bench) -> AsyncIterator[Any]:
    async with bench.executor() as executor:
        yield executor


@pytest.fixture
def run(bench: Bench, executor: ProcessExecutor) -> Callable[..., Any]:
    async def run(*arguments: Any, **options: Any) -> tuple[Exit, str]:
        attempt = bench.attempt(*arguments, **options)
        outcome = await executor.wait(await executor.launch(attempt))
        return outcome, bench.log(attempt.id)

    return run


@pytest.fixture
def memory_group() -> Iterator[Callable[..., Any]]:
    """Return a context manager inside which what is started has a limit of its own on memory.

    Skips where control groups cannot be made: that takes rights, which a server does not need.
    """
    hierarchy = Path("/sys/fs/cgroup/memory")
    first = hierarchy.is_dir()
    group = (hierarchy if first else hierarchy.parent) / f"livedeck-test-{os.getpid()}"
    try:
        group.mkdir()
        limit = group / ("memory.limit_in_bytes" if first else "memory.max")
        limit.write_text("max" if not first else "-1")
    except OSError as error:
        with contextlib.suppress(OSError):
            group.rmdir()
        pytest.skip(f"no control group can be made here: {error}")

    @contextlib.contextmanager
    def entered(size: int) -> Iterator[None]:
        limit.write_text(str(size))
        own = next(
            line.split(":", 2)[2]
            for line in Path("/proc/self/cgroup").read_text().splitlines()
            if line.split(":", 2)[1] == ("memory" if first else "")
        )
        (group / "cgroup.procs").write_text(str(os.getpid()))
        try:
            yield
        finally:
            (group.parent / own.strip("/") / "cgroup.procs").write_text(str(os.getpid()))

    yield entered
    deadline = time.monotonic() + 60
    for pid in (group / "cgroup.procs").read_text().split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    while (group / "cgroup.procs").read_text():
        assert time.monotonic() < deadline, "what ran in the control group does not end"
        time.sleep(0.01)
    group.rmdir()
