import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from livedeck.executors.local import scratch
from livedeck.executors.local.processes import ProcessIdentity, identify
from livedeck.executors.local.scratch import Scratch


def now(work: Callable[..., Any]) -> None:
    work()


def test_an_empty_pair_is_used_again(tmp_path: Path) -> None:
    pairs = Scratch(tmp_path, ProcessIdentity(1, 2.0))
    first, second = pairs.take(), pairs.take()
    assert first != second
    assert [*Path(scratch.cwd(first)).iterdir(), *Path(scratch.tmp(first)).iterdir()] == []
    pairs.give_back(first, now)
    assert pairs.take() == first


def test_a_pair_with_something_in_it_is_not(tmp_path: Path) -> None:
    pairs = Scratch(tmp_path, ProcessIdentity(1, 2.0))
    for part in (scratch.cwd, scratch.tmp):
        pair = pairs.take()
        Path(part(pair), "file").touch()
        pairs.give_back(pair, now)
        assert not Path(pair).exists()
        assert pairs.take() != pair


def test_a_task_that_removed_its_folder_does_no_harm(tmp_path: Path) -> None:
    pairs = Scratch(tmp_path, ProcessIdentity(1, 2.0))
    pair = pairs.take()
    Path(scratch.cwd(pair)).rmdir()
    pairs.give_back(pair, now)
    assert pairs.take() != pair


def test_only_dead_zygotes_are_cleaned_up_after(tmp_path: Path) -> None:
    me = identify(os.getpid())
    mine = Scratch(tmp_path, me).take()
    dead = Scratch(tmp_path, ProcessIdentity(me.pid, me.started - 1)).take()
    scratch.clean(tmp_path)
    assert Path(mine).exists()
    assert not Path(dead).exists()
