"""Whoever follows changes is told the last state of every attempt, in pieces, or that some are missed."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livedeck.executors.ray.changes import AT_ONCE, KEPT, Changes, Missed
from livedeck.executors.ray.messages import State
from livedeck.testing.executor_contract import within


def state(number: int, node: str = "") -> State:
    return State(f"attempt {number}", node=node)


@given(st.lists(st.one_of(st.integers(0, 3), st.none())))
def test_a_follower_knows_the_last_state_of_each_attempt(steps: list[int | None]) -> None:
    async def follow() -> None:
        changes, position = Changes(), 0
        last: dict[str, State] = {}
        known: dict[str, State] = {}
        for moment, step in enumerate([*steps, None]):
            if step is not None:
                noted = last[f"attempt {step}"] = state(step, node=str(moment))
                changes.note(noted)
            elif position < changes.position:
                position, states = await changes.since(position)
                known.update((each.name, each) for each in states)
        assert known == last
        assert position == changes.position

    asyncio.run(follow())


async def test_a_follower_waits_for_the_next_change() -> None:
    changes = Changes()
    changes.note(state(0))
    waiting = asyncio.create_task(changes.since(1))
    changes.note(state(1))
    assert await within(waiting) == (2, [state(1)])


async def test_many_changes_are_told_in_pieces_the_oldest_first() -> None:
    changes, position, found = Changes(), 0, []
    for number in range(2 * AT_ONCE + 1):
        changes.note(state(number))
    while position < changes.position:
        position, states = await changes.since(position)
        assert len(states) <= AT_ONCE
        found += states
    assert found == [state(number) for number in range(2 * AT_ONCE + 1)]


async def test_a_follower_that_is_too_late_is_told_so() -> None:
    changes = Changes()
    for number in range(KEPT + 1):
        changes.note(state(number))
    with pytest.raises(Missed):
        await changes.since(0)
    position, _ = await changes.since(1)
    assert position == 1 + AT_ONCE
