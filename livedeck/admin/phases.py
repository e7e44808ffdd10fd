"""Which phase may follow which: the only place that decides what a reported event does.

Each table holds, per phase that an entity stands in, the phases that an event may move it to. What is not in the
table is judged by rank: the same phase again is a repeat, a phase that lies behind is late, and nothing leads out of
a terminal phase. The rules are flyteadmin's.
"""

import enum
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from flyteidl.core.execution_pb2 import NodeExecution, TaskExecution, WorkflowExecution

W = WorkflowExecution
N = NodeExecution
K = TaskExecution


class Verdict(enum.Enum):
    """What to do with an event."""

    APPLY = "apply"
    """The event is news: record it."""
    REPEAT = "repeat"
    """That phase was recorded before. ALREADY_EXISTS on the wire; changes nothing."""
    LATE = "late"
    """The entity has moved past it meanwhile. FAILED_PRECONDITION on the wire; nothing for a lease holder, who
    could not know (somebody asked to abort while its event was on the way)."""
    OVER = "over"
    """The entity is in a terminal phase. FAILED_PRECONDITION."""


class Rules(NamedTuple):
    """The phases of one kind of entity."""

    next: Mapping[int, AbstractSet[int]]
    """From where to where. A phase that leads nowhere is terminal."""
    active: AbstractSet[int]
    """Phases that may be reported again when the event says something new (a Deck's URI, a later phase version)."""

    @property
    def terminal(self) -> AbstractSet[int]:
        """Phases that nothing leads out of."""
        return {phase for phase, following in self.next.items() if not following}


_W_ENDS: Final = frozenset({W.SUCCEEDED, W.FAILED, W.ABORTED, W.TIMED_OUT})
_N_ENDS: Final = frozenset({N.SUCCEEDED, N.FAILED, N.ABORTED, N.SKIPPED, N.TIMED_OUT, N.RECOVERED})
_K_ENDS: Final = frozenset({K.SUCCEEDED, K.ABORTED, K.FAILED, K.RETRYABLE_FAILED})
_NONE: Final[frozenset[int]] = frozenset()

WORKFLOW: Final = Rules(
    next={
        W.UNDEFINED: _W_ENDS | {W.QUEUED, W.RUNNING, W.SUCCEEDING, W.FAILING, W.ABORTING},
        W.QUEUED: _W_ENDS | {W.RUNNING, W.SUCCEEDING, W.FAILING, W.ABORTING},
        W.RUNNING: _W_ENDS | {W.SUCCEEDING, W.FAILING, W.ABORTING},
        W.SUCCEEDING: _W_ENDS | {W.FAILING, W.ABORTING},
        W.FAILING: _W_ENDS | {W.ABORTING},
        # An execution may finish on its own between the wish to abort it and the engine hearing of that.
        W.ABORTING: _W_ENDS,
        **dict.fromkeys(_W_ENDS, _NONE),
    },
    active=_NONE,
)

NODE: Final = Rules(
    next={
        N.UNDEFINED: _N_ENDS | {N.QUEUED, N.RUNNING, N.DYNAMIC_RUNNING, N.FAILING},
        N.QUEUED: _N_ENDS | {N.RUNNING, N.DYNAMIC_RUNNING, N.FAILING},
        N.RUNNING: _N_ENDS | {N.DYNAMIC_RUNNING, N.FAILING},
        # A dynamic task that is tried again runs anew before it has children again.
        N.DYNAMIC_RUNNING: _N_ENDS | {N.RUNNING, N.FAILING},
        N.FAILING: _N_ENDS,
        **dict.fromkeys(_N_ENDS, _NONE),
    },
    active=frozenset({N.RUNNING, N.DYNAMIC_RUNNING}),
)

_K_WAITS: Final = frozenset({K.QUEUED, K.WAITING_FOR_RESOURCES, K.INITIALIZING})

TASK: Final = Rules(
    next={
        K.UNDEFINED: _K_ENDS | _K_WAITS | {K.RUNNING},
        # Resources may come and go before it runs, so the waits lead to one another, but not back to the queue.
        K.QUEUED: _K_ENDS | {K.WAITING_FOR_RESOURCES, K.INITIALIZING, K.RUNNING},
        K.WAITING_FOR_RESOURCES: _K_ENDS | {K.INITIALIZING, K.RUNNING},
        K.INITIALIZING: _K_ENDS | {K.WAITING_FOR_RESOURCES, K.RUNNING},
        K.RUNNING: _K_ENDS,
        **dict.fromkeys(_K_ENDS, _NONE),
    },
    active=_K_WAITS | {K.RUNNING},
)

OPEN: Final = frozenset(WORKFLOW.next) - _W_ENDS
"""Phases of an execution that a propeller still has to work on."""


def judge(rules: Rules, current: int, reported: int, *, news: bool = False) -> Verdict:
    """Say what an event does to an entity.

    Args:
        rules: The kind of entity.
        current: The phase it stands in.
        reported: The phase that the event reports.
        news: The event repeats the phase but says something new (a changed Deck URI, a later phase version).
    """
    if reported in rules.next[current]:
        return Verdict.APPLY
    if reported == current:
        return Verdict.APPLY if news and current in rules.active else Verdict.REPEAT
    if current in rules.terminal:
        return Verdict.OVER
    return Verdict.LATE
