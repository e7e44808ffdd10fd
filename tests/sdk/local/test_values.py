"""Local runs carry values from task to task as a server does: nobody shares them, and they come out converted."""

import asyncio
import dataclasses
import enum
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from livedeck import Cache, Directory, File, RecoverableError, UserError, current_context, task, workflow
from livedeck.errors import TaskExited
from livedeck.sdk.local import folders


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of local runs, for this test alone."""
    monkeypatch.setenv("LIVEDECK_LOCAL_DIR", str(tmp_path / "local"))
    folders.run_folder.cache_clear()
    yield tmp_path / "local"
    folders.run_folder.cache_clear()


@dataclasses.dataclass
class Holder:
    xs: list[int]
    ratio: float = 1.0
    any: Any = None


@task
def make() -> tuple[list[int], dict[str, list[int]], Holder, pd.DataFrame, np.ndarray, dict]:
    return [1], {"a": [1]}, Holder([1]), pd.DataFrame({"a": [1]}), np.array([1]), {"k": [1]}


@task
def change(  # noqa: PLR0917 - a value of each kind
    items: list[int], table: dict[str, list[int]], held: Holder, frame: pd.DataFrame, array: np.ndarray, loose: dict
) -> int:
    items.append(2)
    table["a"].append(2)
    held.xs.append(2)
    frame["b"] = 2
    array[0] = 2
    loose["k"].append(2)
    return 0


@task
def look(  # noqa: PLR0917 - a value of each kind
    items: list[int],
    table: dict[str, list[int]],
    held: Holder,
    frame: pd.DataFrame,
    array: np.ndarray,
    loose: dict,
    after: int,
) -> str:
    return f"{items} {table} {held.xs} {list(frame.columns)} {array.tolist()} {loose}"


UNCHANGED = "[1] {'a': [1]} [1] ['a'] [1] {'k': [1]}"


def test_a_task_cannot_change_what_another_is_given() -> None:
    @workflow
    def flow() -> str:
        items, table, held, frame, array, loose = make()
        after = change(items=items, table=table, held=held, frame=frame, array=array, loose=loose)
        return look(items=items, table=table, held=held, frame=frame, array=array, loose=loose, after=after)

    assert flow() == UNCHANGED


def test_a_task_cannot_change_what_its_caller_holds_nor_what_it_returned() -> None:
    given = ([1], {"a": [1]}, Holder([1]), pd.DataFrame({"a": [1]}), np.array([1]), {"k": [1]})
    change(*given)
    assert look(*given, after=0) == UNCHANGED
    kept: list[list[int]] = []

    @task
    def keep() -> list[int]:
        kept.append([1])
        return kept[0]

    returned = keep()
    kept[0].append(2)
    assert returned == [1]


def test_a_constant_of_the_workflow_is_the_same_in_each_run() -> None:
    @task
    def grow(items: list[int], held: Holder) -> int:
        items.append(0)
        held.xs.append(0)
        return len(items) + len(held.xs)

    @workflow
    def flow() -> tuple[int, int]:
        items, held = [1], Holder([1])
        return grow(items=items, held=held), grow(items=items, held=held)

    assert flow() == flow() == (4, 4)


def test_an_attempt_is_not_given_what_the_one_before_changed() -> None:
    @task(retries=1)
    def flaky(items: list[int], held: Holder) -> list[int]:
        items.append(2)
        held.xs.append(2)
        if current_context().attempt == 1:
            raise RecoverableError("again")
        return items + held.xs

    assert flaky(items=[1], held=Holder([1])) == [1, 2, 1, 2]


def test_numbers_times_and_containers_come_out_as_declared() -> None:
    class Level(enum.Enum):
        LOW = 1

    @task
    def make() -> tuple[Holder, datetime, Level, list[float]]:
        late = datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1)
        return Holder([1], 2, (1, 2)), late, Level.LOW, [1, np.float32(0.5)]

    @task
    def show(held: Holder, at: datetime, level: Level, numbers: list[float]) -> str:
        return repr((held.ratio, held.any, at, level is Level.LOW, numbers))

    @workflow
    def flow() -> str:
        held, at, level, numbers = make()
        return show(held=held, at=at, level=level, numbers=numbers)

    assert flow() == repr((2.0, [1, 2], datetime(2024, 10, 27, 1, 30, tzinfo=UTC), True, [1.0, 0.5]))


def test_dicts_keep_their_order_through_attributes_bindings_and_outputs() -> None:
    @task
    def steps() -> dict[str, dict[str, int]]:
        return {"z": {"load": 1, "clean": 2}, "a": {}}

    @task
    def names(d: dict[str, int]) -> str:
        return " > ".join(d)

    @task
    def one() -> int:
        return 1

    @workflow
    def flow() -> tuple[str, str, str, dict[str, int]]:
        return names(d=steps()["z"]), names(d={"y": one(), "b": 2}), names(d={"y": 1, "b": 2}), {"y": one(), "b": 1}

    *texts, table = flow()
    assert texts == ["load > clean", "y > b", "y > b"]
    assert list(table) == ["y", "b"]


def test_files_are_copies_and_outlive_the_task(tmp_path: Path) -> None:
    source = tmp_path / "in.txt"
    source.write_text("given")

    @task
    def rewrite(file: File, folder: Directory) -> tuple[File, Directory]:
        Path(file).write_text("changed")
        made = Path(current_context().working_directory, "out.txt")
        made.write_text(Path(file).read_text() + (folder / "one").read_text())
        return File(made), folder

    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "one").write_text("1")
    made, folder = rewrite(file=File(source), folder=Directory(tmp_path / "folder"))
    assert source.read_text() == "given"
    assert Path(made).read_text() == "changed1"
    assert (folder / "one").read_text() == "1"
    with pytest.raises(ValueError, match="cannot be written to"):
        made.open("w")


def test_nothing_is_made_on_disk_for_values_that_go_into_a_literal(folder: Path) -> None:
    @task
    def double(held: Holder) -> Holder:
        return Holder(held.xs * 2)

    assert double(held=Holder([1])) == Holder([1, 1])
    assert not folder.exists()


@pytest.mark.parametrize("code", [0, 7, "why"])
def test_a_task_that_exits_has_failed(code: int | str) -> None:
    @task
    def leave() -> int:
        sys.exit(code)

    @task
    async def leave_later() -> int:
        sys.exit(code)

    @workflow
    def flow() -> tuple[int, int]:
        return leave(), leave_later()

    for call in (leave, flow, lambda: __import__("asyncio").run(leave_later())):
        with pytest.raises(TaskExited, match=rf"called sys\.exit\({code!r}\) instead of returning") as caught:
            call()
        assert isinstance(caught.value.__cause__, SystemExit)


def test_a_program_whose_task_exits_does_not_end_as_a_success(tmp_path: Path) -> None:
    program = tmp_path / "leaving.py"
    program.write_text("import sys\nfrom livedeck import task\n@task\ndef go() -> None:\n    sys.exit(0)\ngo()\n")
    ended = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "TaskExited: leaving.go called sys.exit(0) instead of returning" in ended.stderr


def test_checkpoints_pass_from_attempt_to_attempt(tmp_path: Path) -> None:
    @task(retries=2)
    def count() -> list[str]:
        checkpoint = current_context().checkpoint
        before = checkpoint.read()
        checkpoint.write((before or b"") + b"x")
        if current_context().attempt < 3:
            raise RecoverableError("again")
        return [str(checkpoint.prev_exists()), (before or b"").decode()]

    @workflow
    def flow() -> list[str]:
        return count()

    assert count() == ["True", "xx"]
    assert flow() == ["True", "xx"]
    with pytest.raises(UserError, match="not an attempt of a task"):
        current_context().checkpoint.write(b"x")


def test_cached_outputs_are_remembered_by_version_and_inputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[int] = []

    @task(cache=True, cache_version="1", cache_ignore_input_vars=("note",))
    def measure(held: Holder, note: str = "") -> tuple[int, File, pd.DataFrame]:
        ran.append(len(held.xs))
        made = File.new("count.txt")
        Path(made).write_text(str(len(held.xs)))
        return len(held.xs), made, pd.DataFrame({"n": held.xs})

    caplog.set_level("INFO", logger="livedeck.local")
    first = measure(held=Holder([1, 2]))
    folders.run_folder.cache_clear()  # as in another process
    number, file, frame = measure(held=Holder([1, 2]), note="again")
    assert ran == [2]
    assert (number, Path(file).read_text(), list(frame["n"])) == (2, "2", [1, 2])
    assert first[0] == 2
    assert "its outputs are cached" in caplog.text

    @workflow
    def flow() -> tuple[int, int, int]:
        known, _, _ = measure(held=Holder([1, 2]))
        other, _, _ = measure(held=Holder([1, 2])).with_overrides(cache_version="2")
        again, _, _ = measure(held=Holder([1, 2])).with_overrides(cache=False)
        return known, other, again

    assert flow() == (2, 2, 2)
    assert ran == [2, 2, 2]
    monkeypatch.setenv("LIVEDECK_LOCAL_CACHE", "0")
    measure(held=Holder([1, 2]))
    assert len(ran) == 4


async def test_cached_outputs_of_async_tasks_are_remembered() -> None:
    ran: list[int] = []

    @task(cache=True, cache_version="1")
    async def measure(x: int) -> int:
        ran.append(x)
        return x

    assert [await measure(x=1), await measure(x=1), await measure(x=2)] == [1, 1, 2]
    assert ran == [1, 2]


@pytest.mark.parametrize("serialize", [False, True])
def test_cached_outputs_take_few_descriptors_however_many_are_used(serialize: bool) -> None:
    @task(cache=Cache(version="1", serialize=serialize))
    def measure(x: int) -> int:
        return x

    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(2):
        for x in range(150):
            measure(x=x)
    assert len(list(Path("/proc/self/fd").iterdir())) - before < 140


SERIAL = """
import sys, time
from pathlib import Path
from livedeck import Cache, task

@task(cache=Cache(version="1", serialize=True))
def measure(x: int) -> int:
    Path(sys.argv[1], "began").touch()
    while not Path(sys.argv[1], "go").exists():
        time.sleep(0.01)
    print("computed")
    return x + 1

print(measure(x=1))
"""


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def waits_for_lock(process: "subprocess.Popen[str]") -> bool:
    try:
        return any(os.path.realpath(file).endswith("/lock") for file in Path(f"/proc/{process.pid}/fd").iterdir())
    except FileNotFoundError:
        return False  # a descriptor that was closed meanwhile


@pytest.mark.parametrize("dies", [False, True])
def test_one_process_computes_what_is_cached_and_others_wait_and_survive_it(tmp_path: Path, dies: bool) -> None:
    (tmp_path / "serial.py").write_text(SERIAL)

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, str(tmp_path / "serial.py"), str(tmp_path)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    with start() as first:
        wait_for((tmp_path / "began").exists)
        with start() as second:
            wait_for(lambda: waits_for_lock(second))
            if dies:
                first.kill()
            (tmp_path / "go").touch()
            said = [process.communicate(timeout=60)[0].split() for process in (first, second)]
    assert said == ([[], ["computed", "2"]] if dies else [["computed", "2"], ["2"]])


async def test_async_tasks_of_one_loop_wait_for_each_other() -> None:
    ran: list[int] = []

    @task(cache=Cache(version="1", serialize=True))
    async def measure(x: int) -> int:
        ran.append(x)
        await asyncio.sleep(0)
        return x

    assert list(await asyncio.gather(measure(x=1), measure(x=1), measure(x=2))) == [1, 1, 2]
    assert sorted(ran) == [1, 2]


def test_a_failure_is_not_remembered() -> None:
    ran: list[int] = []

    @task(cache=True, cache_version="1")
    def fail() -> int:
        ran.append(1)
        raise ValueError("mine")

    for _ in range(2):
        with pytest.raises(ValueError, match="mine"):
            fail()
    assert len(ran) == 2


LOGGING = """
import logging, sys
from livedeck import current_context, task
if "set-up" in sys.argv:
    logging.basicConfig(level=logging.WARNING, format="MINE %(name)s %(message)s")
@task
def speak() -> None:
    current_context().logging.info("spoken")
    current_context().logging.debug("whispered")
speak()
current_context().logging.info("outside")
"""


@pytest.mark.parametrize(
    ("argument", "expected"), [("", "INFO logs.speak: spoken"), ("set-up", "MINE logs.speak spoken")]
)
def test_what_a_task_logs_is_shown(tmp_path: Path, argument: str, expected: str) -> None:
    (tmp_path / "logs.py").write_text(LOGGING)
    command = [sys.executable, str(tmp_path / "logs.py"), argument]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": ""})
    assert expected in ended.stderr
    assert ended.stderr.count("spoken") == 1
    assert "whispered" not in ended.stderr
    assert "outside" in ended.stderr
