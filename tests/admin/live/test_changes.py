import asyncio
from contextlib import AsyncExitStack

import pytest

from livedeck.admin.feed import Change
from livedeck.admin.live.changes import ChangeFollower
from livedeck.admin.notifiers import Notifier
from livedeck.errors import DatabaseUnavailable
from tests.admin.live.conftest import until


class FakeFeed:
    """A feed that is told what changed; it can be made to fail."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.committed = Notifier()
        self.asked = 0
        self.failing = False
        self.failed = 0

    def add(self, kind: str, *key: str) -> None:
        self.changes.append(Change(len(self.changes) + 1, kind, key, None))  # type: ignore[arg-type]
        self.committed.notify()

    async def current(self) -> int:
        self._fail()
        return len(self.changes)

    async def after(self, number: int, *, limit: int = 500) -> list[Change]:
        self.asked += 1
        return self.changes[number : number + limit]

    async def wait(self, after: int, timeout: float) -> bool:
        seen = self.committed.count
        self._fail()
        return len(self.changes) > after or await self.committed.wait(seen, timeout=timeout)

    def _fail(self) -> None:
        if self.failing:
            self.failed += 1
            raise DatabaseUnavailable("the database is away")


@pytest.fixture
def feed() -> FakeFeed:
    return FakeFeed()


async def test_each_gets_what_it_wants_once_and_as_it_stands(feed: FakeFeed) -> None:
    async with asyncio.TaskGroup() as tasks:
        changes = ChangeFollower(feed, tasks)
        feed.add("execution", "p", "d", "before")
        async with (
            changes.subscribe(lambda change: change.key[2] == "a") as one,
            changes.subscribe(lambda change: change.kind == "node") as two,
        ):
            feed.add("execution", "p", "d", "a")
            feed.add("node", "p", "d", "a", "n0")
            feed.add("node", "p", "d", "b", "n0")
            feed.add("node", "p", "d", "a", "n0")
            await until(lambda: two.arrived.count == 3 and one.arrived.count == 3)
            assert [(change.number, change.kind) for change in one.take()] == [(2, "execution"), (5, "node")]
            assert [change.number for change in two.take()] == [4, 5]
            assert one.take() == []


async def test_many_subscriptions_cost_one_query(feed: FakeFeed) -> None:
    async with asyncio.TaskGroup() as tasks, AsyncExitStack() as stack:
        changes = ChangeFollower(feed, tasks, pause=0)
        many = [await stack.enter_async_context(changes.subscribe(lambda _: True)) for _ in range(50)]
        feed.add("execution", "p", "d", "a")
        for each in many:
            assert await each.arrived.wait(0, timeout=60)
        assert feed.asked == 1


async def test_nobody_asks_while_nobody_listens(feed: FakeFeed) -> None:
    async with asyncio.TaskGroup() as tasks:
        changes = ChangeFollower(feed, tasks)
        async with changes.subscribe(lambda _: True):
            assert changes._follower is not None
        assert changes._follower is None
        async with changes.subscribe(lambda _: True) as again:  # type: ignore[unreachable]
            feed.add("execution", "p", "d", "a")
            assert await again.arrived.wait(0, timeout=60)


async def test_a_database_that_goes_away_is_asked_again(feed: FakeFeed, caplog: pytest.LogCaptureFixture) -> None:
    async with asyncio.TaskGroup() as tasks:
        changes = ChangeFollower(feed, tasks, retry=0.01)
        async with changes.subscribe(lambda _: True) as subscription:
            feed.failing = True
            feed.committed.notify()  # wakes the follower, which then finds the database away
            assert await subscription.arrived.wait(0, timeout=60)
            assert subscription.stale == "the database is away"
            await until(lambda: feed.failed >= 3)
            assert caplog.text.count("the database is away") == 1, "the log is told once, not with each try"
            async with changes.subscribe(lambda _: True) as other:
                assert other.stale == "the database is away"
            feed.add("execution", "p", "d", "a")
            feed.failing = False
            await until(lambda: subscription.take() != [])
            await until(lambda: subscription.stale == "")


async def test_nobody_is_subscribed_before_the_feed_could_be_read(feed: FakeFeed) -> None:
    feed.failing = True
    subscribed = asyncio.Event()
    arrived = Notifier()

    async def watch(changes: ChangeFollower) -> None:
        async with changes.subscribe(lambda _: True, arrived):
            subscribed.set()
            await arrived.wait(0, timeout=60)

    async with asyncio.TaskGroup() as tasks:
        changes = ChangeFollower(feed, tasks, retry=0.01)
        watching = [tasks.create_task(watch(changes)) for _ in range(2)]
        await until(lambda: feed.failed >= 2)
        assert not subscribed.is_set()
        feed.failing = False
        await subscribed.wait()
        feed.add("execution", "p", "d", "a")  # at once: the follower has not waited for the feed yet
        await asyncio.gather(*watching)
        assert arrived.count == 2
