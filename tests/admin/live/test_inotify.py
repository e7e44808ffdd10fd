import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import Any

import pytest

from livedeck.admin.live.inotify import FolderWatch, Inotify, Wake
from livedeck.admin.live.wakes import FIRST, LAST, Pace, watching
from livedeck.admin.notifiers import Notifier
from livedeck.store import open_store

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="inotify is Linux's")


@pytest.fixture
async def inotify() -> AsyncIterator[Any]:
    opened = Inotify.open()
    assert opened is not None
    yield opened
    opened.close()


def telling(notifier: Notifier) -> Wake:
    return lambda _names: notifier.notify()


async def woken(notifier: Notifier, seen: int) -> None:
    assert await notifier.wait(seen, timeout=60)


async def test_files_wake_and_files_being_written_do_not(inotify: Any, tmp_path: Path) -> None:
    notifier = Notifier()
    told = telling(notifier)
    watch = inotify.add(tmp_path, told)
    (tmp_path / ".livedeck-1.part").write_text("half")
    (tmp_path / "marker").write_text("")
    await woken(notifier, 0)
    seen = notifier.count
    os.link(tmp_path / ".livedeck-1.part", tmp_path / "1.json")
    await woken(notifier, seen)
    seen = notifier.count
    (tmp_path / ".livedeck-1.part").rename(tmp_path / "2.json")
    await woken(notifier, seen)
    inotify.remove(watch, told)
    inotify.remove(watch, told)


async def test_a_folder_that_does_not_exist_is_found_when_it_does(inotify: Any, tmp_path: Path) -> None:
    notifier = Notifier()
    deep = tmp_path / "metadata/p/d/e/n0/data/0"
    watch = FolderWatch(inotify, [deep, deep / "deck"], telling(notifier))
    store = open_store(f"file://{deep}")
    for number in range(1, 20):
        seen = notifier.count
        await asyncio.to_thread(store.create, f"deck/{number:08d}.json", b"x")
        await woken(notifier, seen)
        watch.refresh()
    assert {str(at[0]) for at in watch._watched.values()} == {str(deep), str(deep / "deck")}
    watch.close()
    assert inotify._watches == {}


async def test_who_is_woken_is_told_what_has_appeared(inotify: Any, tmp_path: Path) -> None:
    notifier, told = Notifier(), set[str]()

    def wake(names: Collection[str]) -> None:
        told.update(names)
        notifier.notify()

    inotify.add(tmp_path, wake)
    for name in ("00000001.json", "é", "x" * 200):
        (tmp_path / name).write_text("")
    while len(told) < 3:
        await woken(notifier, notifier.count)
    assert told == {"00000001.json", "é", "x" * 200}


async def test_two_who_watch_one_folder(inotify: Any, tmp_path: Path) -> None:
    one, two = Notifier(), Notifier()
    first = FolderWatch(inotify, [tmp_path], telling(one))
    second = FolderWatch(inotify, [tmp_path], telling(two))
    (tmp_path / "a").write_text("")
    await woken(one, 0)
    await woken(two, 0)
    first.close()
    seen = two.count
    (tmp_path / "b").write_text("")
    await woken(two, seen)
    second.close()
    assert inotify._watches == {}


async def test_a_folder_that_goes_away_wakes(inotify: Any, tmp_path: Path) -> None:
    notifier = Notifier()
    folder = tmp_path / "gone"
    folder.mkdir()
    watch = FolderWatch(inotify, [folder], telling(notifier))
    shutil.rmtree(folder)
    await woken(notifier, 0)
    watch.refresh()
    watch.close()


async def test_stores_without_files_are_not_watched(inotify: Any) -> None:
    watcher = watching(inotify)(open_store("memory://unwatched"), ("",), telling(Notifier()))
    assert not watcher.active
    watcher.refresh()
    watcher.close()
    assert not watching(None)(open_store("file:///tmp"), ("",), telling(Notifier())).active


async def test_elsewhere_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert Inotify.open() is None


def test_polling_slows_down_and_is_quick_after_news() -> None:
    pace = Pace()
    pauses = [pace.next(moved=False, watched=False) for _ in range(8)]
    assert pauses[0] == FIRST
    assert pauses == sorted(pauses)
    assert pauses[-1] == LAST
    assert pace.next(moved=True, watched=False) == FIRST
    assert pace.next(moved=True, watched=True) == LAST
