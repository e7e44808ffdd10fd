"""What begins together ends in the order in which it began, unless that would cost."""

import asyncio

from livedeck.propeller.sequencer import Sequencer


async def take(sequencer: Sequencer, name: str, ready: asyncio.Event, came: list[str]) -> None:
    with sequencer.next() as ticket:
        await ready.wait()
        await ticket.wait()
        came.append(name)


async def begin(
    sequencer: Sequencer, names: str, came: list[str]
) -> tuple[dict[str, asyncio.Event], list[asyncio.Task[None]]]:
    ready = {name: asyncio.Event() for name in names}
    tasks = [asyncio.create_task(take(sequencer, name, ready[name], came)) for name in names]
    await asyncio.sleep(0)
    return ready, tasks


async def test_tickets_are_served_in_the_order_in_which_they_began() -> None:
    came: list[str] = []
    ready, tasks = await begin(Sequencer(60), "abcd", came)
    for name in "dbca":
        ready[name].set()
    await asyncio.gather(*tasks)
    assert came == list("abcd")


async def test_one_that_is_slow_holds_nothing_up() -> None:
    came: list[str] = []
    ready, (slow, *others) = await begin(Sequencer(0.01), "abcd", came)
    for name in "dcb":
        ready[name].set()
    await asyncio.gather(*others)
    assert came == list("bcd")
    ready["a"].set()
    await slow
    assert came == list("bcda")


async def test_one_that_is_given_up_is_over() -> None:
    came: list[str] = []
    ready, (given_up, *others) = await begin(Sequencer(60), "abc", came)
    for name in "cb":
        ready[name].set()
    given_up.cancel()
    await asyncio.gather(*others)
    assert came == list("bc")
