import asyncio
import contextlib

import pytest
from flyteidl.event.event_pb2 import WorkflowExecutionEvent

from livedeck.errors import LeaseLost
from livedeck.propeller.reporter import Reporter
from livedeck.propeller.settings import PropellerSettings

QUICK = PropellerSettings(retry_first=0.001, retry_longest=0.002)


class Book:
    """Records what is reported, when it may."""

    def __init__(self):
        self.batches = []
        self.open = asyncio.Event()
        self.open.set()
        self.asked = asyncio.Event()
        self.troubles = []

    async def report(self, owner, events):
        self.asked.set()
        await self.open.wait()
        if self.troubles:
            raise self.troubles.pop(0)
        self.batches.append([event.producer_id for event in events])


@pytest.fixture
async def book():
    return Book()


@pytest.fixture
async def reporter(book):
    made = Reporter(book, "p", QUICK)
    task = asyncio.create_task(made.run())
    yield made
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, LeaseLost):
        await task


def events(*names):
    return [WorkflowExecutionEvent(producer_id=name) for name in names]


async def test_what_piles_up_goes_into_one_transaction(book, reporter):
    book.open.clear()
    reporter.add(events("a"))
    await book.asked.wait()
    reporter.add(events("b", "c"))
    reporter.add([])
    reporter.add(events("d"))
    book.open.set()
    await reporter.recorded()
    assert book.batches == [["a"], ["b", "c", "d"]]


async def test_a_step_is_never_divided(book, reporter):
    reporter.add(events(*["x"] * 400))
    reporter.add(events(*["y"] * 400))
    reporter.add(events(*["z"] * 900))
    await reporter.recorded()
    assert [len(batch) for batch in book.batches] == [400, 400, 900]


async def test_what_fails_for_now_is_tried_until_it_is_on_record(book, reporter):
    book.troubles = [OSError("locked"), TimeoutError(), OSError("disk full")]
    reporter.add(events("a"))
    await reporter.recorded()
    assert book.batches == [["a"]]


async def test_being_recorded_means_all_that_was_added_before(book, reporter):
    await reporter.recorded()
    book.open.clear()
    reporter.add(events("a"))
    first = asyncio.ensure_future(reporter.recorded())
    await book.asked.wait()
    reporter.add(events("b"))
    second = asyncio.ensure_future(reporter.recorded())
    book.open.set()
    await first
    assert ["a"] in book.batches
    await second
    assert book.batches == [["a"], ["b"]]


async def test_a_transaction_waits_for_what_is_about_to_come(book, reporter):
    come = asyncio.Event()

    async def source():
        with reporter.expecting():
            await come.wait()
            reporter.add(events("b"))

    coming = asyncio.create_task(source())
    reporter.add(events("a"))
    come.set()
    await coming
    await reporter.recorded()
    assert book.batches == [["a", "b"]]


async def test_it_does_not_wait_for_ever(book, reporter):
    with reporter.expecting():
        reporter.add(events("a"))
        await reporter.recorded()
    assert book.batches == [["a"]]


async def test_a_lost_lease_ends_it(book):
    book.troubles = [LeaseLost("somebody else's")]
    reporter = Reporter(book, "p", QUICK)
    reporter.add(events("a"))
    with pytest.raises(LeaseLost):
        await reporter.run()


async def test_what_was_under_way_when_it_was_cancelled_is_reported_again(book):
    reporter = Reporter(book, "p", QUICK)
    task = asyncio.create_task(reporter.run())
    book.open.clear()
    reporter.add(events("a"))
    await book.asked.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    book.open.set()
    await reporter.flush()
    assert book.batches == [["a"]]
