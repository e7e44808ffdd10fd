"""What the publisher does next: its whole logic, without threads, clocks or a store.

A loop offers batches of ops, asks :meth:`PublishMachine.next` for a step, carries it out and says how it went with
:meth:`PublishMachine.done`. Time comes in as an argument. The publisher's thread is one such loop; the property tests
are another, which loses replies and dies between any two steps.

How the log stays exact: a segment that was sent once is sent again unchanged until its fate is known, because a
reply may have been lost and the object may be there. Create-only puts settle it: if an object of that number is
there with our bytes, the put had landed; with others', or as something that is not to be read (a folder, a pipe),
somebody else writes here too, what is there is part of the log, and ours takes the next number. What is published
meanwhile is merged and follows in one segment.
"""

import enum
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from livedeck.deck import bounds, limits, safe_segments, segments, snapshot
from livedeck.deck.ops import End, Extend, Health, Op, Put, Segment
from livedeck.deck.own_log import logger
from livedeck.deck.pending import Pending
from livedeck.deck.replay import Replay
from livedeck.deck.settings import DeckPublish
from livedeck.store.layout import DECK, segment_key

FREE_BYTES = 256 * 1024
"""Bytes that the snapshots of a running task may take together, whatever the log has taken."""
LOG_SHARE = 0.5
"""What these snapshots may take together once the log is long: a share of it.

A snapshot that is written as soon as the log has outgrown the last one does not keep what is stored within three times
the final Deck: of a Deck that is only ever appended to, the log takes one, the last snapshot one, and a single one just
before the end the third. How soon the end comes nobody knows, so the bound holds whatever the timing only if these
snapshots are paid for by a log that is larger than the Deck: by updates that replace, and by the hundred bytes and more
that each segment takes beside its data. A long Deck that grows by large pieces has none of them between the first few
and the last.
"""
MIN_LAG = 5.0
MAX_LAG = 60.0
LAG_PER_AGE = 3.0
"""Seconds that the last snapshot of a running task may be behind the log, however little of the log that is:
``MIN_LAG`` at first, then ``LAG_PER_AGE`` times the age that the Deck had at the last snapshot, at most ``MAX_LAG``.

No amount of bytes can be promised together with that: a figure of 5 MB beside a bar that moves is 5 MB each time. So
these snapshots come on top of the three times above, one for each time that the last one has become too old.
``LAG_PER_AGE`` keeps a Deck that grows steadily within three times for its first minute all the same: of 50 s, it is
written after 5 s and 20 s, half the final Deck together.
"""
SNAPSHOT_RATE = 256 * 1024
"""Bytes a second that they may take: a page of over ``MAX_LAG * SNAPSHOT_RATE`` (15 MiB) may be behind longer."""
LAG_PER_WRITE = 10.0
"""A slow store makes the largest lag longer: it is at least so many times as long as the last snapshot took to write,
since the log waits meanwhile."""
FIRST_WAIT = 0.25
LONGEST_WAIT = 30.0
LONGEST_WAIT_AT_THE_END = 1.0
"""Seconds between two tries while the store fails: doubling, with jitter; at the end there is little time to wait."""
MOST_AT_ONCE = bounds.SEGMENT_BYTES // 4
"""Weight of what is put into one segment, unless it is a single element: in JSON it may take several times that."""
_LONGEST_WHY = 300
"""Characters of an error that viewers are shown."""
_MOST_ENTRIES = 2 * bounds.ELEMENTS
TIDYING = 1.0
"""Seconds after the last snapshot in which segments are still removed (``history=False``): the task waits for it."""


@dataclass(frozen=True)
class Create:
    """Store a segment unless its number is taken."""

    key: str
    data: bytes
    seq: int


@dataclass(frozen=True)
class Inspect:
    """Read the segment that is stored already under the number of the one that was to be created."""

    key: str
    seq: int


@dataclass(frozen=True)
class Overwrite:
    """Write a snapshot."""

    key: str
    data: bytes
    seq: int


@dataclass(frozen=True)
class Remove:
    """Delete a segment that two snapshots cover, or the last one."""

    key: str
    seq: int


@dataclass(frozen=True)
class Wait:
    """Nothing to do before ``until``; with None, before something is offered."""

    until: float | None = None


@dataclass(frozen=True)
class Finished:
    """All is stored and the Deck has its end. Segments that there was no time to remove stay."""


Step = Create | Inspect | Overwrite | Remove | Wait | Finished


class Outcome(enum.Enum):
    """How a step went."""

    LANDED = "landed"
    """The store says that it is done."""
    TAKEN = "taken"
    """An object is there already (of a Create)."""
    UNREADABLE = "unreadable"
    """What is there is not to be read, and never will be (of an Inspect)."""
    FAILED = "failed"
    """The step failed, or nobody can say whether it did."""
    FULL = "full"
    """The step failed for want of room: something smaller may fit."""


@dataclass
class _Breaker:
    """Counts failures in a row and says when to try again."""

    rng: Callable[[], float]
    failures: int = 0
    until: float = 0.0

    def failed(self, now: float, longest: float) -> None:
        self.failures += 1
        wait = min(longest, FIRST_WAIT * 2.0 ** min(self.failures - 1, 16))
        self.until = now + wait * (0.5 + self.rng() / 2)

    def succeeded(self) -> None:
        self.failures, self.until = 0, 0.0


@dataclass
class _Batch:
    """Ops waiting for a segment."""

    pending: Pending = field(default_factory=Pending)
    publishes: int = 0
    since: float = 0.0
    """When the oldest of them was published."""
    token: int = 0
    """The last publish among them, for those who wait for it."""


class PublishMachine:
    """The state of one attempt's Deck on its way to the store.

    Args:
        settings: How to publish.
        title: Heading of the page.
        wall: The time for people, in seconds since the epoch.
        forget: Told deck and id of each element that had to go.
        rng: Random numbers from 0 to 1, for jitter.
        most_at_once: What one segment may weigh where its ops can be divided.
        segment_bytes: Bytes that one segment may take.
    """

    def __init__(
        self,
        settings: DeckPublish,
        *,
        title: str,
        wall: Callable[[], float],
        forget: Callable[[str, str], None] = lambda _deck, _id: None,
        rng: Callable[[], float] = random.random,
        most_at_once: int = MOST_AT_ONCE,
        segment_bytes: int = bounds.SEGMENT_BYTES,
    ) -> None:
        self._settings = settings
        self._most_at_once = most_at_once
        self._segment_bytes = segment_bytes
        self._title = title
        self._wall = wall
        self._forget = forget
        self.replay = Replay()
        """The document as the log has it."""
        self.landed = 0
        """Token of the last publish that is stored."""
        self._batch: _Batch | None = None
        self._sent: tuple[Segment, bytes, _Batch] | None = None  # a segment whose fate is not known yet
        self._taken = False  # an object of that number is stored already; whose it is has to be read
        self._health = Health()
        self._flushed_at = float("-inf")
        self._log_breaker = _Breaker(rng)
        self._page_breaker = _Breaker(rng)
        self._page_seq = -1  # seq of the last snapshot, -1 before the first
        self._page_size = 0
        self._page_weight = 0  # the document's weight in it; the rest of its size is what every page has
        self._pages_size = 0  # bytes of all snapshots
        self._page_at = float("-inf")
        self._page_from = 0.0  # when the write of a snapshot that is under way began
        self._page_took = 0.0  # seconds that the last such write took
        self._begun: float | None = None  # when the first segment was stored
        self._uncovered: float | None = None  # when the first segment after the last snapshot was stored
        self._page_data: tuple[int, bytes] | None = None  # rendered, not yet stored
        self._plain = False  # whether it goes without the script, for which there was no room
        self._log_size = 0  # bytes of segments since the last snapshot
        self._logs_size = 0  # bytes of all segments
        self._removable = 0  # segments up to this one are covered by two snapshots, or by the last
        self._removed = 0
        self._remove_until = float("inf")
        self._closing = False
        self.complete = False
        """Whether all is stored, the end and the last snapshot too; nothing is left but to remove segments."""

    # What comes in

    def offer(self, pending: Pending, now: float, *, publishes: int = 1, token: int = 0) -> None:
        """Take over what was published; merged with what waits already."""
        if self._batch is None:
            self._batch = _Batch(pending, publishes, now, token)
        else:
            self._batch.pending.absorb(pending)
            self._batch.publishes += publishes
            self._batch.token = token
        if self._batch.pending.count > _MOST_ENTRIES:  # a store that is away, and elements made and removed meanwhile
            self._batch.pending.prune(self._may_hold)
        for deck, id_ in self._bounded(self._batch.pending):
            self._forget(deck, id_)

    def note(self, op: Op, now: float) -> None:
        """Add something that livedeck itself has to say."""
        pending = Pending()
        pending.add(op)
        self.offer(pending, now, publishes=0, token=self._batch.token if self._batch else self.landed)

    def finish(self, end: End, now: float) -> None:
        """Nothing is published any more; what waits is flushed without delay, then the last snapshot."""
        if self._closing:
            return
        self.note(end, now)
        self._closing = True
        self._log_breaker.until = self._page_breaker.until = now

    @property
    def why(self) -> str:
        """Why the last put failed, in words for viewers; empty: none has since the last segment was made."""
        return self._health.why

    def behind(self, now: float) -> float | None:
        """Seconds since the oldest publish that should be stored by now; None while the store is well."""
        return max(0.0, now - self._sent[2].since) if self._sent and self._log_breaker.failures else None

    @property
    def has_more(self) -> bool:
        """Whether something waits to be stored: until it may be, more of it changes nothing but what is merged."""
        return self._sent is not None or (self._batch is not None and bool(self._batch.pending))

    # What is to be done

    def next(self, now: float) -> Step:
        """The next step. Rendering happens here, in the publisher's thread."""
        waits: list[float] = []
        step = self._next_page(now, waits) or self._next_segment(now, waits) or self._next_removal(now)
        if step is not None:
            return step
        if self._closing and not waits:
            return Finished()
        return Wait(min(waits) if waits else None)

    def _next_segment(self, now: float, waits: list[float]) -> Step | None:
        if self._sent is None and self._batch is not None and self._batch.pending:
            due = now if self._closing else self._flushed_at + self._settings.min_interval
            if due > now:
                waits.append(due)
                return None
            self._make_segment(now)
        if self._sent is None:
            return None
        if self._log_breaker.until > now:
            waits.append(self._log_breaker.until)
            return None
        segment, data, _ = self._sent
        key = segment_key(segment.seq)
        return Inspect(key, segment.seq) if self._taken else Create(key, data, segment.seq)

    def _next_page(self, now: float, waits: list[float]) -> Step | None:
        due = self._page_due(now)
        if due is None:
            return None
        due = max(due, self._page_breaker.until)
        if due > now:
            waits.append(due)
            return None
        if self._page_data is None or self._page_data[0] != self.replay.seq:
            self._page_data = self.replay.seq, self._render()
        self._page_from = now
        return Overwrite(DECK, self._page_data[1], self.replay.seq)

    def _page_due(self, now: float) -> float | None:
        """When a snapshot is to be written; None while there is no reason for one."""
        seq = self.replay.seq
        if self._closing:
            complete = self._sent is None and not (self._batch and self._batch.pending)
            return now if complete and self._page_seq < seq else None
        if self._page_seq < 0:
            return now
        if self._uncovered is None:
            return None
        due = self._uncovered + self._max_lag()
        if self._log_size >= self._page_size and self._affordable():
            due = min(due, self._page_at + self._settings.snapshot_interval)
        return due

    def _max_lag(self) -> float:
        """Seconds that the last snapshot may be behind."""
        bound = max(MAX_LAG, self._expected_size() / SNAPSHOT_RATE, LAG_PER_WRITE * self._page_took)
        age = self._page_at - self._begun if self._begun is not None else 0.0
        return max(self._settings.snapshot_interval, min(bound, max(MIN_LAG, LAG_PER_AGE * age)))

    def _affordable(self) -> bool:
        """Whether a snapshot now leaves the whole within bounds."""
        return self._pages_size + self._expected_size() <= max(FREE_BYTES, LOG_SHARE * self._logs_size)

    def _expected_size(self) -> int:
        """About how many bytes a snapshot would take now."""
        return self.replay.weight + max(0, self._page_size - self._page_weight)

    def _next_removal(self, now: float) -> Step | None:
        if self._settings.history or self._removed >= self._removable:
            return None
        if now >= self._remove_until or self._closing is not self.complete:  # the end goes first
            return None
        return Remove(segment_key(self._removed + 1), self._removed + 1)

    # How it went

    def done(self, step: Step, outcome: Outcome, now: float, *, found: bytes | None = None, error: str = "") -> None:
        """Take in how a step went.

        Args:
            step: What was done.
            outcome: How it went.
            now: The time now.
            found: What an Inspect has read; None when nothing is there.
            error: Why it failed, for the log.
        """
        match step:
            case Create() if outcome is Outcome.LANDED:
                self._segment_landed(now)
            case Create() if outcome is Outcome.TAKEN:
                self._taken = True
            case Inspect() if outcome is Outcome.LANDED:
                self._inspected(found, now)
            case Inspect() if outcome is Outcome.UNREADABLE:
                self._step_over(segments.unreadable(step.seq, error), 0, now)
            case Create() | Inspect():
                self._failed(self._log_breaker, now, error, full=outcome is Outcome.FULL)
            case Overwrite() if outcome is Outcome.LANDED:
                self._page_landed(step, now)
            case Overwrite():
                self._page_failed(outcome, now, error)
            case Remove():
                self._removed = step.seq  # a segment that cannot be deleted stays; it does no harm
            case _:
                pass

    def _segment_landed(self, now: float) -> None:
        assert self._sent is not None
        segment, data, batch = self._sent
        self._recovered(self._log_breaker)
        self._advance(segment, len(data), now)
        self.landed = max(self.landed, batch.token)
        self._sent, self._taken = None, False

    def _inspected(self, found: bytes | None, now: float) -> None:
        assert self._sent is not None
        segment, data, _ = self._sent
        if found is None:  # the object is gone again: the put is tried once more
            self._taken = False
            self._failed(self._log_breaker, now, f"segment {segment.seq} was there and is gone again")
        elif found == data:
            self._segment_landed(now)
        else:
            self._step_over(segments.decode_numbered(segment.seq, found), len(found), now)

    def _step_over(self, foreign: Segment, size: int, now: float) -> None:
        """Take what somebody else has put there for part of the log, as readers do, and the next number for ours."""
        assert self._sent is not None
        logger.warning("deck_segment_foreign seq=%d: another process writes to this Deck too", foreign.seq)
        segment, _, batch = self._sent
        self._advance(foreign, size, now)
        moved = Segment(self.replay.seq + 1, segment.at, segment.ops, segment.health)
        self._sent, self._taken = (moved, segments.encode(moved), batch), False

    def _advance(self, segment: Segment, size: int, now: float) -> None:
        self.replay.apply(segment)
        if self._begun is None:
            self._begun = now
        if self._uncovered is None:
            self._uncovered = now
        self._log_size += size
        self._logs_size += size

    def _page_landed(self, step: Overwrite, now: float) -> None:
        self._recovered(self._page_breaker)
        self._removable = max(self._removable, self._page_seq)
        self._page_seq, self._page_size, self._page_at = step.seq, len(step.data), now
        self._page_weight, self._pages_size = self.replay.weight, self._pages_size + self._page_size
        self._page_took, self._uncovered = now - self._page_from, None
        self._log_size = 0
        self._page_data, self._plain = None, False
        if self._closing:
            self.complete, self._removable, self._remove_until = True, step.seq, now + TIDYING

    def _page_failed(self, outcome: Outcome, now: float, error: str) -> None:
        """Go on without the script, which is most of a small page, where there is no room for it."""
        plain, self._plain = self._plain, outcome is Outcome.FULL and not self._plain
        if plain is not self._plain:
            self._page_data = None
        if not self._plain:
            self._failed(self._page_breaker, now, error, full=outcome is Outcome.FULL)

    def _failed(self, breaker: _Breaker, now: float, error: str, *, full: bool = False) -> None:
        if not self._log_breaker.failures and not self._page_breaker.failures:
            logger.warning("deck_publish_failing: %s (trying again; what is published meanwhile is kept)", error)
        breaker.failed(now, LONGEST_WAIT_AT_THE_END if self._closing else LONGEST_WAIT)
        self._health = msgspec.structs.replace(
            self._health,
            retried=self._health.retried + 1,
            refused=self._health.refused + full,
            why=segments.clean_text(error)[:_LONGEST_WHY],
        )

    def _recovered(self, breaker: _Breaker) -> None:
        failures = breaker.failures
        breaker.succeeded()
        if failures and not self._log_breaker.failures and not self._page_breaker.failures:
            logger.info("deck_publish_recovered after %d failed tries", failures)

    # Making segments and pages

    def _make_segment(self, now: float) -> None:
        """Make the waiting ops into the next segment."""
        assert self._batch is not None
        batch, self._batch = self._divided(self._batch)
        before = self._health
        health = msgspec.structs.replace(
            before,
            flushes=before.flushes + 1,
            merged=before.merged + max(0, batch.publishes - 1),
            behind=round(now - batch.since, 3),
            stored=self._logs_size + self._pages_size,
        )
        seq, at = self.replay.seq + 1, segments.format_time(self._wall())
        try:
            ops = batch.pending.ops()
            shrinking, gone = limits.make_room(self.replay, ops, batch.pending.weight, self._settings.max_bytes)
            segment = Segment(seq, at, [*shrinking, *ops], health)
            self._sent = (*safe_segments.encodable(segment, self._segment_bytes), batch)
            for deck, id_ in gone:
                self._forget(deck, id_)
        except Exception as error:
            logger.exception("deck_segment_failed")
            segment = Segment(seq, at, safe_segments.lost(batch.pending, error), health)
            self._sent = (*safe_segments.encodable(segment, self._segment_bytes), batch)
        self._health, self._flushed_at = msgspec.structs.replace(health, why=""), now

    def _divided(self, batch: _Batch) -> tuple[_Batch, _Batch | None]:
        """Of a batch too large for one segment a part, and the rest: what reads a segment holds the whole of it."""
        if batch.pending.weight <= self._most_at_once:
            return batch, None
        weight = 0
        parts = Pending(), Pending()
        for op in batch.pending.ops():
            weight += op.element.buffer().weight if isinstance(op, Put | Extend) else 0
            parts[bool(parts[0]) and weight > self._most_at_once].add(op)
        first, rest = parts
        if not rest:
            return batch, None
        return _Batch(first, 0, batch.since, 0), _Batch(rest, batch.publishes, batch.since, batch.token)

    def _render(self) -> bytes:
        if self.replay.seq == 0:
            return snapshot.placeholder(self._title, segments.format_time(self._wall()))
        script_of = _no_script if self._plain else snapshot.packaged_script
        return snapshot.render(
            self.replay.document(), live=self.replay.end is None, title=self._title, script_of=script_of
        )

    def _may_hold(self, deck: str, id_: str) -> bool:
        """Whether an element is in the document, or will be once the segment on its way has landed."""
        if id_ in self.replay.decks.get(deck, ()):
            return True
        ops = self._sent[0].ops if self._sent else []
        return any(isinstance(op, Put | Extend) and op.deck == deck and op.element.id == id_ for op in ops)

    def _bounded(self, pending: Pending) -> list[tuple[str, str]]:
        return limits.shrink(pending, self._settings.max_bytes) if pending.weight > self._settings.max_bytes else []


def _no_script() -> None:
    """Give no script: the page is the static rendering alone."""
