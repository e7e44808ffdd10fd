"""What a stream is about: a node of an execution, or one attempt of it."""

from dataclasses import dataclass, replace
from typing import Final

from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, TaskExecutionIdentifier, WorkflowExecutionIdentifier

from livedeck.errors import InvalidName
from livedeck.store import layout

ALL_RANKS: Final = f"{layout.RANK}all"
"""What follows a node's name where the Decks of all processes of its gang are shown as one."""


@dataclass(frozen=True)
class ExecutionKey:
    """An execution, as what holds the Decks of all its tasks."""

    project: str
    domain: str
    name: str

    @property
    def id(self) -> WorkflowExecutionIdentifier:
        """Flyte's id of the execution."""
        return WorkflowExecutionIdentifier(project=self.project, domain=self.domain, name=self.name)

    @property
    def path(self) -> str:
        """``project/domain/name``, as in URLs."""
        return f"{self.project}/{self.domain}/{self.name}"

    def check(self) -> None:
        """See that its objects can lie anywhere.

        Raises:
            InvalidName: A part is no name.
        """
        layout.execution_prefix(self.project, self.domain, self.name)


@dataclass(frozen=True)
class NodeKey:
    """A node of an execution, or an item of an array node."""

    project: str
    domain: str
    execution: str
    node: str
    """The node's id, or the item's name (``n0:17``); of a process of a gang with its rank (``n0@1``)."""

    @property
    def whole(self) -> "NodeKey":
        """The node or item, whichever of its processes this is."""
        return replace(self, node=layout.split_rank(self.node)[0])

    @property
    def rank(self) -> int:
        """Which process of a gang; 0 for the node or item itself.

        Raises:
            InvalidName: It is no number.
        """
        return layout.split_rank(self.node)[1]

    @property
    def item(self) -> int | None:
        """The number of the item; None: it is a node.

        Raises:
            InvalidName: It is no number.
        """
        return layout.split_item(self.whole.node)[1]

    @property
    def of_record(self) -> "NodeKey":
        """The node that is on record: itself, or the array node that it is an item of."""
        return replace(self, node=layout.split_item(self.whole.node)[0])

    @property
    def execution_id(self) -> WorkflowExecutionIdentifier:
        """Flyte's id of the execution."""
        return WorkflowExecutionIdentifier(project=self.project, domain=self.domain, name=self.execution)

    @property
    def node_id(self) -> NodeExecutionIdentifier:
        """Flyte's id of the node execution."""
        return NodeExecutionIdentifier(node_id=self.whole.node, execution_id=self.execution_id)

    def attempt(self, number: int) -> "DeckKey":
        """Return the key of one of its attempts, from 0."""
        return DeckKey(self.project, self.domain, self.execution, self.node, number)


@dataclass(frozen=True)
class DeckKey:
    """One attempt of a node: what has a Deck and a log."""

    project: str
    domain: str
    execution: str
    node: str
    number: int

    @classmethod
    def of(cls, source: TaskExecutionIdentifier) -> "DeckKey":
        """Return the key of the attempt with Flyte's id."""
        node = source.node_execution_id
        run = node.execution_id
        return cls(run.project, run.domain, run.name, node.node_id, source.retry_attempt)

    def of_rank(self, rank: int) -> "DeckKey":
        """Return the key of a process of the attempt's gang."""
        return replace(self, node=layout.rank_name(layout.split_rank(self.node)[0], rank))

    @classmethod
    def at(cls, path: str) -> "DeckKey":
        """Return the key that has a path."""
        project, domain, execution, node, number = path.split("/")
        return cls(project, domain, execution, node, int(number))

    @property
    def of_node(self) -> NodeKey:
        """The node that it is an attempt of."""
        return NodeKey(self.project, self.domain, self.execution, self.node)

    @property
    def of_execution(self) -> ExecutionKey:
        """The execution that it is a part of."""
        return ExecutionKey(self.project, self.domain, self.execution)

    def below(self, folder: str) -> str:
        """Return where its objects lie, as a key of the root store.

        Args:
            folder: That of its execution.

        Raises:
            InvalidName: The node or the attempt is none.
        """
        return layout.attempt_prefix(folder, self.node, self.number)

    def check(self) -> None:
        """See that its objects can lie anywhere.

        Raises:
            InvalidName: A part is no name.
        """
        self.below(layout.execution_prefix(self.project, self.domain, self.execution))

    @property
    def path(self) -> str:
        """``project/domain/execution/node/attempt``, as in URLs."""
        return f"{self.project}/{self.domain}/{self.execution}/{self.node}/{self.number}"


@dataclass(frozen=True)
class RanksKey:
    """The Decks of all processes of a gang, as one."""

    of_node: NodeKey
    attempt: int | None
    """None: the newest, and those that follow."""

    @classmethod
    def of(cls, node: NodeKey, attempt: int | None) -> "RanksKey | None":
        """Return what a node's name stands for that ends in `ALL_RANKS`; None: it is another."""
        if not node.node.endswith(ALL_RANKS):
            return None
        return cls(replace(node, node=node.node.removesuffix(ALL_RANKS)), attempt)

    @property
    def of_execution(self) -> ExecutionKey:
        """The execution that it is a part of."""
        return ExecutionKey(self.of_node.project, self.of_node.domain, self.of_node.execution)

    @property
    def path(self) -> str:
        """``project/domain/execution/node@all/attempt``, as in URLs."""
        attempt = "latest" if self.attempt is None else self.attempt
        return f"{self.of_execution.path}/{self.of_node.node}{ALL_RANKS}/{attempt}"


def parse_attempt(text: str) -> int | None:
    """Return an attempt's number, or None for ``latest``.

    Raises:
        InvalidName: It is neither.
    """
    if text == "latest":
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise InvalidName(f"attempt {text[:40]!r} is not allowed: use a number from 0, or 'latest'")
    return int(text)


def parse_event_id(text: str | None) -> tuple[int, int] | None:
    """Return attempt and seq of a Deck event's id; None when it is absent or of another form."""
    attempt, dot, seq = (text or "").partition(".")
    if not dot or not all(part.isascii() and part.isdigit() and len(part) <= 12 for part in (attempt, seq)):
        return None
    return int(attempt), int(seq)
