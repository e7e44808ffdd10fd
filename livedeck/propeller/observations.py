"""What the shell has found out about an execution's nodes and attempts, beyond their phases."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from flyteidl.core.catalog_pb2 import CatalogCacheStatus, CatalogReservation
from flyteidl.core.identifier_pb2 import TaskExecutionIdentifier, WorkflowExecutionIdentifier
from flyteidl.event.event_pb2 import DynamicWorkflowNodeMetadata, TaskNodeMetadata

from livedeck.propeller.plan import Path
from livedeck.propeller.recovery import RecordedNode


@dataclass(frozen=True)
class Source:
    """The node of another execution that a recovered node comes from."""

    deck_uri: str
    """URI of the attempt's Deck; empty: it has none."""
    cached: TaskNodeMetadata | None
    """What is on record of the outputs of a task's node; its catalog key names the attempt that made them."""
    child: WorkflowExecutionIdentifier | None
    """The execution that it has started."""


@dataclass
class Observations:
    """What is known of the nodes and attempts of one execution."""

    outputs: dict[Path, str] = field(default_factory=dict)
    """Where the outputs of nodes lie."""
    began: dict[Path, datetime] = field(default_factory=dict)
    """When a node began to run."""
    cached_from: dict[Path, TaskExecutionIdentifier] = field(default_factory=dict)
    """Which attempt the outputs of a node were taken from."""
    cache_status: "dict[Path, CatalogCacheStatus]" = field(default_factory=dict)
    """What the cache said about a node."""
    reservation_status: "dict[Path, CatalogReservation.Status]" = field(default_factory=dict)
    """What came of reserving a node's outputs (Flyte's ``cache_serializable``)."""
    handles: dict[tuple[Path, int], str] = field(default_factory=dict)
    """What the executor calls an attempt."""
    started: dict[tuple[Path, int], datetime] = field(default_factory=dict)
    """When an attempt was seen to start."""
    ended: dict[tuple[Path, int], datetime] = field(default_factory=dict)
    """When its result was stored or its process ended, which may be long before an engine hears of it."""
    flushing: set[tuple[Path, int]] = field(default_factory=set)
    """Attempts whose process went on when their result was stored."""
    decks: dict[tuple[Path, int], str] = field(default_factory=dict)
    """Where the Deck of an attempt lies whose task does not say whether it has one, and that has."""
    recovered_from: dict[Path, Source] = field(default_factory=dict)
    """What a node was taken from that has succeeded in the execution that this one recovers."""
    children: dict[Path, WorkflowExecutionIdentifier] = field(default_factory=dict)
    """Which execution a node has started."""
    compiled: dict[tuple[Path, int], DynamicWorkflowNodeMetadata] = field(default_factory=dict)
    """The nodes that an attempt has left to be run in its place."""

    def latest_deck(self, path: Path, number: int) -> str:
        """Return where the newest such Deck lies of a node's attempts up to one; empty: there is none."""
        decks = (self.decks.get((path, each)) for each in range(number, -1, -1))
        return next((deck for deck in decks if deck), "")

    def seconds_left(self, path: Path, limit: timedelta) -> float:
        """Return how much is left of a time that counts from when the node began to run, whichever engine saw that.

        No time is added to the moment: of a limit that ends behind the last year there is, all is left.
        """
        now = datetime.now(UTC)
        return limit.total_seconds() - (now - self.began.setdefault(path, now)).total_seconds()

    def add_recorded(self, nodes: Iterable[tuple[Path, RecordedNode]]) -> None:
        """Take over what is on record."""
        for path, record in nodes:
            if record.output_uri:
                self.outputs[path] = record.output_uri
            if record.started_at is not None:
                self.began[path] = record.started_at
            for number, attempt in record.attempts.items():
                if attempt.started_at is not None:
                    self.started[path, number] = attempt.started_at
