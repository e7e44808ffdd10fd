import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from flyteidl.event.event_pb2 import WorkflowExecutionEvent

from livedeck.errors import LeaseLost
from livedeck.propeller.recorder import EventRecorder
from livedeck.propeller.settings import PropellerSettings

QUICK = PropellerSettings(retry_first=0.001, retry_longest=0.002)


class SlowControl:
    """Records what is reported, when it may."""

    def __init__(self) -> None:
        self.batches: list[Any] = []
        self.open = asyncio.Event()
        self.open.set()
        self.asked = asyncio.Event()
        self.troubles: list[Any] = []

    async def report(self, owner: str, events: list[WorkflowExecutionEvent]) -> None:
        self.asked.set()
        await self.open.wait()
        if self.troubles:
            raise self.troubles.pop(0)
        self.batches.append([event.producer_id for event in events])


@pytest.fixture
async def control() -> SlowControl:
    return SlowControl()


@pytest.fixture
async def recorder(control: SlowControl) -> AsyncIterator[Any]:
    made = EventRecorder(control, "p", QUICK)  # type: ignore[arg-type]
    task = asyncio.create_task(made.run())
    yield made
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, LeaseLost):
        await task


def events(*names: str) -> list[WorkflowExecutionEvent]:
    return [WorkflowExecutionEvent(producer_id=name) for name in names]


async def test_what_piles_up_goes_into_one_transaction(control: SlowControl, recorder: EventRecorder) -> None:
    control.open.clear()
    recorder.add(events("a"))
    await control.asked.wait()
    recorder.add(events("b", "c"))
    recorder.add([])
    recorder.add(events("d"))
    control.open.set()
    await recorder.recorded()
    assert control.batches == [["a"], ["b", "c", "d"]]


async def test_a_step_is_never_divided(control: SlowControl, recorder: EventRecorder) -> None:
    recorder.add(events(*["x"] * 400))
    recorder.add(events(*["y"] * 400))
    recorder.add(events(*["z"] * 900))
    await recorder.recorded()
    assert [len(batch) for batch in control.batches] == [400, 400, 900]


async def test_what_fails_for_now_is_tried_until_it_is_on_record(control: SlowControl, recorder: EventRecorder) -> None:
    control.troubles = [OSError("locked"), TimeoutError(), OSError("disk full")]
    recorder.add(events("a"))
    await recorder.recorded()
    assert control.batches == [["a"]]


async def test_being_recorded_means_all_that_was_added_before(control: SlowControl, recorder: EventRecorder) -> None:
    await recorder.recorded()
    control.open.clear()
    recorder.add(events("a"))
    first = asyncio.ensure_future(recorder.recorded())
    await control.asked.wait()
    recorder.add(events("b"))
    second = asyncio.ensure_future(recorder.recorded())
    control.open.set()
    await first
    assert ["a"] in control.batches
    await second
    assert control.batches == [["a"], ["b"]]


async def test_a_transaction_waits_for_what_is_about_to_come(control: SlowControl, recorder: EventRecorder) -> None:
    come = asyncio.Event()

    async def source() -> None:
        with recorder.expecting():
            await come.wait()
            recorder.add(events("b"))

    coming = asyncio.create_task(source())
    recorder.add(events("a"))
    come.set()
    await coming
    await recorder.recorded()
    assert control.batches == [["a", "b"]]


async def test_it_does_not_wait_for_ever(control: SlowControl, recorder: EventRecorder) -> None:
    with recorder.expecting():
        recorder.add(events("a"))
        await recorder.recorded()
    assert control.batches == [["a"]]


async def test_a_lost_lease_ends_it(control: SlowControl) -> None:
    control.troubles = [LeaseLost("somebody else's")]
    recorder = EventRecorder(control, "p", QUICK)  # type: ignore[arg-type]
    recorder.add(events("a"))
    with pytest.raises(LeaseLost):
        await recorder.run()


async def test_what_was_under_way_when_it_was_cancelled_is_reported_again(control: SlowControl) -> None:
    recorder = EventRecorder(control, "p", QUICK)  # type: ignore[arg-type]
    task = asyncio.create_task(recorder.run())
    control.open.clear()
    recorder.add(events("a"))
    await control.asked.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    control.open.set()
    await recorder.flush()
    assert control.batches == [["a"]]
