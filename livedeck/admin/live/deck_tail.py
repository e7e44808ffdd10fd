"""A Deck followed for all its viewers: read when something wakes the tail, told to everybody at once."""

import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

import msgspec

from livedeck.admin.live.deck_log import DeckLog
from livedeck.admin.live.hints import Hint
from livedeck.admin.live.inotify import Wake
from livedeck.admin.live.keys import DeckKey
from livedeck.admin.live.messages import DeckPhase, DeckState
from livedeck.admin.live.nodes import NodeFollower
from livedeck.admin.live.sse import event
from livedeck.admin.live.states import (
    NodeRecord,
    Trouble,
    cached_source,
    deck_state,
    is_over,
    latest_attempt,
    may_publish,
    node_is_over,
)
from livedeck.admin.live.wakes import LAST, Pace, StoreWatch, UnhintedFiles
from livedeck.admin.notifiers import Notifier
from livedeck.errors import DeckError, StoreError
from livedeck.executors.api import Queued
from livedeck.store import Store

log = logging.getLogger(__name__)

STATE_PAUSE: Final = 1.0
"""Seconds between two ``state`` events that differ in their times only."""

_SAME_MOMENT: Final = 0.02
"""Seconds for which a state's clock will do for other viewers."""

_encode: Final = msgspec.json.Encoder().encode


class DeckTail:
    """Follows one attempt's Deck. `run` is its task; viewers wait for ``changed`` and look at the rest.

    Args:
        key: Which attempt.
        own: Its log.
        records: What the control plane says of its node; fires ``wake``.
        open_log: Opens the log of another attempt (of the run that filled the cache), for events with this attempt's
            number.
        watch: Watches the files of an attempt's folder, and tells of those that appear.
        wake: What wakes the tail.
        queued: Says what holds the node back now.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        key: DeckKey,
        own: DeckLog,
        *,
        records: NodeFollower,
        open_log: Callable[[DeckKey, int], Awaitable[DeckLog]],
        watch: Callable[[Store, Wake], StoreWatch],
        wake: Notifier,
        queued: Callable[[], Queued | None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.key = key
        self.changed = Notifier()
        """Fired on everything that viewers are to be told."""
        self.over = False
        """The attempt is over and all that it published was read."""
        self.abandoned = False
        """The tail follows no more; viewers are to come back."""
        self.state_version = 0
        """Grows when viewers are to be told the state."""
        self._records = records
        self._open_log = open_log
        self._watch = watch
        self._wake = wake
        self._files = UnhintedFiles(wake, self._has, clock)
        self._queued = queued
        self._clock = clock
        self._shown = key
        self._own = self._log = own
        self._state: DeckState | None = None
        self._state_at = clock()
        self._state_of: NodeRecord | None = None
        self._hinted: tuple[float, float, str] | None = None
        self._unreadable: tuple[float, str] | None = None
        self._due = clock()
        """When the tail looks at the store although nothing wakes it."""
        self._looked = False
        """The store has answered, or failed, at least once."""
        self._retrying = False
        self._told: tuple[int, bool, bool] | None = None
        self._event: tuple[int, float, bytes] | None = None
        """Of which version, when it was encoded, and as what."""

    @property
    def log(self) -> DeckLog:
        """What was published."""
        return self._log

    @property
    def state(self) -> DeckState:
        """The state as of now."""
        return self._judge(self._records.recorded)

    @property
    def node_over(self) -> bool:
        """Whether no other attempt will follow."""
        return node_is_over(self._records.recorded)

    @property
    def latest(self) -> int:
        """The newest attempt's number."""
        return latest_attempt(self._records.recorded)

    def state_event(self) -> bytes:
        """Return the state as an event. Viewers who are told at the same moment are told the same."""
        now = self._clock()
        if self._event is None or self._event[0] != self.state_version or now - self._event[1] > _SAME_MOMENT:
            judged = self._state if now - self._state_at <= _SAME_MOMENT else None
            self._event = self.state_version, now, event("state", _encode(judged or self.state))
        return self._event[2]

    def end_event(self) -> bytes:
        """Return the state as the event that ends the stream."""
        return event("end", _encode(self.state))

    def hint(self, hint: Hint) -> None:
        """Take in what the publisher says; unless that is the next segment, or an old one, look at the store.

        To look after each segment would be a request to the store for one that is not there yet, each time.
        """
        if hint.behind is not None:
            self._hinted = (hint.behind, self._clock(), hint.why) if hint.behind > 0 else None
        segment = hint.segment
        if segment is not None and self._log.offer(segment):
            self._advanced()
        if segment is None or not self._log.has(segment.seq) or self._has_ended:
            self._wake.notify()
        else:
            self._files.hinted()
            self._due = self._clock() + LAST  # as far as anybody knows there is nothing to be read

    def _has(self, number: int) -> bool:
        return self._log.has(number)

    def abandon(self) -> None:
        """Send the viewers away."""
        self.abandoned = True
        self.changed.notify()

    async def run(self) -> None:
        """Follow until no other attempt can come. Returns then; cancelled when nobody watches any more."""
        pace = Pace()
        watcher = self._watch(self._log.store, self._files.appeared)
        woken = True
        try:
            while True:
                seen = self._wake.count
                recorded = self._records.refresh()
                if recorded.deleted:
                    self.abandon()  # who comes back is told that there is no such execution
                    return
                if await self._follow_source(recorded):
                    watcher.close()
                    watcher = self._watch(self._log.store, self._files.appeared)
                watcher.refresh()
                final = not self._may_publish(recorded)
                if not self.over and (woken or final or self._clock() >= self._due):
                    moved = await self._pull(final=final)
                    self._due = self._clock() + self._until_next_look(pace, watcher, moved=moved)
                    self._looked = True
                self.over = self.over or (final and not self._retrying)
                self._tell(recorded)
                if self.over and node_is_over(recorded):
                    return
                woken = await self._wake.wait(seen, timeout=self._pause())
        finally:
            watcher.close()
            self._files.close()

    async def _follow_source(self, recorded: NodeRecord) -> bool:
        """Outputs from the cache: the Deck is that of the run that filled it."""
        source = cached_source(recorded)
        shown = DeckKey.of(source).of_rank(self.key.of_node.rank) if source is not None else self.key
        if shown == self._shown:
            return False
        self._log = self._own if shown == self.key else await self._open_log(shown, self.key.number)
        self._shown = shown
        return True

    async def _pull(self, *, final: bool) -> bool:
        try:
            moved = await self._log.pull(self._advanced, final=final)
        except (StoreError, DeckError) as error:
            # What is stored wrongly stays so; a store that fails may answer later.
            self._retrying = isinstance(error, StoreError)
            if self._unreadable is None:
                log.warning("deck.unreadable deck=%s error=%s", self.key.path, error)
                self._unreadable = (self._clock(), str(error))
            return False
        self._retrying = False
        if self._unreadable is not None:
            log.info("deck.readable_again deck=%s", self.key.path)
            self._unreadable = None
        return moved

    def _advanced(self) -> None:
        """Something was published: the state that it brings about is told with it."""
        self._looked = True
        self._hinted = None  # what was behind has arrived
        self._tell(self._records.recorded)
        self.changed.notify()

    @property
    def _has_ended(self) -> bool:
        published = self._log.published
        return published is not None and published.end is not None

    def _may_publish(self, recorded: NodeRecord) -> bool:
        """Tell whether more may come: no Deck goes on after its end, or where another process writes the whole page."""
        if not is_over(self.key.number, recorded):
            return True
        published = self._log.published
        if published is not None and (published.foreign or published.end is not None):
            return False
        return may_publish(self.key.number, recorded, datetime.now(UTC))

    def _judge(self, recorded: NodeRecord) -> DeckState:
        now = datetime.now(UTC)
        return deck_state(self.key.number, recorded, self._log.published, self._trouble(), now, queued=self._queued())

    def _trouble(self) -> Trouble | None:
        now = self._clock()
        if self._hinted is not None:
            behind, at, why = self._hinted
            words = "The task's updates do not reach the store; it keeps trying."
            return Trouble(behind + now - at, f"{words} The last try: {why}" if why else words)
        if self._unreadable is not None:
            at, error = self._unreadable
            return Trouble(now - at, f"The Deck cannot be read at the moment: {error}", unread=True)
        if not self._looked:
            return Trouble(now - self._state_at, "The store has not answered yet.", unread=True)
        return None

    def _tell(self, recorded: NodeRecord) -> None:
        if not self._goes_on(recorded):
            state, self._state_of = self._judge(recorded), recorded
            if self._state is None or _core(state) != _core(self._state) or self._times_differ(state):
                self._state = state
                self._state_at = self._clock()
                self.state_version += 1
        told = (self.state_version, self.over, node_is_over(recorded))
        if told != self._told:
            self._told = told
            self.changed.notify()

    def _goes_on(self, recorded: NodeRecord) -> bool:
        """Whether the state is what it was, without judging it: so it is at nearly all publishes of a running task."""
        return (
            recorded is self._state_of
            and self._state is not None
            and self._state.phase is DeckPhase.LIVE
            and self._clock() - self._state_at < STATE_PAUSE
            and not self._has_ended
            and self._trouble() is None
        )

    def _times_differ(self, state: DeckState) -> bool:
        assert self._state is not None
        old = (self._state.published_at, self._state.behind)
        return (state.published_at, state.behind) != old and self._clock() - self._state_at >= STATE_PAUSE

    def _until_next_look(self, pace: Pace, watcher: StoreWatch, *, moved: bool) -> float:
        """Seconds until the tail looks at the store again although nothing woke it."""
        pause = pace.next(moved=moved, watched=watcher.active)
        return 0.1 if self._log.unsettled else pause

    def _pause(self) -> float:
        """Seconds until there is something to do although nothing woke the tail: to look, or to tell the state."""
        if self.over:
            return 60.0
        pause = max(0.0, self._due - self._clock())
        return min(pause, STATE_PAUSE) if self._state is not None and self._moves(self._state) else pause

    def _moves(self, state: DeckState) -> bool:
        """Whether there is more to tell of the state soon, although nothing happens that would wake the tail."""
        if state.phase is DeckPhase.QUEUED or is_over(self.key.number, self._records.recorded):
            return True  # the queue moves; the end of the Deck is on its way until time is up
        return self._trouble() is not None or state.published_at != self._published_at()

    def _published_at(self) -> str | None:
        published = self._log.published
        return published.at if published and (published.seq or published.foreign) else None


def _core(state: DeckState) -> DeckState:
    """The state without what only tells time."""
    return msgspec.structs.replace(state, now="", published_at=None, behind=0.0)
