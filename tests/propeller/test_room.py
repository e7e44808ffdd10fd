import asyncio

import pytest

from livedeck.propeller.room import Room


class Guest:
    """Somebody who wants to enter."""

    def __init__(self, room):
        self.inside = False
        self.leave = asyncio.Event()
        self.task = asyncio.create_task(self._stay(room))

    async def _stay(self, room):
        await room.enter()
        self.inside = True
        try:
            await self.leave.wait()
        finally:
            self.inside = False
            room.leave()


@pytest.fixture
async def guests():
    made = Room(2)
    guests = [Guest(made) for _ in range(5)]
    await turns()
    yield made, guests
    for guest in guests:
        guest.task.cancel()
    await asyncio.gather(*(guest.task for guest in guests), return_exceptions=True)


async def turns():
    for _ in range(10):
        await asyncio.sleep(0)


def inside(guests):
    return [index for index, guest in enumerate(guests) if guest.inside]


async def test_first_come_first_served(guests):
    _, guests = guests
    assert inside(guests) == [0, 1]
    guests[1].leave.set()
    await turns()
    assert inside(guests) == [0, 2]


async def test_what_is_there_already_is_let_in_and_counts(guests):
    room, guests = guests
    room.occupy()
    guests[0].leave.set()
    await turns()
    assert inside(guests) == [1]
    room.leave()
    await turns()
    assert inside(guests) == [1, 2]


async def test_who_is_cancelled_takes_no_place(guests):
    _, guests = guests
    guests[2].task.cancel()
    guests[0].leave.set()
    await turns()
    assert inside(guests) == [1, 3]


async def test_who_is_cancelled_in_its_turn_gives_it_on(guests):
    _, guests = guests
    guests[0].task.cancel()
    await asyncio.sleep(0)  # its place is given to the third guest, which has not taken it up yet
    assert inside(guests) == [1]
    guests[2].task.cancel()
    await turns()
    assert guests[2].task.cancelled()
    assert inside(guests) == [1, 3]
