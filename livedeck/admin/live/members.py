"""The attempts of an execution that have Decks, as they are recorded: what is followed together."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final, Protocol, Self

from flyteidl.admin.execution_pb2 import Execution
from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core.identifier_pb2 import TaskExecutionIdentifier

from livedeck.admin.feed import Change
from livedeck.admin.live.changes import ChangeFollower, Subscription
from livedeck.admin.live.keys import DeckKey, ExecutionKey
from livedeck.admin.live.messages import DeckPhase
from livedeck.admin.live.states import EXECUTION_ENDS, NODE_ENDS, TASK_ENDS, NodeRecord, cached_source
from livedeck.admin.notifiers import Notifier
from livedeck.admin.records import gangs, items
from livedeck.deck.settings import FLUSH_PENDING
from livedeck.store.layout import ITEM, rank_name, split_rank

Snapshot = Callable[[str, str, str], Awaitable[tuple[list[Change], int]]]
"""From project, domain and name of an execution to all that is recorded of it, and the number that it is valid at."""

_MAPPED: Final = re.compile(r"map_(.+)_[0-9a-f]{32}(?:-arraynode)?")


@dataclass(frozen=True)
class Member:
    """An attempt that has a Deck."""

    node: str
    """The node's id, or the name of an item of an array node; of a process of a gang with its rank."""
    attempt: int
    task: str
    """What it is called among the tasks of the execution: no two nodes have the same name."""
    shown: DeckKey
    """Whose Deck it is: its own, or that of the run whose outputs it took from the cache."""
    over: bool
    """Whether it publishes no more."""
    flushing: bool
    """Whether its process went on when its result was stored, for the end of its Deck."""


def _short(task: str) -> str:
    """The name of a task's function, also of one that is mapped: flytekit names what a map runs after it."""
    name = task.rpartition(".")[2]
    mapped = _MAPPED.fullmatch(name)
    return mapped[1] if mapped else name


class Members(Protocol):
    """Attempts whose Decks are followed together."""

    @property
    def deleted(self) -> bool:
        """Whether the execution was deleted since."""

    @property
    def over(self) -> bool:
        """Whether no more is to come."""

    @property
    def outcome(self) -> DeckPhase | None:
        """How all that they are part of has ended; None: it has not."""

    def refresh(self) -> list[Member]:
        """Take in what changed; return the attempts that are new, or of which something is known that was not."""


@dataclass
class _Node:
    """What is recorded of a node."""

    deck: bool = False
    source: TaskExecutionIdentifier | None = None
    outcome: DeckPhase | None = None
    """How it has ended."""


@dataclass(frozen=True)
class _Attempt:
    """What is recorded of an attempt."""

    task: str
    outcome: DeckPhase | None
    """How it has ended."""
    flushing: bool
    deck: bool
    """Of an item: whether it has a Deck."""
    ranks: int
    """How many of its processes have Decks."""
    source: TaskExecutionIdentifier | None


class ExecutionMembers:
    """The attempts of an execution that have Decks. `follow` makes one; `refresh` brings it up to date at once."""

    def __init__(self, key: ExecutionKey, subscription: Subscription) -> None:
        self.deleted = False
        """The execution was deleted since."""
        self.outcome: DeckPhase | None = None
        """How the execution has ended."""
        self._key = key
        self._subscription = subscription
        self._number = 0
        self._first: list[Change] = []
        self._nodes: dict[str, _Node] = {}
        self._attempts: dict[str, dict[int, _Attempt]] = {}

    @classmethod
    @asynccontextmanager
    async def follow(
        cls, changes: ChangeFollower, snapshot: Snapshot, key: ExecutionKey, arrived: Notifier
    ) -> AsyncIterator[Self]:
        """Follow an execution; ``arrived`` is fired whenever a `refresh` would bring something new."""
        scope = (key.project, key.domain, key.name)
        async with changes.subscribe(lambda change: change.key[:3] == scope, arrived) as subscription:
            made = cls(key, subscription)
            made._first, made._number = await snapshot(*scope)
            yield made

    @property
    def over(self) -> bool:
        """Whether the execution has ended."""
        return self.outcome is not None

    def node_over(self, name: str) -> bool:
        """Tell whether no other attempt of a node or item will follow."""
        node = self._nodes.get(name.partition(ITEM)[0])
        return self.over or (node is not None and node.outcome is not None)

    def outcome_of(self, name: str, number: int | None) -> DeckPhase | None:
        """Tell how an attempt of a node or item has ended, the newest if none is named; None: it has not."""
        attempts, node = self._attempts.get(name, {}), self._nodes.get(name.partition(ITEM)[0])
        attempt = attempts.get(max(attempts, default=0) if number is None else number)
        ended = attempt.outcome if attempt is not None else None
        return ended or (node.outcome if node is not None else None) or self.outcome

    def refresh(self) -> list[Member]:
        """Take in what changed; return the attempts that are new, or of which something is known that was not."""
        fresh = [*self._first, *(each for each in self._subscription.take() if each.number > self._number)]
        self._first = []
        was_over = self.over
        touched: dict[str, None] = {}
        for change in fresh:
            message = change.message
            if change.kind == "deleted":
                self.deleted = True
            elif isinstance(message, Execution):
                self.outcome = EXECUTION_ENDS.get(message.closure.phase)
            elif isinstance(message, NodeExecution):
                touched[message.id.node_id] = None
                self._take_node(message)
            else:
                touched[message.id.node_execution_id.node_id] = None
                self._take_attempt(message)
        names: Iterable[str] = touched
        if self.over and not was_over:  # an attempt may be on record as running in an execution that was aborted
            names = [*self._attempts, *(name for name in touched if name not in self._attempts)]
        return [member for name in names for member in self._members(name)]

    def _take_node(self, message: NodeExecution) -> None:
        node = self._nodes.setdefault(message.id.node_id, _Node())
        node.deck = bool(message.closure.deck_uri)
        node.outcome = NODE_ENDS.get(message.closure.phase)
        node.source = cached_source(NodeRecord(Execution(), message))

    def _take_attempt(self, message: TaskExecution) -> None:
        closure = message.closure
        of_node = self._attempts.setdefault(message.id.node_execution_id.node_id, {})
        of_node[message.id.retry_attempt] = _Attempt(
            task=_short(message.id.task_id.name),
            outcome=TASK_ENDS.get(closure.phase),
            flushing=FLUSH_PENDING in closure.custom_info.fields,
            deck=items.DECK_URI in closure.custom_info.fields,
            ranks=gangs.ranks_with_decks(message),
            source=items.cached_source(message),
        )

    def _members(self, name: str) -> Iterable[Member]:
        attempts, node = self._attempts.get(name, {}), self._nodes.get(name)
        if node is not None and node.source is not None:
            yield self._member(name, max(attempts, default=0), None, node.source, over=True)
            return
        newest = max(attempts, default=0)
        for number, attempt in attempts.items():
            is_item = ITEM in name
            if attempt.deck if is_item else node is not None and node.deck:
                over = attempt.outcome is not None or number < newest or self.node_over(name)
                for rank in range(attempt.ranks if attempt.source is None else 1):
                    yield self._member(rank_name(name, rank), number, attempt, attempt.source, over=over)

    def _member(
        self, name: str, number: int, attempt: _Attempt | None, source: TaskExecutionIdentifier | None, *, over: bool
    ) -> Member:
        key = self._key
        shown = DeckKey.of(source) if source else DeckKey(key.project, key.domain, key.name, name, number)
        task = f"{attempt.task} {name}" if attempt is not None and attempt.task else name
        return Member(name, number, task, shown, over, attempt is not None and attempt.flushing)


class RankMembers:
    """The processes of a node's gang, which are called by their ranks.

    Args:
        members: All of the execution.
        node: The node's id or the item's name.
        attempt: Which attempt; None: the newest, and those that follow.
    """

    def __init__(self, members: ExecutionMembers, node: str, attempt: int | None) -> None:
        self._members = members
        self._node = node
        self._attempt = attempt
        self._over: dict[tuple[str, int], bool] = {}

    @property
    def deleted(self) -> bool:
        """Whether the execution was deleted since."""
        return self._members.deleted

    @property
    def over(self) -> bool:
        """Whether no more is to come."""
        pinned = self._attempt is not None and bool(self._over) and all(self._over.values())
        return pinned or self._members.node_over(self._node)

    @property
    def outcome(self) -> DeckPhase | None:
        """How the attempt has ended; None: it has not."""
        return self._members.outcome_of(self._node, self._attempt)

    def refresh(self) -> list[Member]:
        """Take in what changed; return the processes that are new, or of which something is known that was not."""
        found = []
        for member in self._members.refresh():
            node, rank = split_rank(member.node)
            if node == self._node and self._attempt in (None, member.attempt):
                self._over[member.node, member.attempt] = member.over
                found.append(replace(member, task=f"rank {rank}"))
        return found
