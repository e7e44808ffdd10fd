"""A task with several processes, called as a plain function."""

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest

from livedeck import Elastic, task, workflow
from livedeck.deck.snapshot import parse
from livedeck.errors import GangFailed, RecoverableError, TaskTimedOut, UserError
from livedeck.sdk.loading import load_file
from livedeck.sdk.local.folders import run_folder
from tests.runtime.conftest import PROGRAMS

pytestmark = pytest.mark.slow


@pytest.fixture
def gangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The programs, and local runs below a folder of the test's."""
    monkeypatch.setenv("LIVEDECK_LOCAL_DIR", str(tmp_path / "local"))
    run_folder.cache_clear()
    yield load_file(PROGRAMS / "gangs.py").module
    run_folder.cache_clear()


def test_rank_0s_outputs_come_back(gangs: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert gangs.meets(folder=str(tmp_path)) == [0, 1, 2]
    assert capfd.readouterr().out == "rank 0 prints\n"
    (log,) = (tmp_path / "local").glob("*/*-meets/0/rank-2/log/*.txt")
    assert log.read_text() == "rank 2 prints\nrank 2 warns\n"


def test_each_rank_has_its_deck_in_a_folder_of_its_own(gangs: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "go").touch()
    assert gangs.publishes(folder=str(tmp_path)) == 0
    pages = sorted((tmp_path / "local").glob("*/*-publishes/**/deck.html"))
    assert [page.parent.name for page in pages] == ["0", "rank-1"]
    assert all(parse(page.read_bytes()).end.outcome == "succeeded" for page in pages)


def test_the_error_names_the_rank(gangs: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(GangFailed, match=r"(?s)Rank 1 of 3 failed\..*ValueError: no good"):
        gangs.one_raises(folder=str(tmp_path))


def test_a_rank_that_is_killed_may_be_tried_again(gangs: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(RecoverableError, match="Rank 1's process was killed"):
        gangs.one_is_killed(folder=str(tmp_path))


def test_a_timeout_ends_all_of_them(gangs: ModuleType, tmp_path: Path) -> None:
    @workflow
    def limited(folder: str) -> int:
        return gangs.waits(folder=folder).with_overrides(timeout=timedelta(seconds=3))

    with pytest.raises(TaskTimedOut, match="longer than its timeout of 3 s"):
        limited(folder=str(tmp_path))
    there = [int(file.read_text()) for file in tmp_path.glob("pid-*")]
    deadline = time.monotonic() + 60
    while any(Path(f"/proc/{pid}").exists() for pid in there):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_several_machines_are_refused() -> None:
    with pytest.raises(UserError, match=r"on 2 machines at once \(Elastic\(nnodes=2\)\), and this is one"):
        on_two_nodes()


def test_it_cannot_be_a_part_of_another_task() -> None:
    with pytest.raises(UserError, match="cannot be a part of the task that calls it"):
        calls_a_gang()


def test_one_that_is_not_at_the_top_level_of_a_module_is_refused() -> None:
    @task(task_config=Elastic())
    def inner() -> int:
        return os.getpid()

    with pytest.raises(UserError, match="must be at the top level of a module"):
        inner()


@task(task_config=Elastic(nnodes=2))
def on_two_nodes() -> int:
    return 1


@task
def calls_a_gang() -> int:
    return on_two_nodes()
