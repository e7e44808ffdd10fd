import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck.errors import ExecutorError
from livedeck.executors.process.admission import NOTHING, Amount, Gate, capacity, machine


def cores(number):
    return Amount.of(number, 0)


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_first_come_first_served():
    gate = Gate(cores(2))
    await gate.enter(cores(1.5), what="first")
    large = asyncio.create_task(gate.enter(cores(2), what="large"))
    await settle()
    small = asyncio.create_task(gate.enter(cores(0.5), what="small"))
    await settle()
    assert not large.done()
    assert not small.done()  # it would fit, and the large one would never come to its turn
    gate.leave(cores(1.5))
    await settle()
    assert large.done()
    assert not small.done()
    gate.leave(cores(2))
    await small


async def test_one_that_withdraws_lets_the_next_pass():
    gate = Gate(cores(1))
    await gate.enter(cores(0.5), what="first")
    large = asyncio.create_task(gate.enter(cores(1), what="large"))
    small = asyncio.create_task(gate.enter(cores(0.5), what="small"))
    await settle()
    large.cancel()
    await small
    assert gate.taken == cores(1)


async def test_one_that_withdraws_in_its_turn_gives_back():
    gate = Gate(cores(1))
    await gate.enter(cores(1), what="first")
    second = asyncio.create_task(gate.enter(cores(1), what="second"))
    await settle()
    gate.leave(cores(1))
    second.cancel()
    await asyncio.wait([second])
    assert second.cancelled()
    assert gate.taken == NOTHING


async def test_what_runs_already_counts():
    gate = Gate(cores(1))
    gate.occupy(cores(3))
    waiting = asyncio.create_task(gate.enter(cores(1), what="next"))
    await settle()
    assert not waiting.done()
    gate.leave(cores(3))
    await waiting


async def test_impossible():
    gate = Gate(Amount.of(2, 3 << 30))
    with pytest.raises(
        ExecutorError, match="x asks for 1 cores and 4 GiB of memory, but there is only 2 cores and 3 GiB"
    ):
        await gate.enter(Amount.of(1, 4 << 30), what="x")


@given(st.lists(st.tuples(st.integers(1, 1000), st.booleans()), max_size=30))
def test_never_more_than_there_is_and_all_get_through(requests):
    async def run():
        gate = Gate(Amount(1000, 0))
        most = 0

        async def attempt(need):
            nonlocal most
            await gate.enter(need, what="x")
            most = max(most, gate.taken.milli_cores)
            try:
                await asyncio.sleep(0)
            finally:
                gate.leave(need)

        tasks = [(asyncio.create_task(attempt(Amount(need, 0))), cancel) for need, cancel in requests]
        await asyncio.sleep(0)
        for task, cancel in tasks:
            if cancel:
                task.cancel()
        await asyncio.gather(*(task for task, _ in tasks), return_exceptions=True)
        assert most <= 1000
        assert gate.taken == NOTHING
        assert all(task.done() for task, _ in tasks)

    asyncio.run(asyncio.wait_for(run(), 10))


def test_capacity():
    here = machine()
    assert here.milli_cores >= 1
    assert here.memory > 1 << 20
    assert capacity(None, None) == here
    assert capacity(1.5, 7) == Amount(1500, 7)
