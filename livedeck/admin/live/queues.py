"""What holds back the nodes of an execution, told to those who watch it while it changes."""

import time
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from livedeck.admin.live.messages import ExecutionQueue, QueuedNode
from livedeck.admin.live.sse import event
from livedeck.executors.api import Queued

Queues = Callable[[str], Mapping[str, Queued]]
"""From an execution's key (``project/domain/name``) to what holds back its nodes now, by their ids."""

PAUSE: Final = 1.0
"""Least seconds between two ``queue`` events of a stream."""
PAUSE_EACH: Final = 0.001
"""Seconds more for each node that waits: so what a viewer is sent of the queue is bounded, however long that is."""

_encode: Final = msgspec.json.Encoder().encode


def nothing_queued(_key: str) -> Mapping[str, Queued]:
    """Where no engine runs in this process."""
    return {}


class QueueNews:
    """What one viewer of an execution is to be told of its queue. Places are looked up, never recorded.

    Args:
        queued: Returns what holds back nodes now.
        clock: Seconds that only grow.
    """

    def __init__(self, queued: Callable[[], Mapping[str, Queued]], clock: Callable[[], float] = time.monotonic) -> None:
        self._queued = queued
        self._clock = clock
        self._told: Mapping[str, Queued] = {}
        self._next = clock()
        self._due = False

    @property
    def wait(self) -> float | None:
        """Seconds until `take` may have something new although nothing was recorded; None: not before that."""
        return max(0.0, self._next - self._clock()) if self._due or self._told else None

    def take(self, *, changed: bool) -> bytes:
        """Return the event to send now, empty if there is nothing new.

        Args:
            changed: Whether something of the execution was recorded since the last call.
        """
        self._due = self._due or changed
        if not (self._due or self._told) or self._clock() < self._next:
            return b""
        self._due = False
        queued = dict(self._queued())
        self._next = self._clock() + PAUSE + PAUSE_EACH * len(queued)
        if queued == self._told:
            return b""
        self._told = queued
        return queue_event(queued)


def queue_event(queued: Mapping[str, Queued]) -> bytes:
    """Encode what holds back nodes as an event, those that come first before the others."""
    reasons = list(dict.fromkeys(each.reason for each in queued.values()))
    index = {reason: number for number, reason in enumerate(reasons)}
    ordered = sorted(queued.items(), key=lambda item: item[1].ahead)
    nodes = {node: QueuedNode(each.ahead, index[each.reason]) for node, each in ordered}
    return event("queue", _encode(ExecutionQueue(reasons, nodes)))
