"""The members of an attempt: what of it runs on one node each. One has all of it, unless it is a gang on several nodes.

They begin together: none is told to before there are a place and an agent for each. When one fails the others are
ended, and of their ends one is the attempt's. This is the logic, without Ray: the ``dispatcher`` has it done.
"""

import asyncio
from dataclasses import dataclass, replace

from livedeck.executors.api import Attempt, Exit, ExitKind
from livedeck.executors.ray.messages import Begin, Begun, Outcome, Over, Refused, Withdrawn
from livedeck.executors.rendezvous import node_variables


@dataclass(eq=False)
class Member:
    """What of an attempt runs on one node."""

    index: int
    """From 0; of a gang it is the node's rank."""
    node: str = ""
    """Ray's id of the node that asked whether it may begin; empty: none yet."""
    address: str = ""
    port: int = 0
    """Where rank 0 listens, if it is the first."""
    outcome: Outcome | None = None


class Members:
    """The members of one attempt.

    Args:
        name: the attempt's.
        attempt: how many there are, and how many processes each has.
    """

    def __init__(self, name: str, attempt: Attempt) -> None:
        self._name = name
        self._processes = attempt.processes
        self.all = [Member(index) for index in range(attempt.nodes)]
        self.begun = False
        """Whether all were told to begin."""
        self.withdrawn = False
        """None is to begin any more."""
        self._answers: dict[int, asyncio.Future[Begun]] = {}
        """What members wait for that may not begin yet."""
        self._failures: list[Member] = []
        """Those that have failed, in that order."""

    @property
    def several(self) -> bool:
        """Whether it is a gang on several nodes."""
        return len(self.all) > 1

    @property
    def addresses(self) -> str:
        """The addresses of the nodes, in words."""
        return ", ".join(member.address for member in self.all)

    def ask(self, begin: Begin) -> "Begun | asyncio.Future[Begun]":
        """Return the answer to a node that asks whether a member is to begin, or what will have it."""
        member = self.all[begin.member]
        if self.withdrawn or member.node not in {"", begin.node}:
            return Begun(self._name, wanted=False)
        member.node, member.address = begin.node, begin.address
        if not self.begun:
            member.port = begin.port
            self.begun = all(each.node for each in self.all)
        if not self.begun:
            return self._answers.setdefault(begin.member, asyncio.get_running_loop().create_future())
        self._answer_all()
        return self._begun(member)

    def withdraw(self) -> bool:
        """Let none begin; tell whether none has."""
        if not self.begun:
            self.withdrawn = True
            self._answer_all()
        return self.withdrawn

    def _answer_all(self) -> None:
        for index, answer in self._answers.items():
            answer.set_result(Begun(self._name, wanted=False) if self.withdrawn else self._begun(self.all[index]))
        self._answers.clear()

    def _begun(self, member: Member) -> Begun:
        if not self.several:
            return Begun(self._name, wanted=True)
        first = self.all[0]
        variables = node_variables(
            nodes=len(self.all),
            node=member.index,
            processes=self._processes,
            address=first.address,
            port=first.port,
        )
        return Begun(self._name, wanted=True, environment=variables)

    # Ends

    def note(self, member: Member, outcome: Outcome) -> bool:
        """Note how a member ended; tell whether it is the first that has failed."""
        member.outcome = outcome
        if isinstance(outcome, Over) and outcome.exit.kind is ExitKind.EXITED and not outcome.exit.code:
            return False
        self._failures.append(member)
        return len(self._failures) == 1

    @property
    def running(self) -> list[Member]:
        """The members that have not ended."""
        return [member for member in self.all if member.outcome is None]

    def outcome(self) -> Outcome:
        """Return what became of the attempt, of which all members have ended.

        A node that was lost goes before all other failures, for these may follow from it and be noticed earlier. Else
        it is the first that is told of.
        """
        if not self._failures:
            return Withdrawn() if self.withdrawn else _over(self.all[0])
        if not self.begun or all(isinstance(member.outcome, Refused) for member in self.all):
            refused = [member.outcome for member in self._failures if isinstance(member.outcome, Refused)]
            return refused[0] if refused else Withdrawn()
        ends = [(member, _exit(member)) for member in self._failures]
        member, ended = next((each for each in ends if each[1].kind is ExitKind.LOST), ends[0])
        if self.several:
            ended = replace(ended, part=self.ranks(member).capitalize())
        if ended.kind is ExitKind.LOST:
            of = f"{self.ranks(member)}: " if self.several else ""
            reason = f"{of}{ended.reason} (node {member.address} of the Ray cluster)"
            ended = replace(ended, part="", reason=reason)
        return Over(ended)

    def ranks(self, member: Member) -> str:
        """Return which ranks a member has, in words."""
        first = member.index * self._processes
        last = first + self._processes - 1
        if first == last:
            return f"rank {first}"
        return f"ranks {first} {'and' if last == first + 1 else 'to'} {last}"


def _over(member: Member) -> Over:
    assert isinstance(member.outcome, Over)
    return member.outcome


def _exit(member: Member) -> Exit:
    """Return how a member ended that was told to begin."""
    match member.outcome:
        case Over(exit=ended, killed=True):
            return replace(ended, kind=ExitKind.LOST, code=0, reason=ended.reason or "its Ray worker was ended")
        case Over(exit=ended):
            return ended
        case Refused(reason=reason):
            return Exit(ExitKind.LOST, reason=f"it could not be started, while others were: {reason}")
        case _:
            return Exit(ExitKind.LOST, reason="it was not started, while others were")
