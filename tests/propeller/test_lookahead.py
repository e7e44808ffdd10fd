import asyncio

import pytest

from livedeck.propeller.lookahead import Lookahead


class Node:
    """Something to prepare, once it is let in."""

    def __init__(self, lookahead):
        self.inside = False
        self.leave = asyncio.Event()
        self.task = asyncio.create_task(self._prepare(lookahead))

    async def _prepare(self, lookahead):
        async with lookahead:
            self.inside = True
            try:
                await self.leave.wait()
            finally:
                self.inside = False


@pytest.fixture
async def nodes():
    made = Lookahead(2)
    nodes = [Node(made) for _ in range(5)]
    await turns()
    yield made, nodes
    for node in nodes:
        node.task.cancel()
    await asyncio.gather(*(node.task for node in nodes), return_exceptions=True)


async def turns():
    for _ in range(10):
        await asyncio.sleep(0)


def inside(nodes):
    return [index for index, node in enumerate(nodes) if node.inside]


async def test_first_come_first_served(nodes):
    _, nodes = nodes
    assert inside(nodes) == [0, 1]
    nodes[1].leave.set()
    await turns()
    assert inside(nodes) == [0, 2]


async def test_what_waits_to_be_started_keeps_others_out(nodes):
    lookahead, nodes = nodes
    lookahead.occupy()
    nodes[0].leave.set()
    await turns()
    assert inside(nodes) == [1]
    lookahead.leave()
    await turns()
    assert inside(nodes) == [1, 2]


async def test_who_is_cancelled_takes_no_place(nodes):
    _, nodes = nodes
    nodes[2].task.cancel()
    nodes[0].leave.set()
    await turns()
    assert inside(nodes) == [1, 3]


async def test_who_is_cancelled_in_its_turn_gives_it_on(nodes):
    _, nodes = nodes
    nodes[0].task.cancel()
    await asyncio.sleep(0)  # its place is given to the third node, which has not taken it up yet
    assert inside(nodes) == [1]
    nodes[2].task.cancel()
    await turns()
    assert nodes[2].task.cancelled()
    assert inside(nodes) == [1, 3]
