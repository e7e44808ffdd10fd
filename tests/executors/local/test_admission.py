import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck.errors import ExecutorError
from livedeck.executors.api import Queued
from livedeck.executors.local.admission import Amount, ResourcePool, capacity, machine


def cores(number: float) -> Amount:
    return Amount.of(number, 0)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_first_come_first_served() -> None:
    pool = ResourcePool(cores(2))
    await pool.acquire(cores(1.5), what="first")
    large = asyncio.create_task(pool.acquire(cores(2), what="large"))
    await settle()
    small = asyncio.create_task(pool.acquire(cores(0.5), what="small"))
    await settle()
    assert not large.done()
    assert not small.done()  # it would fit, and the large one would never come to its turn
    pool.release(cores(1.5))
    await settle()
    assert large.done()
    assert not small.done()
    pool.release(cores(2))
    await small


async def test_one_that_withdraws_lets_the_next_pass() -> None:
    pool = ResourcePool(cores(1))
    await pool.acquire(cores(0.5), what="first")
    large = asyncio.create_task(pool.acquire(cores(1), what="large"))
    small = asyncio.create_task(pool.acquire(cores(0.5), what="small"))
    await settle()
    large.cancel()
    await small
    assert pool.taken.milli_cores == 1000


async def test_one_that_withdraws_in_its_turn_gives_back() -> None:
    pool = ResourcePool(cores(1))
    await pool.acquire(cores(1), what="first")
    second = asyncio.create_task(pool.acquire(cores(1), what="second"))
    await settle()
    pool.release(cores(1))
    second.cancel()
    await asyncio.wait([second])
    assert second.cancelled()
    assert pool.taken == Amount(0, 0)


async def test_what_runs_already_counts() -> None:
    pool = ResourcePool(cores(1))
    pool.occupy(cores(3))
    waiting = asyncio.create_task(pool.acquire(cores(1), what="next"))
    await settle()
    assert not waiting.done()
    pool.release(cores(3))
    await waiting


async def test_retried_ones_go_before_those_that_have_not_begun() -> None:
    pool = ResourcePool(cores(1))
    await pool.acquire(cores(1), what="runs")
    order = []

    async def enter(what: str, retried: bool) -> None:
        await pool.acquire(cores(1), what=what, retried=retried)
        order.append(what)
        pool.release(cores(1))

    waiting = [("a", False), ("b", False), ("c", True), ("d", True), ("e", False)]
    async with asyncio.TaskGroup() as group:
        for what, retried in waiting:
            group.create_task(enter(what, retried))
        await settle()
        assert [pool.queued(what, cores(1)).ahead for what, _ in waiting] == [2, 3, 0, 1, 4]
        pool.release(cores(1))
    assert order == ["c", "d", "a", "b", "e"]
    assert pool.queued("a", cores(1)) is None


async def test_a_retried_one_that_fits_passes_a_large_one_at_the_head() -> None:
    pool = ResourcePool(cores(2))
    await pool.acquire(cores(1), what="runs")
    large = asyncio.create_task(pool.acquire(cores(2), what="large"))
    await settle()
    await asyncio.wait_for(pool.acquire(cores(1), what="small", retried=True), 60)
    large.cancel()
    await asyncio.wait([large])


async def test_the_reason_names_what_there_is_too_little_of() -> None:
    pool = ResourcePool(Amount.of(4, 8 << 30, 1))
    everything = Amount.of(4, 8 << 30, 1)
    await pool.acquire(everything, what="runs")
    reasons = {
        Amount.of(2, 0): "waits for 2 CPUs of 4",
        Amount.of(0.5, 0): "waits for 0.5 CPU of 4",
        Amount.of(0, 3 << 29): "waits for 1.5 GiB of memory",
        Amount.of(0, 0, 1): "waits for 1 GPU",
        Amount.of(0, 0): "waits for those that came before",
    }
    tasks = [asyncio.create_task(pool.acquire(need, what=str(need))) for need in reasons]
    await settle()
    assert {need: pool.queued(str(need), need).reason for need in reasons} == reasons
    pool.release(everything)
    await asyncio.wait(tasks)


async def test_a_number_of_attempts_may_run_at_once_whatever_they_ask() -> None:
    pool = ResourcePool(cores(4), parallel=2)
    one = cores(0)
    for _ in range(2):
        await pool.acquire(one, what="runs")
    third = asyncio.create_task(pool.acquire(one, what="third"))
    await settle()
    assert pool.queued("third", one) == Queued(0, "waits for a slot (--parallel 2)")
    pool.release(one - one.without_cores())  # it computes no more
    await third


async def test_positions_are_counted_once_for_all_who_ask() -> None:
    pool = ResourcePool(cores(1))
    await pool.acquire(cores(1), what="runs")
    tasks = [asyncio.create_task(pool.acquire(cores(1), what=str(number))) for number in range(10_000)]
    await settle()
    assert pool._positions is None
    assert [pool.queued(str(number), cores(1)).ahead for number in range(10_000)] == list(range(10_000))
    counted = pool._positions
    assert pool.queued("5", cores(1)).ahead == 5
    assert pool._positions is counted
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def test_impossible() -> None:
    pool = ResourcePool(Amount.of(2, 3 << 30))
    with pytest.raises(
        ExecutorError, match="the task asks for 1 core and 4 GiB of memory, but this machine has 2 cores and 3 GiB"
    ):
        await pool.acquire(Amount.of(1, 4 << 30), what="x")


@given(st.lists(st.tuples(st.integers(1, 1000), st.booleans()), max_size=30))
def test_never_more_than_there_is_and_all_get_through(requests: list[tuple[int, bool]]) -> None:
    async def run() -> None:
        pool = ResourcePool(Amount(1000, 0))
        most = 0

        async def attempt(need: Amount) -> None:
            nonlocal most
            await pool.acquire(need, what="x")
            most = max(most, pool.taken.milli_cores)
            try:
                await asyncio.sleep(0)
            finally:
                pool.release(need)

        tasks = [(asyncio.create_task(attempt(Amount(need, 0))), cancel) for need, cancel in requests]
        await asyncio.sleep(0)
        for task, cancel in tasks:
            if cancel:
                task.cancel()
        await asyncio.gather(*(task for task, _ in tasks), return_exceptions=True)
        assert most <= 1000
        assert pool.taken == Amount(0, 0)
        assert all(task.done() for task, _ in tasks)

    asyncio.run(asyncio.wait_for(run(), 60))


def test_capacity() -> None:
    here = machine()
    assert here.milli_cores >= 1
    assert here.memory > 1 << 20
    assert capacity(None, None) == here
    assert capacity(1.5, 7) == Amount(1500, 7)
