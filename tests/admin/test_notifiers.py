"""Notifiers: nobody misses what was told between two waits, and nothing is kept of who has gone."""

import asyncio
import contextlib

from livedeck.admin.notifiers import Notifier


async def test_what_was_told_before_the_wait_counts() -> None:
    notifier = Notifier()
    seen = notifier.count
    notifier.notify()
    assert await notifier.wait(seen, timeout=0.0)
    assert not await notifier.wait(notifier.count, timeout=0.0)


async def test_all_who_wait_are_woken_once() -> None:
    notifier = Notifier()
    waits = [asyncio.create_task(notifier.wait(0, timeout=60.0)) for _ in range(3)]
    await asyncio.sleep(0)
    notifier.notify()
    notifier.notify()
    assert await asyncio.gather(*waits) == [True] * 3
    assert notifier.count == 2


async def test_one_who_is_cancelled_is_not_waited_with() -> None:
    notifier = Notifier()
    leaving = asyncio.create_task(notifier.wait(0, timeout=60.0))
    staying = asyncio.create_task(notifier.wait(0, timeout=60.0))
    await asyncio.sleep(0)
    leaving.cancel()
    notifier.notify()  # before the one that leaves has run
    with contextlib.suppress(asyncio.CancelledError):
        await leaving
    assert leaving.cancelled()
    assert await staying
