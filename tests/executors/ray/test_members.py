"""The members of an attempt: they begin together, and of their ends one is the attempt's."""

import asyncio

import pytest

from livedeck.executors.api import Attempt, Exit, ExitKind
from livedeck.executors.ray.members import Members
from livedeck.executors.ray.messages import Begin, Begun, Outcome, Over, Refused, Withdrawn

DONE = Over(Exit(ExitKind.EXITED, 0))
FAILED = Over(Exit(ExitKind.EXITED, 1))
ENDED_FOR_ANOTHER = Over(Exit(ExitKind.EXITED, 143))


def members(nodes: int, processes: int = 1) -> Members:
    return Members("a", Attempt("a", (), {}, "memory://x", nodes=nodes, processes=processes))


def begin(member: int, *, node: str = "") -> Begin:
    return Begin("a", 0, node or f"id{member}", f"10.0.0.{member}", member, 0 if member else 29500)


def started(nodes: int, processes: int = 1) -> Members:
    made = members(nodes, processes)
    for member in made.all:
        made.ask(begin(member.index))
    assert made.begun
    return made


def ended(made: Members, *outcomes: tuple[int, Outcome]) -> Outcome:
    """Return what becomes of an attempt whose members end so, in that order."""
    for index, outcome in outcomes:
        made.note(made.all[index], outcome)
    assert not made.running
    return made.outcome()


def exit_of(outcome: Outcome) -> Exit:
    assert isinstance(outcome, Over)
    return outcome.exit


async def answered(answer: "Begun | asyncio.Future[Begun]") -> Begun:
    return answer if isinstance(answer, Begun) else await asyncio.wait_for(answer, 1)


async def test_the_one_member_of_an_attempt_begins_at_once() -> None:
    made = members(1)
    assert made.ask(begin(0)) == Begun("a", wanted=True)
    assert made.ask(begin(0)) == Begun("a", wanted=True), "an agent that was started again asks again"
    assert made.ask(begin(0, node="elsewhere")) == Begun("a", wanted=False)


async def test_members_begin_when_all_are_there_and_are_told_where_the_first_is() -> None:
    made = members(3, processes=2)
    waiting = [made.ask(begin(2)), made.ask(begin(0))]
    again = made.ask(begin(2))
    assert not made.begun
    assert not any(isinstance(each, Begun) for each in [*waiting, again])
    last = made.ask(begin(1))
    found = [await answered(each) for each in (waiting[1], last, waiting[0], again)]
    assert all(each.wanted for each in found)
    assert [each.environment["PET_NODE_RANK"] for each in found] == ["0", "1", "2", "2"]
    for each in found:
        assert (
            each.environment.items()
            >= {
                "PET_NNODES": "3",
                "PET_NPROC_PER_NODE": "2",
                "PET_MASTER_ADDR": "10.0.0.0",
                "PET_MASTER_PORT": "29500",
                "PET_RDZV_ENDPOINT": "10.0.0.0:29500",
            }.items()
        )
    assert made.ask(begin(0)) == found[0], "an agent that was started again asks again"


async def test_an_attempt_that_is_withdrawn_begins_nowhere() -> None:
    made = members(2)
    waiting = made.ask(begin(0))
    assert made.withdraw()
    assert not (await answered(waiting)).wanted
    assert not (await answered(made.ask(begin(1)))).wanted
    assert ended(made, (0, Withdrawn()), (1, Withdrawn())) == Withdrawn()


async def test_an_attempt_that_has_begun_is_not_withdrawn() -> None:
    made = started(2)
    assert not made.withdraw()


async def test_a_member_that_is_refused_before_all_are_there_is_the_attempts_refusal() -> None:
    made = members(2)
    waiting = made.ask(begin(0))
    refused = Refused("node 10.0.0.1: another Python", final=True)
    assert made.note(made.all[1], refused)
    assert made.withdraw()
    assert not (await answered(waiting)).wanted
    assert ended(made, (0, Withdrawn())) == refused


async def test_a_gang_succeeds_when_all_of_it_has() -> None:
    first = Over(Exit(ExitKind.EXITED, 0, last_words="rank 0's"))
    assert ended(started(2), (1, DONE), (0, first)) == first


async def test_the_first_that_fails_has_the_others_ended() -> None:
    made = started(3)
    assert not made.note(made.all[0], DONE)
    assert made.note(made.all[2], FAILED)
    assert [member.index for member in made.running] == [1]
    assert not made.note(made.all[1], ENDED_FOR_ANOTHER), "it was ended for the other"
    assert exit_of(made.outcome()) == Exit(ExitKind.EXITED, 1, part="Rank 2")


async def test_a_leader_that_was_killed_is_named_by_its_ranks() -> None:
    killed = Over(Exit(ExitKind.SIGNALLED, 9))
    found = exit_of(ended(started(2, processes=2), (1, killed), (0, FAILED)))
    assert (found.kind, found.code, found.part) == (ExitKind.SIGNALLED, 9, "Ranks 2 and 3")


@pytest.mark.parametrize(("processes", "ranks"), [(1, "rank 1"), (2, "ranks 2 and 3"), (4, "ranks 4 to 7")])
async def test_a_lost_node_is_the_reason_though_others_fail_before_that_is_noticed(processes: int, ranks: str) -> None:
    lost = Over(Exit(ExitKind.LOST, reason="the raylet of its node has ended"))
    found = exit_of(ended(started(2, processes), (0, FAILED), (1, lost)))
    assert found.kind is ExitKind.LOST
    assert found.reason == f"{ranks}: the raylet of its node has ended (node 10.0.0.1 of the Ray cluster)"


async def test_a_member_that_cannot_be_started_while_others_are_is_a_loss() -> None:
    found = exit_of(ended(started(2), (1, Refused("no room", final=False)), (0, ENDED_FOR_ANOTHER)))
    assert (found.kind, "no room" in found.reason) == (ExitKind.LOST, True)


async def test_members_of_which_none_can_be_started_are_refused() -> None:
    refused = Refused("no such command", final=True)
    assert ended(started(2), (0, refused), (1, refused)) == refused


async def test_what_was_ended_with_its_worker_is_lost() -> None:
    found = exit_of(ended(started(1), (0, Over(Exit(ExitKind.SIGNALLED, 9), killed=True))))
    assert found == Exit(ExitKind.LOST, reason="its Ray worker was ended (node 10.0.0.0 of the Ray cluster)")
