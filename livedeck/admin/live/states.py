"""Which state a viewer is shown, from everything that is known about one attempt's Deck.

One pure function: evidence in, state out. Why a Deck is in its state is put into words here; what the states
themselves are called on a page is the console's (`console/src/core/deckWords.ts`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from flyteidl.admin.execution_pb2 import Execution
from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core import catalog_pb2
from flyteidl.core import execution_pb2 as core
from flyteidl.core.identifier_pb2 import TaskExecutionIdentifier
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from livedeck.admin.live.messages import DeckPhase, DeckState
from livedeck.deck.ops import End
from livedeck.deck.settings import FLUSH_PENDING, FLUSH_TIMEOUT
from livedeck.executors.api import Queued

_K = core.TaskExecution
_N = core.NodeExecution
_W = core.WorkflowExecution
_REASON_LIMIT: Final = 2000

TASK_ENDS: Final[Mapping[int, DeckPhase]] = {
    _K.SUCCEEDED: DeckPhase.SUCCEEDED,
    _K.FAILED: DeckPhase.FAILED,
    _K.ABORTED: DeckPhase.ABORTED,
}
NODE_ENDS: Final[Mapping[int, DeckPhase]] = {
    _N.SUCCEEDED: DeckPhase.SUCCEEDED,
    _N.RECOVERED: DeckPhase.SUCCEEDED,
    _N.FAILED: DeckPhase.FAILED,
    _N.TIMED_OUT: DeckPhase.FAILED,
    _N.ABORTED: DeckPhase.ABORTED,
    _N.SKIPPED: DeckPhase.NONE,
}
EXECUTION_ENDS: Final[Mapping[int, DeckPhase]] = {
    _W.SUCCEEDED: DeckPhase.SUCCEEDED,
    _W.FAILED: DeckPhase.FAILED,
    _W.TIMED_OUT: DeckPhase.FAILED,
    _W.ABORTED: DeckPhase.ABORTED,
}
_OF_OTHER_RUNS: Final = frozenset({DeckPhase.CACHED, DeckPhase.RECOVERED})
_OUTCOMES: Final[Mapping[str, DeckPhase]] = {
    "succeeded": DeckPhase.SUCCEEDED,
    "failed": DeckPhase.FAILED,
    "aborted": DeckPhase.ABORTED,
}
_FLUSH_TIME: Final = timedelta(seconds=FLUSH_TIMEOUT + 5)
"""How long the process of an attempt whose result is stored may go on publishing, with some time to end."""
_SOON: Final = timedelta(seconds=1)
"""Time within which the end of a Deck usually follows a result: until then there is nothing to tell."""
_LAST_WORDS: Final = timedelta(seconds=2)
"""Time within which a process prints what it has to say at its end."""
_TASK_WAITS: Final = frozenset({_K.QUEUED, _K.WAITING_FOR_RESOURCES})
_NODE_RUNS: Final = frozenset({_N.RUNNING, _N.DYNAMIC_RUNNING, _N.FAILING})
_PARENT: Final = "This node holds other nodes; each of them has a Deck of its own."
_NOTHING_YET: Final = "The task has put nothing on its Deck yet, or has none (enable_deck=False)."
_NOTHING: Final = "The task has put nothing on its Deck, or has none (enable_deck=False)."
_ENDED_AS: Final[Mapping[DeckPhase, str]] = {
    DeckPhase.SUCCEEDED: "The task succeeded",
    DeckPhase.FAILED: "The task failed",
    DeckPhase.ABORTED: "The task was aborted",
}


@dataclass(frozen=True)
class NodeRecord:
    """What the control plane has recorded of a node and its attempts."""

    execution: Execution
    node: NodeExecution | None = None
    """None until the engine has reached it."""
    tasks: Sequence[TaskExecution] = ()
    """The node's attempts so far."""
    deleted: bool = False
    """The execution was deleted since: the rest is what was known before."""


@dataclass(frozen=True)
class Published:
    """What an attempt has published, as it was found in the store."""

    seq: int = 0
    """The last segment; 0: only the placeholder."""
    at: str = ""
    """When the last publish was stored: RFC 3339, UTC; empty when unknown."""
    end: End | None = None
    foreign: bool = False
    """A ``deck.html`` that is not livedeck's: complete whenever it is there."""


@dataclass(frozen=True)
class Trouble:
    """Publishes do not reach the store, or the store cannot be read."""

    seconds: float
    """Since the oldest of them."""
    reason: str
    unread: bool = False
    """Reading fails: whether anything was published is not known."""


def deck_state(
    attempt: int,
    recorded: NodeRecord,
    published: Published | None,
    trouble: Trouble | None,
    now: datetime,
    *,
    queued: Queued | None = None,
) -> DeckState:
    """Return the state that a viewer of the attempt is shown.

    Args:
        attempt: Which attempt, from 0.
        recorded: What the control plane knows.
        published: What the store holds; None: nothing.
        trouble: That publishing or reading fails at the moment, if so.
        now: The server's clock.
        queued: What holds the node back at this moment, as far as an engine here knows.
    """
    task = task_of(recorded, attempt)
    phase, reason = _phase(attempt, recorded, published, trouble, now)
    ahead = None
    if phase is DeckPhase.QUEUED and queued is not None:  # newer than what was recorded when it began to wait
        ahead, reason = queued.ahead, queued.reason
    started, ended = _span(task)
    return DeckState(
        phase=phase,
        attempt=attempt,
        attempts=max([attempt + 1 if task else 0, *(each.id.retry_attempt + 1 for each in recorded.tasks)]),
        published_at=(published.at or None) if published and (published.seq or published.foreign) else None,
        started_at=started,
        ended_at=ended,
        reason=reason[:_REASON_LIMIT],
        ahead=ahead,
        behind=round(trouble.seconds, 1) if trouble and phase is DeckPhase.BEHIND else 0.0,
        foreign=published is not None and published.foreign,
        source=source_name(cached_source(recorded)) if phase in _OF_OTHER_RUNS else None,
        now=rfc3339(now),
    )


def is_over(attempt: int, recorded: NodeRecord) -> bool:
    """Tell whether the control plane knows the attempt to be over; its process may go on, see ``may_publish``."""
    return _end(attempt, recorded) is not None


def may_publish(attempt: int, recorded: NodeRecord, now: datetime) -> bool:
    """Tell whether an attempt's process may be there and publish: it runs, or its Deck is still on its way.

    Until this is no longer so, nobody else may write to its Deck, or call it the last of it.
    """
    if not is_over(attempt, recorded):
        return True
    task = task_of(recorded, attempt)
    return task is not None and _since_result(task, now) < _FLUSH_TIME


def may_print(attempt: int, recorded: NodeRecord, now: datetime) -> bool:
    """Tell whether more of an attempt's output may come: it runs, or its process went on and just now ends.

    That a Deck's last flush fails is printed later than that; the log has it when it is opened again.
    """
    if not is_over(attempt, recorded):
        return True
    task = task_of(recorded, attempt)
    return task is not None and _since_result(task, now) < _LAST_WORDS


def node_is_over(recorded: NodeRecord) -> bool:
    """Tell whether no further attempt will come."""
    node = recorded.node
    return (node is not None and node.closure.phase in NODE_ENDS) or _execution_is_over(recorded)


def task_of(recorded: NodeRecord, attempt: int) -> TaskExecution | None:
    """Return the record of one attempt."""
    return next((task for task in recorded.tasks if task.id.retry_attempt == attempt), None)


def latest_attempt(recorded: NodeRecord) -> int:
    """Return the number of the newest attempt; 0 before there is any."""
    return max((task.id.retry_attempt for task in recorded.tasks), default=0)


def cached_source(recorded: NodeRecord) -> TaskExecutionIdentifier | None:
    """Return the attempt whose outputs the node took, from the cache or from an execution that this one recovers."""
    if recorded.node is None:
        return None
    told = recorded.node.closure.task_node_metadata
    if not told.catalog_key.HasField("source_task_execution"):
        return None
    taken = told.cache_status == catalog_pb2.CACHE_HIT or _is_recovered(recorded.node)
    return told.catalog_key.source_task_execution if taken else None


def source_name(source: TaskExecutionIdentifier | None) -> str | None:
    """Return ``project/domain/execution/node/attempt``."""
    if source is None:
        return None
    node = source.node_execution_id
    run = node.execution_id
    return f"{run.project}/{run.domain}/{run.name}/{node.node_id}/{source.retry_attempt}"


def rfc3339(moment: datetime) -> str:
    """Return a time as RFC 3339 in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _phase(
    attempt: int, recorded: NodeRecord, published: Published | None, trouble: Trouble | None, now: datetime
) -> tuple[DeckPhase, str]:
    node = recorded.node
    if node is not None and _is_recovered(node):
        return _recovered(published)
    if node is not None and node.closure.task_node_metadata.cache_status == catalog_pb2.CACHE_HIT:
        return _cached(recorded, published)
    end = _end(attempt, recorded)
    if end is not None:
        return _over(end, attempt, recorded, published, trouble, now=now)
    if published is not None and published.end is not None:
        return _OUTCOMES[published.end.outcome], ""
    if published is None:
        before, reason = _before(attempt, recorded)
        return before, (trouble.reason if trouble and before is DeckPhase.WAITING else reason)
    return _running(recorded, published, trouble)


def _over(
    end: DeckPhase,
    attempt: int,
    recorded: NodeRecord,
    published: Published | None,
    trouble: Trouble | None,
    *,
    now: datetime,
) -> tuple[DeckPhase, str]:
    """The attempt is over; its process may still end its Deck."""
    known = published is not None or bool(recorded.node and recorded.node.closure.deck_uri)
    if known and may_publish(attempt, recorded, now) and not (published and (published.end or published.foreign)):
        return _finishing(end, attempt, recorded, published, trouble, now=now)
    if published is None and trouble is not None and trouble.unread:
        return DeckPhase.NONE, trouble.reason
    return _ended(end, attempt, recorded, published)


def _running(recorded: NodeRecord, published: Published, trouble: Trouble | None) -> tuple[DeckPhase, str]:
    if trouble is not None:
        return DeckPhase.BEHIND, trouble.reason
    if recorded.execution.closure.phase == _W.UNDEFINED:  # there is no record: a folder is looked at
        return DeckPhase.UNKNOWN, ""
    if published.seq == 0 and not published.foreign:
        return DeckPhase.PLACEHOLDER, ""
    return DeckPhase.LIVE, ""


def _finishing(
    end: DeckPhase,
    attempt: int,
    recorded: NodeRecord,
    published: Published | None,
    trouble: Trouble | None,
    *,
    now: datetime,
) -> tuple[DeckPhase, str]:
    """The result is stored, the end of the Deck is not."""
    task = task_of(recorded, attempt)
    assert task is not None  # its record is what says so
    if _since_result(task, now) < _SOON:
        return _running(recorded, published, trouble) if published is not None else (DeckPhase.WAITING, "")
    reason = f"{_ENDED_AS[end]}; its last changes are still being uploaded."
    return DeckPhase.FINISHING, f"{reason} {trouble.reason}" if trouble is not None else reason


def _since_result(task: TaskExecution, now: datetime) -> timedelta:
    """How long ago an attempt's result was stored, if its process went on; for ever, if it did not."""
    closure = task.closure
    if FLUSH_PENDING not in closure.custom_info.fields:
        return timedelta.max
    return now - closure.updated_at.ToDatetime(tzinfo=UTC)


def _before(attempt: int, recorded: NodeRecord) -> tuple[DeckPhase, str]:
    """Nothing is in the store yet."""
    node = recorded.node
    task = task_of(recorded, attempt)
    if node is None or node.closure.phase not in _NODE_RUNS:
        return DeckPhase.QUEUED, _last_reason(task)
    if _is_parent(node):
        return DeckPhase.NONE, _PARENT
    if not node.closure.deck_uri:
        return DeckPhase.NONE, _NOTHING_YET
    if task is not None and task.closure.phase in _TASK_WAITS:
        return DeckPhase.QUEUED, _last_reason(task)
    return DeckPhase.WAITING, ""


def _ended(end: DeckPhase, attempt: int, recorded: NodeRecord, published: Published | None) -> tuple[DeckPhase, str]:
    error = _error(attempt, recorded)
    if published is None:
        return DeckPhase.NONE, _no_deck(end, recorded, error)
    if published.foreign or published.end is not None:
        return end, error
    what = "after its last publish" if published.seq else "before it published anything"
    if end is DeckPhase.ABORTED:
        return DeckPhase.ABORTED, f"It was aborted and had no time to finish its Deck. {error}".strip()
    if end is DeckPhase.SUCCEEDED:
        return DeckPhase.DIED, "The task succeeded, but the end of its Deck never reached the store."
    return DeckPhase.DIED, f"It ended without a word {what}. {error}".strip()


def _no_deck(end: DeckPhase, recorded: NodeRecord, error: str) -> str:
    node = recorded.node
    if end is DeckPhase.NONE:
        return "The node was skipped: its branch was not taken."
    if node is None or not (node.closure.HasField("started_at") or _began(recorded)):
        return f"The node never ran. {error}".strip()
    if _is_parent(node):
        return _PARENT
    if not recorded.tasks:
        return "This node runs no task, so it has no Deck."
    if not node.closure.deck_uri:
        return f"{_NOTHING} {error}".strip()
    return f"{_ENDED_AS[end]} before its Deck was written. {error}".strip()


def _cached(recorded: NodeRecord, published: Published | None) -> tuple[DeckPhase, str]:
    if cached_source(recorded) is None:
        return DeckPhase.NONE, "The outputs came from the cache, which does not say what run filled it."
    if published is None:
        return DeckPhase.NONE, "The outputs came from the cache; the run that filled it has no Deck."
    return DeckPhase.CACHED, "The outputs came from the cache; this is the Deck of the run that filled it."


def _is_recovered(node: NodeExecution) -> bool:
    """Tell whether a node, or the task of a dynamic one, was not run: it had succeeded in an earlier execution."""
    told = node.closure.task_node_metadata
    source = told.catalog_key.source_task_execution.node_execution_id.execution_id
    elsewhere = bool(source.name) and source != node.id.execution_id
    return node.closure.phase == _N.RECOVERED or (elsewhere and told.cache_status != catalog_pb2.CACHE_HIT)


def _recovered(published: Published | None) -> tuple[DeckPhase, str]:
    if published is None:
        return DeckPhase.NONE, "The node was recovered; the run before has no Deck."
    return DeckPhase.RECOVERED, "The task did not run again: this is the Deck of the run that was recovered."


def _end(attempt: int, recorded: NodeRecord) -> DeckPhase | None:
    """How the attempt ended as far as the control plane knows; None while it may still go on."""
    task = task_of(recorded, attempt)
    if task is not None and task.closure.phase in TASK_ENDS:
        return TASK_ENDS[task.closure.phase]
    if attempt < latest_attempt(recorded):
        return DeckPhase.FAILED  # another was started in its place, so it is gone whatever its record says
    if recorded.node is not None and recorded.node.closure.phase in NODE_ENDS:
        return NODE_ENDS[recorded.node.closure.phase]
    return EXECUTION_ENDS.get(recorded.execution.closure.phase)


def _is_parent(node: NodeExecution) -> bool:
    """Whether the node only holds others; a dynamic one has a task, and that a Deck."""
    metadata = node.metadata
    return (metadata.is_parent_node and not metadata.is_dynamic) or metadata.is_array


def _execution_is_over(recorded: NodeRecord) -> bool:
    return recorded.execution.closure.phase in EXECUTION_ENDS


def _error(attempt: int, recorded: NodeRecord) -> str:
    task = task_of(recorded, attempt)
    if task is not None and task.closure.HasField("error"):
        return task.closure.error.message.strip()
    if attempt < latest_attempt(recorded):
        return "Another attempt was started in its place."
    if recorded.node is not None and recorded.node.closure.HasField("error"):
        return recorded.node.closure.error.message.strip()
    return recorded.execution.closure.abort_metadata.cause.strip()


def _began(recorded: NodeRecord) -> bool:
    """Whether the process of an attempt has existed."""
    return any(task.closure.HasField("started_at") for task in recorded.tasks)


def _last_reason(task: TaskExecution | None) -> str:
    if task is None:
        return ""
    reasons = task.closure.reasons
    return reasons[-1].message if reasons else str(task.closure.reason)


def _span(task: TaskExecution | None) -> tuple[str | None, str | None]:
    if task is None or not task.closure.HasField("started_at"):
        return None, None
    started = _moment(task.closure.started_at)
    if task.closure.phase not in TASK_ENDS:
        return started, None
    return started, _moment(task.closure.started_at, task.closure.duration)


def _moment(timestamp: Timestamp, plus: Duration | None = None) -> str:
    later = plus.ToTimedelta() if plus is not None else Duration().ToTimedelta()
    return rfc3339(timestamp.ToDatetime(tzinfo=UTC) + later)
