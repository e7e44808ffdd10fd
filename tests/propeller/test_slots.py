import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from livedeck.propeller.slots import Slots


class User:
    """Somebody who wants a slot."""

    def __init__(self, slots: Slots) -> None:
        self.holding = False
        self.done = asyncio.Event()
        self.task = asyncio.create_task(self._stay(slots))

    async def _stay(self, slots: Slots) -> None:
        await slots.acquire()
        self.holding = True
        try:
            await self.done.wait()
        finally:
            self.holding = False
            slots.release()


@pytest.fixture
async def users() -> AsyncIterator[Any]:
    made = Slots(2)
    users = [User(made) for _ in range(5)]
    await turns()
    yield made, users
    for user in users:
        user.task.cancel()
    await asyncio.gather(*(user.task for user in users), return_exceptions=True)


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def holding(users: list[User]) -> list[int]:
    return [index for index, user in enumerate(users) if user.holding]


async def test_first_come_first_served(users: Any) -> None:
    _, users = users
    assert holding(users) == [0, 1]
    users[1].done.set()
    await turns()
    assert holding(users) == [0, 2]


async def test_what_is_there_already_is_let_in_and_counts(users: Any) -> None:
    slots, users = users
    slots.acquire_over()
    users[0].done.set()
    await turns()
    assert holding(users) == [1]
    slots.release()
    await turns()
    assert holding(users) == [1, 2]


async def test_who_is_cancelled_takes_no_slot(users: Any) -> None:
    _, users = users
    users[2].task.cancel()
    users[0].done.set()
    await turns()
    assert holding(users) == [1, 3]


async def test_who_is_cancelled_in_its_turn_gives_it_on(users: Any) -> None:
    _, users = users
    users[0].task.cancel()
    await asyncio.sleep(0)  # its place is given to the third user, which has not taken it up yet
    assert holding(users) == [1]
    users[2].task.cancel()
    await turns()
    assert users[2].task.cancelled()
    assert holding(users) == [1, 3]
