"""The table of every state that a viewer can meet a Deck in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flyteidl.admin.execution_pb2 import Execution
from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core.execution_pb2 import NodeExecution as N
from flyteidl.core.execution_pb2 import TaskExecution as K
from flyteidl.core.execution_pb2 import WorkflowExecution as W

from livedeck.admin.live.messages import DeckPhase
from livedeck.admin.live.states import (
    NodeRecord,
    Published,
    Trouble,
    deck_state,
    is_over,
    may_print,
    may_publish,
    node_is_over,
)
from livedeck.deck.ops import End
from livedeck.deck.settings import FLUSH_PENDING
from livedeck.executors.api import Queued

NOW = datetime(2026, 11, 24, 12, 0, 0, 250_000, UTC)
AT = "2026-11-24T11:59:59.000Z"
PLACEHOLDER = Published(0, AT)
SOME = Published(3, AT)
FOREIGN = Published(at=AT, foreign=True)


def ended(outcome: str) -> Published:
    return Published(4, AT, End(outcome, AT))  # type: ignore[arg-type]


def execution(phase: Any = W.RUNNING, cause: str = "") -> Execution:
    made = Execution()
    made.closure.phase = phase
    if cause:
        made.closure.abort_metadata.cause = cause
    return made


def node(phase: Any = N.RUNNING, *, deck: bool = True, error: str = "", **more: Any) -> NodeExecution:
    made = NodeExecution(**more)
    made.closure.phase = phase
    made.closure.deck_uri = "file:///deck.html" if deck else ""
    if phase not in {N.QUEUED, N.SKIPPED, N.UNDEFINED}:
        made.closure.started_at.FromDatetime(NOW)
    if error:
        made.closure.error.message = error
    return made


def task(phase: int = K.RUNNING, attempt: int = 0, error: str = "", reason: str = "") -> TaskExecution:
    made = TaskExecution(closure={"phase": phase})
    made.id.retry_attempt = attempt
    if phase not in {K.QUEUED, K.WAITING_FOR_RESOURCES}:
        made.closure.started_at.FromDatetime(NOW)
        made.closure.duration.FromSeconds(2)
    if error:
        made.closure.error.message = error
    if reason:
        made.closure.reasons.add(message=reason)
    return made


def recorded(node: NodeExecution | None = None, *tasks: TaskExecution, run: Execution | None = None) -> NodeRecord:
    return NodeRecord(run or execution(), node, tasks)


CACHED = NodeExecution()
CACHED.closure.phase = N.SUCCEEDED
CACHED.closure.task_node_metadata.cache_status = 1 * 2  # type: ignore[assignment]  # CACHE_HIT
CACHED.closure.task_node_metadata.catalog_key.source_task_execution.retry_attempt = 1
_SOURCE = CACHED.closure.task_node_metadata.catalog_key.source_task_execution.node_execution_id
_SOURCE.node_id = "n0"
_SOURCE.execution_id.project, _SOURCE.execution_id.domain, _SOURCE.execution_id.name = "p", "d", "e"
RECOVERED = NodeExecution()
RECOVERED.closure.phase = N.RECOVERED
RECOVERED.closure.task_node_metadata.catalog_key.CopyFrom(CACHED.closure.task_node_metadata.catalog_key)
CACHED_UNKNOWN = NodeExecution()
CACHED_UNKNOWN.closure.task_node_metadata.cache_status = 2  # type: ignore[assignment]

NO_ROOM = task(K.WAITING_FOR_RESOURCES, reason="waits for 2 CPUs of 4")
NO_ROOM_FOR_RETRY = task(K.WAITING_FOR_RESOURCES, 1, reason="waits for 2 CPUs of 4")
NEVER_RAN = NodeExecution(closure={"phase": N.ABORTED})
ABORTED_IN_QUEUE = TaskExecution(closure={"phase": K.ABORTED})

P = DeckPhase
TABLE = [
    # what                              recorded                              published          phase    words
    ("no node yet", recorded(), None, P.QUEUED, ""),
    ("node queued", recorded(node(N.QUEUED, deck=False)), None, P.QUEUED, ""),
    ("node runs", recorded(node()), None, P.WAITING, ""),
    ("task queued", recorded(node(N.QUEUED, deck=False), task(K.QUEUED)), None, P.QUEUED, ""),
    ("no room", recorded(node(N.QUEUED, deck=False), NO_ROOM), None, P.QUEUED, "waits for 2 CPUs"),
    ("retry queued", recorded(node(), task(K.FAILED), task(K.QUEUED, 1)), None, P.QUEUED, "", 1),
    ("no room for a retry", recorded(node(), task(K.FAILED), NO_ROOM_FOR_RETRY), None, P.QUEUED, "2 CPUs", 1),
    ("the first of two", recorded(node(), task(K.FAILED), task(K.QUEUED, 1)), SOME, P.DIED, "without a word"),
    ("aborted in the queue", recorded(NEVER_RAN, ABORTED_IN_QUEUE), None, P.NONE, "never ran"),
    ("task runs", recorded(node(), task()), None, P.WAITING, ""),
    ("placeholder", recorded(node(), task()), PLACEHOLDER, P.PLACEHOLDER, ""),
    ("placeholder before the event", recorded(node(), task(K.QUEUED)), PLACEHOLDER, P.PLACEHOLDER, ""),
    ("live", recorded(node(), task()), SOME, P.LIVE, ""),
    ("live, not recorded yet", recorded(node(N.QUEUED)), SOME, P.LIVE, ""),
    ("foreign", recorded(node(), task()), FOREIGN, P.LIVE, ""),
    ("its end comes first", recorded(node(), task()), ended("succeeded"), P.SUCCEEDED, ""),
    ("its failed end comes first", recorded(node(), task()), ended("failed"), P.FAILED, ""),
    ("succeeded", recorded(node(N.SUCCEEDED), task(K.SUCCEEDED)), ended("succeeded"), P.SUCCEEDED, ""),
    ("foreign succeeded", recorded(node(N.SUCCEEDED), task(K.SUCCEEDED)), FOREIGN, P.SUCCEEDED, ""),
    ("failed", recorded(node(N.FAILED), task(K.FAILED, error="boom")), ended("failed"), P.FAILED, "boom"),
    ("aborted", recorded(node(N.ABORTED), task(K.ABORTED)), ended("aborted"), P.ABORTED, ""),
    ("aborted in haste", recorded(node(N.ABORTED), task(K.ABORTED)), SOME, P.ABORTED, "no time"),
    (
        "aborted with a cause",
        recorded(node(N.ABORTED), task(K.ABORTED), run=execution(W.ABORTED, "wrong data")),
        ended("aborted"),
        P.ABORTED,
        "wrong data",
    ),
    ("died", recorded(node(N.FAILED), task(K.FAILED, error="signal 9")), SOME, P.DIED, "last publish. signal 9"),
    ("died at once", recorded(node(N.FAILED), task(K.FAILED)), PLACEHOLDER, P.DIED, "before it published"),
    ("end lost", recorded(node(N.SUCCEEDED), task(K.SUCCEEDED)), SOME, P.DIED, "never reached the store"),
    ("died, node told", recorded(node(N.FAILED, error="lost"), task()), SOME, P.DIED, "lost"),
    ("died, execution told", recorded(node(), task(), run=execution(W.FAILED)), SOME, P.DIED, "without a word"),
    ("node timed out", recorded(node(N.TIMED_OUT), task()), ended("aborted"), P.FAILED, ""),
    ("replaced", recorded(node(), task(), task(K.RUNNING, 1)), SOME, P.DIED, "Another attempt"),
    ("retried", recorded(node(), task(K.FAILED, error="no"), task(K.RUNNING, 1)), ended("failed"), P.FAILED, "no"),
    ("cached", recorded(CACHED), ended("succeeded"), P.CACHED, "cache"),
    ("recovered", recorded(RECOVERED), ended("failed"), P.RECOVERED, "recovered"),
    ("recovered, of no Deck", recorded(RECOVERED), None, P.NONE, "no Deck"),
    ("recovered, from nobody knows where", recorded(node(N.RECOVERED)), None, P.NONE, "no Deck"),
    ("cached, still no Deck", recorded(CACHED), None, P.NONE, "has no Deck"),
    ("cached, source unknown", recorded(CACHED_UNKNOWN), None, P.NONE, "does not say"),
    ("not asked for", recorded(node(deck=False), task()), None, P.NONE, "on its Deck yet, or"),
    ("not asked for, over", recorded(node(N.SUCCEEDED, deck=False), task(K.SUCCEEDED)), None, P.NONE, "put nothing"),
    ("asked for, but too late", recorded(node(N.FAILED), task(K.FAILED)), None, P.NONE, "before its Deck was written"),
    ("skipped", recorded(node(N.SKIPPED, deck=False)), None, P.NONE, "skipped"),
    ("never ran", recorded(run=execution(W.ABORTED, "enough")), None, P.NONE, "never ran. enough"),
    ("a parent", recorded(node(deck=False, metadata={"is_parent_node": True})), None, P.NONE, "other nodes"),
    (
        "a parent, over",
        recorded(node(N.SUCCEEDED, deck=False, metadata={"is_array": True})),
        None,
        P.NONE,
        "other nodes",
    ),
    ("a folder", recorded(node(), run=Execution()), SOME, P.UNKNOWN, ""),
    ("a folder, ended", recorded(node(), run=Execution()), ended("failed"), P.FAILED, ""),
    ("no task", recorded(node(N.SUCCEEDED, deck=False)), None, P.NONE, "no task"),
]


@pytest.mark.parametrize(
    ("recorded", "published", "phase", "words", "attempt"),
    [row[1:] if len(row) == 6 else (*row[1:], 0) for row in TABLE],
    ids=[row[0] for row in TABLE],  # type: ignore[misc]
)
def test_table(recorded: Any, published: Any, phase: Any, words: Any, attempt: Any) -> None:
    state = deck_state(attempt, recorded, published, None, NOW)
    assert state.phase is phase
    assert words in state.reason
    assert bool(words) == bool(state.reason)
    assert state.now == "2026-11-24T12:00:00.250Z"
    assert state.foreign == (published is FOREIGN)
    assert state.source == ("p/d/e/n0/1" if phase in {P.CACHED, P.RECOVERED} else None)


def test_every_phase_is_in_the_table_or_below() -> None:
    assert {row[3] for row in TABLE} | {P.BEHIND, P.FINISHING} == set(P)


def test_behind() -> None:
    trouble = Trouble(3.21, "it keeps trying")
    state = deck_state(0, recorded(node(), task()), SOME, trouble, NOW)
    assert (state.phase, state.behind, state.reason) == (P.BEHIND, 3.2, "it keeps trying")
    before = deck_state(0, recorded(node(), task()), None, trouble, NOW)
    assert (before.phase, before.reason) == (P.WAITING, "it keeps trying")
    over = deck_state(0, recorded(node(N.SUCCEEDED), task(K.SUCCEEDED)), ended("succeeded"), trouble, NOW)
    assert (over.phase, over.behind) == (P.SUCCEEDED, 0.0)


def test_what_could_not_be_read_is_not_called_missing() -> None:
    trouble = Trouble(3.2, "The Deck cannot be read at the moment: throttled", unread=True)
    over = recorded(node(N.FAILED), task(K.FAILED))
    state = deck_state(0, over, None, trouble, NOW)
    assert (state.phase, state.reason) == (P.NONE, trouble.reason)
    publishing = deck_state(0, over, None, Trouble(3.2, "it keeps trying"), NOW)
    assert "before its Deck was written" in publishing.reason


def test_attempts_and_times() -> None:
    both = recorded(node(), task(K.FAILED), task(K.RUNNING, 1))
    first, second = (deck_state(number, both, SOME, None, NOW) for number in (0, 1))
    assert (first.attempt, first.attempts, first.ended_at) == (0, 2, "2026-11-24T12:00:02.250Z")
    assert (second.attempt, second.attempts, second.ended_at) == (1, 2, None)
    assert second.started_at == "2026-11-24T12:00:00.250Z"
    assert second.published_at == AT
    assert deck_state(0, recorded(), None, None, NOW).attempts == 0
    assert deck_state(0, recorded(node(), task()), PLACEHOLDER, None, NOW).published_at is None


def flushing(phase: int = K.SUCCEEDED, *, since: float = 5.0, error: str = "") -> TaskExecution:
    """An attempt whose process went on when its result was stored, so many seconds ago."""
    made = task(phase, error=error)
    made.closure.custom_info.update({FLUSH_PENDING: True})
    made.closure.updated_at.FromDatetime(NOW - timedelta(seconds=since))
    return made


FLUSHING = [
    # what                    node's phase  attempt                          published           phase        words
    ("a moment ago", N.SUCCEEDED, flushing(since=0.2), SOME, P.LIVE, ""),
    ("a moment ago, no page yet", N.SUCCEEDED, flushing(since=0.2), None, P.WAITING, ""),
    ("finishing", N.SUCCEEDED, flushing(), SOME, P.FINISHING, "The task succeeded; its last changes are still"),
    ("finishing, no page yet", N.SUCCEEDED, flushing(), None, P.FINISHING, "still being uploaded"),
    ("finishing a failure", N.FAILED, flushing(K.FAILED, error="no"), SOME, P.FINISHING, "The task failed; its last"),
    ("another attempt runs", N.RUNNING, flushing(K.FAILED, error="no"), SOME, P.FINISHING, "The task failed"),
    ("its end is there", N.SUCCEEDED, flushing(), ended("succeeded"), P.SUCCEEDED, ""),
    ("its failed end is there", N.FAILED, flushing(K.FAILED, error="no"), ended("failed"), P.FAILED, "no"),
    ("a foreign page", N.SUCCEEDED, flushing(), FOREIGN, P.SUCCEEDED, ""),
    ("its time is over", N.SUCCEEDED, flushing(since=36), SOME, P.DIED, "never reached the store"),
    ("its time is over, no page", N.SUCCEEDED, flushing(since=36), None, P.NONE, "before its Deck was written"),
]


@pytest.mark.parametrize(
    ("phase", "attempt", "published", "shown", "words"), [row[1:] for row in FLUSHING], ids=[r[0] for r in FLUSHING]
)
def test_a_deck_whose_end_is_on_its_way(phase: Any, attempt: Any, published: Any, shown: Any, words: Any) -> None:
    state = deck_state(0, recorded(node(phase), attempt), published, None, NOW)
    assert state.phase is shown
    assert words in state.reason
    assert bool(words) == bool(state.reason)


def test_a_deck_whose_end_does_not_get_through_says_so() -> None:
    state = deck_state(0, recorded(node(N.SUCCEEDED), flushing()), SOME, Trouble(3.0, "It keeps trying."), NOW)
    assert state.phase is P.FINISHING
    assert state.reason.endswith("It keeps trying.")


def test_who_may_publish() -> None:
    assert may_publish(0, recorded(node(), task()), NOW)
    assert may_publish(0, recorded(node(N.SUCCEEDED), flushing()), NOW)
    assert not may_publish(0, recorded(node(N.SUCCEEDED), flushing(since=36)), NOW)
    assert not may_publish(0, recorded(node(N.SUCCEEDED), task(K.SUCCEEDED)), NOW)
    assert not may_publish(0, recorded(run=execution(W.ABORTED)), NOW)


def test_who_may_print() -> None:
    assert may_print(0, recorded(node(), task()), NOW)
    assert may_print(0, recorded(node(N.SUCCEEDED), flushing(since=1)), NOW)
    assert not may_print(0, recorded(node(N.SUCCEEDED), flushing(since=3)), NOW)
    assert not may_print(0, recorded(node(N.SUCCEEDED), task(K.SUCCEEDED)), NOW)


def test_who_is_over() -> None:
    assert not is_over(0, recorded(node(), task()))
    assert is_over(0, recorded(node(), task(K.FAILED)))
    assert not node_is_over(recorded(node(), task(K.FAILED)))
    assert node_is_over(recorded(node(N.FAILED), task(K.FAILED)))
    assert node_is_over(recorded(None, run=execution(W.ABORTED)))
    assert not node_is_over(recorded(None, run=execution(W.ABORTING)))


def test_an_error_of_a_megabyte_is_cut() -> None:
    state = deck_state(0, recorded(node(N.FAILED), task(K.FAILED, error="x" * 10**6)), SOME, None, NOW)
    assert len(state.reason) == 2000


def test_what_holds_it_back_now_goes_before_what_was_recorded() -> None:
    waits = recorded(node(N.QUEUED, deck=False), NO_ROOM)
    state = deck_state(0, waits, None, None, NOW, queued=Queued(3, "waits for 1 GPU"))
    assert (state.phase, state.reason, state.ahead) == (P.QUEUED, "waits for 1 GPU", 3)
    runs = deck_state(0, recorded(node(), task()), SOME, None, NOW, queued=Queued(3, "waits for 1 GPU"))
    assert (runs.phase, runs.reason, runs.ahead) == (P.LIVE, "", None)
