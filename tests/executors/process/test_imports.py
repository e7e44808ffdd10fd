"""Libraries that attempts import are imported before the fork, where that cannot be told."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
import pytest

from livedeck.errors import InvalidSetting
from livedeck.executors.api import Attempt, ExecutorSettings, ExitKind
from livedeck.executors.imports import IMPORT_REPORT, ImportReport, changes_since, libraries_since, reported
from livedeck.executors.local import processes
from livedeck.executors.process import create
from livedeck.executors.process.groups import IMPORT_ZYGOTES, group_of
from tests.executors.process.conftest import Bench, alive, noted, until

pytestmark = pytest.mark.slow  # half a minute in all: they run with `make test`

WORK = "import os, time\nimported_by = os.getpid()\nsum(i for i in range(3_000_000))\n"
"""A library that takes a while to import."""


@pytest.fixture
def libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is on everybody's path."""
    folder = tmp_path / "libraries"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]))
    return folder


def write(libraries: Path, code: str, name: str = "library") -> tuple[str, str]:
    """Write a library; return what a report has of it."""
    file = libraries / f"{name}.py"
    file.write_text(WORK + textwrap.dedent(code))
    return name, str(file)


def report(path: Path, *found: tuple[str, str], environment: dict[str, str | None] | None = None) -> Path:
    """Write a report, as an attempt would have."""
    path.parent.mkdir(parents=True, exist_ok=True)
    code = path.parent / "code"
    code.mkdir(exist_ok=True)
    path.write_bytes(msgspec.json.encode(ImportReport(str(code), list(found), environment or {})))
    return path


# What is imported, and what is not


def refusal(path: Path, *, max_memory: int = 1 << 30) -> str:
    """Import in a new process what a report names; return why that is not shared, nothing if it may be."""
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom livedeck.executors.process import sharing\n"
        f"try: sharing.import_libraries({str(path)!r}, max_memory={max_memory})\n"
        "except sharing.CannotShare as error: Path(sys.argv[1]).write_text(str(error))\n"
        "os._exit(0)"
    )
    said, log = path.parent / "said", path.parent / "log"
    said.write_text("")
    with log.open("w") as output:
        subprocess.run([sys.executable, "-c", code, said], stdout=output, stderr=output, check=True, timeout=60)
    return said.read_text().strip()


def test_libraries_that_leave_nothing_behind_are_shared(tmp_path: Path, libraries: Path) -> None:
    found = write(libraries, "import os, atexit\nos.environ['LIBRARY'] = 'set'\natexit.register(print)")
    assert refusal(report(tmp_path / "r" / "report", found, environment={"LIBRARY": "set"})) == ""


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import threading\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()", "leaves threads"),
        ("import sys\nsys.exit(3)", "importing library raises SystemExit: 3"),
        ("raise RuntimeError('no')", "importing library raises RuntimeError: no"),
        ("print('hello')", "prints something"),
        ("os.system('echo hello')", "prints something"),
        ("import signal\nsignal.signal(signal.SIGUSR1, lambda *_: None)", "handles signals: 10"),
        ("file = open(os.devnull)", "leaves files or connections open"),
        ("import socket\nsocket = socket.socket()", "leaves files or connections open"),
        ("import tempfile\nfolder = tempfile.mkdtemp(prefix='of-a-library')", "leaves temporary files: of-a-library"),
        (
            "import subprocess\nchild = subprocess.Popen(['sh', '-c', 'while kill -0 $PPID; do sleep 1; done'])",
            "leaves processes that run",
        ),
        ("os.environ['LIBRARY'] = 'other'", "changes the environment"),
        ("data = bytearray(b'x') * (300 << 20)", "MiB of memory, of at most 200 MiB"),
        ("os.register_at_fork(after_in_child=lambda: time.sleep(60))", "is not over after 5 s"),
        ("os.register_at_fork(after_in_child=lambda: os._exit(9))", "a fork that does nothing ends with 9"),
        ("import sys\nsys.modules['own'] = sys", "modules of the same names .*: own"),
    ],
)
def test_libraries_that_leave_something_behind_are_not(tmp_path: Path, libraries: Path, code: str, why: Any) -> None:
    path = report(tmp_path / "r" / "report", write(libraries, code))
    (path.parent / "code" / "own.py").touch()
    said = refusal(path, max_memory=200 << 20)
    assert re.search(why, said), said


def test_what_is_quick_to_import_is_not_worth_a_process(tmp_path: Path, libraries: Path) -> None:
    (libraries / "quick.py").touch()
    path = report(tmp_path / "r" / "report", ("quick", str(libraries / "quick.py")))
    assert refusal(path) == "it is quick to import"


def test_another_file_of_that_name_is_not_shared(tmp_path: Path, libraries: Path) -> None:
    name, _ = write(libraries, "")
    assert "library is /elsewhere/library.py for attempts" in refusal(
        report(tmp_path / "r" / "report", (name, "/elsewhere/library.py"))
    )


def test_a_report_that_was_not_written_by_livedeck(tmp_path: Path) -> None:
    path = tmp_path / "report"
    path.write_text("{}")
    assert "cannot be read" in refusal(path)
    with path.open("wb") as file:
        file.truncate(5 << 20)
    assert "has 5242880 bytes" in refusal(path)


def test_attempts_report_installed_libraries_and_changes_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, libraries: Path
) -> None:
    write(libraries, "import colorsys, os\nos.environ['LIBRARY'] = 'set'", "own_code")
    monkeypatch.syspath_prepend(libraries)
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    monkeypatch.setenv(IMPORT_REPORT, str(tmp_path / "report"))
    monkeypatch.setenv("LIBRARY", "before")
    with reported("/code"):
        __import__("own_code")
    assert IMPORT_REPORT not in os.environ
    written = msgspec.json.decode((tmp_path / "report").read_bytes(), type=ImportReport)
    assert [name for name, _ in written.libraries] == ["colorsys"]
    assert (written.folder, written.environment) == ("/code", {"LIBRARY": "set"})
    assert libraries_since(set(sys.modules)) == []
    assert changes_since(os.environ) == {}


def test_a_module_that_is_quick_to_import_reports_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(IMPORT_REPORT, str(tmp_path / "report"))
    with reported("/code"):
        pass
    assert not (tmp_path / "report").exists()


def attempt(*command: str, **environment: str) -> Attempt:
    return Attempt("a/b/c/d/0", command, environment, "memory://x")


def test_a_group_is_a_module_of_a_bundle_with_an_environment() -> None:
    command = ("livedeck-execute", "--inputs", "1", "--code", "c", "--", "task-module", "m", "task-name", "f")
    group = group_of(attempt(*command))
    assert group
    assert group == group_of(
        attempt(*command[:-1], "g", FLYTE_ATTEMPT_NUMBER="1", LIVEDECK_HINT_TOKEN="x", LIVEDECK_NODE="n7")
    )
    others = [
        attempt(*command[:4], "d", *command[5:]),
        attempt(*command[:7], "n", *command[8:]),
        attempt(*command, OMP_NUM_THREADS="1"),
    ]
    assert len({group, *map(group_of, others)}) == 4
    assert group_of(attempt(*command[:3], *command[5:])) == "", "whose code is not known"
    assert group_of(attempt(*command, PYTHONHASHSEED="0")) == "", "which is not forked at all"
    assert group_of(attempt(*command, LIVEDECK_IMPORT_ZYGOTES="0")) == "", "which does not want it"


# In an executor

GROUP = ("--code", "c", "task-module", "m")


class Runner:
    """Runs attempts of one group, whose libraries are known from a report."""

    def __init__(self, bench: Bench, executor: Any) -> None:
        self._bench = bench
        self.executor = executor

    async def run(self, *arguments: str, group: tuple[str, ...] = GROUP) -> tuple[Any, list[str]]:
        """Run one attempt; return how it ended and the words that it printed."""
        attempt = self._bench.attempt(*arguments, *group)
        ended = await self.executor.wait(await self.executor.launch(attempt))
        return ended, self._bench.log(attempt.id).split()

    async def shared(self, name: str = "library", group: tuple[str, ...] = GROUP) -> list[str]:
        """Run attempts until one has the library from before its fork; return what that prints."""
        while True:
            _, words = await self.run("shows_library", name, group=group)
            if words[0] == "True":
                return words


def known(
    bench: Bench,
    *found: tuple[str, str],
    group: tuple[str, ...] = GROUP,
    environment: Mapping[str, str | None] = MappingProxyType({"LIBRARY": "set"}),
) -> None:
    """Let attempts of a group have reported what they import."""
    digest = group_of(bench.attempt("shows_library", "library", *group))
    report(bench.work_dir / "imports" / f"{digest}.json", *found, environment=dict(environment))


SETS = "os.environ['LIBRARY'] = 'set'\n"


async def test_attempts_are_forked_from_a_process_that_has_their_libraries(bench: Bench, libraries: Path) -> None:
    known(bench, write(libraries, SETS + "import atexit\natexit.register(print, 'at exit')"))
    async with bench.executor(import_wait=60.0) as executor:
        runner = Runner(bench, executor)
        many = await asyncio.gather(*(runner.run("shows_library", "library") for _ in range(8)))
        zygote = (await executor.zygotes.pool.primary()).zygote
    assert {words[0] for _, words in many} == {"True"}, "they waited for it"
    (shared,) = {words[1] for _, words in many}
    assert shared != str(zygote.pid)
    assert all(words[2:] == ["set", "False", "at", "exit"] for _, words in many), (
        "they see what importing has left, and do what it has asked for"
    )


async def test_a_library_that_leaves_threads_is_left_out_and_the_others_are_shared(
    bench: Bench, libraries: Path, caplog: Any
) -> None:
    caplog.set_level("INFO")
    code = "import threading\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()"
    threaded = write(libraries, "os.environ['THREADED'] = 'set'\n" + code, "threaded")
    known(bench, threaded, write(libraries, SETS), environment={"LIBRARY": "set", "THREADED": "set"})
    async with bench.executor(import_wait=60.0) as executor:
        runner = Runner(bench, executor)
        _, words = await runner.run("shows_library", "library")
        assert words[0] == "True"
        _, words = await runner.run("shows_library", "threaded")
        assert words[0] == "False", "each attempt imports it itself"
    assert re.search(r"imports_shared_in_part .*leaves threads.* \(of threaded\)", caplog.text)


async def test_they_do_not_wait_for_long(bench: Bench, libraries: Path) -> None:
    gate = bench.path("gate")
    known(bench, write(libraries, f"{SETS}while not os.path.exists({str(gate)!r}): time.sleep(0.01)\n"))
    async with bench.executor(import_wait=0.1) as executor:
        runner = Runner(bench, executor)
        for _ in range(2):
            ended, _ = await runner.run("nothing")
            assert ended.code == 0
        gate.touch()
        assert (await runner.shared())[0] == "True"


async def test_others_are_not(bench: Bench, libraries: Path) -> None:
    known(bench, write(libraries, SETS))
    async with bench.executor() as executor:
        runner = Runner(bench, executor)
        await runner.shared()
        _, words = await runner.run("shows_library", "library", group=("--code", "c", "task-module", "other"))
        assert words[0] == "False"
    async with bench.executor(import_zygotes=0) as executor:
        runner = Runner(bench, executor)
        assert [(await runner.run("shows_library", "library"))[1][0] for _ in range(5)] == ["False"] * 5


async def test_an_import_that_never_returns_is_given_up(bench: Bench, libraries: Path, caplog: Any) -> None:
    caplog.set_level("INFO")
    known(bench, write(libraries, "time.sleep(600)"))
    async with bench.executor(import_timeout=1.0) as executor:
        runner = Runner(bench, executor)
        await runner.run("nothing")
        await until(lambda: "imports_not_shared" in caplog.text)
        ended, _ = await runner.run("returns", "0")
        assert ended.code == 0
    assert "did not answer within 1 s" in caplog.text


async def test_a_process_that_still_imports_when_the_executor_closes_ends_when_it_has(
    bench: Bench, libraries: Path
) -> None:
    begun, gate = bench.path("begun"), bench.path("gate")
    code = f"{SETS}from pathlib import Path\nPath({str(begun)!r}).write_text(str(os.getpid()))\n"
    known(bench, write(libraries, f"{code}while not os.path.exists({str(gate)!r}): time.sleep(0.01)\n"))
    async with bench.executor(idle=600.0) as executor:
        await Runner(bench, executor).run("nothing")
        await until(lambda: begun.exists() and begun.read_text() != "")
    pid = int(begun.read_text())
    assert alive(pid)
    gate.touch()
    await until(lambda: not alive(pid))


async def test_a_process_whose_import_never_returns_ends_although_the_executor_has_closed(
    bench: Bench, libraries: Path
) -> None:
    begun = bench.path("begun")
    known(
        bench,
        write(libraries, f"with open({str(begun)!r}, 'a') as file: print(os.getpid(), file=file)\ntime.sleep(600)"),
    )
    async with bench.executor(idle=600.0, import_timeout=5.0) as executor:
        await Runner(bench, executor).run("nothing")
        (pid,) = await until(lambda: noted(begun))
    await until(lambda: not alive(pid))


async def test_an_attempt_that_hangs_after_its_fork_is_lost_and_the_next_one_begins_afresh(
    bench: Bench, libraries: Path, caplog: Any
) -> None:
    caplog.set_level("INFO")
    hang = bench.path("hang")
    known(
        bench,
        write(
            libraries,
            SETS + f"os.register_at_fork(after_in_child=lambda: os.path.exists({str(hang)!r}) and time.sleep(600))",
        ),
    )
    async with bench.executor(ready_timeout=5.0) as executor:
        runner = Runner(bench, executor)
        await runner.shared()
        hang.touch()
        while (ended := (await runner.run("nothing"))[0]).kind is not ExitKind.LOST:
            pass  # children that had been forked before
        assert "hung before the task began" in ended.reason
        _, words = await runner.run("shows_library", "library")
        assert words[0] == "False"
    assert "a process that was forked from its zygote hung" in caplog.text


async def test_a_zygote_that_dies_loses_its_attempts_and_is_not_replaced_for_ever(
    bench: Bench, libraries: Path
) -> None:
    known(bench, write(libraries, SETS))
    async with bench.executor() as executor:
        runner = Runner(bench, executor)
        for _ in range(2):
            pid = int((await runner.shared())[1])
            os.kill(pid, signal.SIGKILL)
            await until(lambda pid=pid: not alive(pid))
            await until(lambda: all(link.connected for link in executor.zygotes.pool._links.values()))
        for _ in range(5):
            ended, words = await runner.run("shows_library", "library")
            assert (ended.code, words[0]) == (0, "False")


async def test_only_so_many_are_kept_and_none_that_nobody_uses(bench: Bench, libraries: Path) -> None:
    library = write(libraries, SETS)
    other = ("--code", "c", "task-module", "other")
    known(bench, library)
    known(bench, library, group=other)
    async with bench.executor(import_zygotes=1, import_idle=0.3) as executor:
        runner = Runner(bench, executor)
        first = int((await runner.shared())[1])
        second = int((await runner.shared(group=other))[1])
        assert first != second
        await until(lambda: not alive(first))
        await until(lambda: not alive(second))
        primary = (await executor.zygotes.pool.primary()).zygote
        assert processes.is_alive(primary)


async def test_attempts_go_on_over_a_restart(bench: Bench, libraries: Path) -> None:
    known(bench, write(libraries, SETS))
    started, gate = bench.path("started"), bench.path("gate")
    async with bench.executor() as executor:
        await Runner(bench, executor).shared()
        attempt = bench.attempt("waits", started, gate, *GROUP)
        handle = await executor.launch(attempt)
        await until(lambda: noted(started))
    async with bench.executor() as executor:
        waiting = asyncio.create_task(executor.wait(handle))
        gate.touch()
        ended = await waiting
        assert (ended.kind, ended.code) == (ExitKind.EXITED, 0)


def test_the_server_is_told_by_a_variable(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=r"LIVEDECK_IMPORT_ZYGOTES='many' is not a number of processes"):
        create(ExecutorSettings(work_dir=tmp_path, environment={IMPORT_ZYGOTES: "many"}))
    assert create(ExecutorSettings(work_dir=tmp_path, environment={IMPORT_ZYGOTES: "0"})) is not None
