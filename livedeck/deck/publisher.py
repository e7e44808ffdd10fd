"""The publisher: one background thread that carries a page to the store while the task runs.

A thin loop around :class:`livedeck.deck.publish_machine.PublishMachine`, which decides everything. Nothing that the
task calls here raises, waits for the store, or holds more than the Deck itself.
"""

import os
import queue
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Literal

from livedeck.clock import SYSTEM, Clock
from livedeck.deck import bounds, hints, limits
from livedeck.deck.ops import Document, End, Html, Put
from livedeck.deck.own_log import logger
from livedeck.deck.page import DEFAULT, LOCK_WAIT, Page
from livedeck.deck.pending import Pending
from livedeck.deck.publish_machine import (
    TIDYING,
    Create,
    Finished,
    Inspect,
    Outcome,
    Overwrite,
    PublishMachine,
    Remove,
    Step,
    Wait,
)
from livedeck.deck.renderers import render_error
from livedeck.deck.safe_segments import TROUBLE
from livedeck.deck.segments import CONTENT_TYPE, format_time
from livedeck.deck.settings import FLUSH_TIMEOUT, DeckPublish
from livedeck.deck.snapshot import CONTENT_TYPE as PAGE_TYPE
from livedeck.errors import ObjectExists, ObjectNotFound, StoreError, StoreFull, UnreadableObject
from livedeck.store import Store

_TROUBLE_WAIT = 0.5  # seconds before going on after an error that should not have been possible, each time more
_LONGEST_TROUBLE_WAIT = 10.0
_LOOK = 0.05  # seconds between two looks whether all is stored although the thread still removes segments
_OUTCOMES: Mapping[type[StoreError], Outcome] = {
    ObjectExists: Outcome.TAKEN,
    ObjectNotFound: Outcome.LANDED,  # of an Inspect: nothing is there; of a Remove: nothing is left to be done
    UnreadableObject: Outcome.UNREADABLE,
    StoreFull: Outcome.FULL,
}
"""What errors of the store mean; any other means that the step failed."""
_MOST_STAGED = 16  # merging costs a few microseconds an element; done now and then, most calls do not pay for it


class Publisher:
    """Publishes one task attempt's page. :meth:`start` it, :meth:`publish` at will, :meth:`close` it once.

    Args:
        page: What to publish.
        store: The attempt's output prefix.
        settings: How to publish.
        hint: Told the bytes of each stored segment (or its number); may not raise or take long.
        clock: The time.
        title: Heading of the page.
        announce: Whether the hint is also told that there is a Deck, again with each step until it has taken it.
    """

    def __init__(
        self,
        page: Page,
        store: Store,
        *,
        settings: DeckPublish | None = None,
        hint: hints.Hint | None = None,
        clock: Clock = SYSTEM,
        title: str = "Deck",
        announce: bool = False,
    ) -> None:
        self._page = page
        self._store = store
        self._settings = settings or DeckPublish()
        self._hint = hint
        self._announces = announce and hint is not None
        self._clock = clock
        self._logic = PublishMachine(self._settings, title=title, wall=clock.time, forget=page.forget)
        self._pid = os.getpid()
        # Reentrant: a signal handler may close the publisher in the very thread that is just publishing.
        self._lock = threading.RLock()
        self._staged: list[Pending] = []  # published, not yet seen by the thread; merged when there are many
        self._publishes = 0  # calls that they stand for
        self._token = 0  # number of the last publish that had something to say
        self._end: End | None = None
        self._given_up = False
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._comes_anyway = False  # the thread sleeps until what waits may be stored, and then looks for more
        self._landed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._next_tick = float("inf")
        self._troubles = 0

    def start(self) -> None:
        """Begin: the placeholder is written in the background. Never blocks."""
        self._page.publisher = self
        if self._settings.every is not None:
            self._next_tick = self._clock.monotonic() + self._settings.every
        self._thread = threading.Thread(target=self._run, name="livedeck-publisher", daemon=True)
        self._thread.start()

    def publish(self, *, wait: bool = False, timeout: float | None = None) -> bool:
        """Hand over what has changed since the last publish. Takes microseconds and never raises.

        Args:
            wait: Block until it is stored.
            timeout: Seconds to wait at most; None for as long as it takes.

        Returns:
            Whether it was taken (with ``wait``: stored). False in a forked child and once closed.
        """
        if self._end is not None or self._thread is None or self._pid != os.getpid():
            return False
        try:
            with self._lock:
                self._stage()
                token = self._token
        except Exception:
            logger.exception("deck_publish_failed")
            return False
        return self._wait_landed(token, timeout) if wait else True

    def close(self, outcome: Literal["succeeded", "failed", "aborted"], timeout: float = FLUSH_TIMEOUT) -> bool:
        """Publish what is left, the end and the last snapshot; wait for it, within bounds. Never raises.

        Args:
            outcome: How the task ended.
            timeout: Seconds for all of it; what is not stored by then is given up, with a warning that names it.

        Returns:
            Whether all of it is stored. False in a forked child.
        """
        if self._thread is None or self._pid != os.getpid():
            return False
        with self._lock:
            if self._end is None:
                self._stage()
                self._end = End(outcome, format_time(self._clock.time()))
        self._wake.put(None)
        self._wait_closed(self._thread, timeout)
        if self._thread.is_alive():
            self._given_up = True
            self._wake.put(None)
            if not self._logic.complete:
                missing = "end of the Deck" if self._logic.replay.end is None else "last deck.html"
                logger.warning("deck_flush_incomplete: the %s was not stored within %g s", missing, timeout)
        self._page.publisher = None
        return self._logic.complete

    def _wait_closed(self, thread: threading.Thread, timeout: float) -> None:
        """Wait until all is stored; for segments to be removed only a moment more, however long the store takes."""
        deadline = SYSTEM.monotonic() + max(0.0, timeout)
        while thread.is_alive() and not self._logic.complete and (left := deadline - SYSTEM.monotonic()) > 0:
            thread.join(min(left, _LOOK))
        thread.join(min(TIDYING, max(0.0, deadline - SYSTEM.monotonic())))

    def document(self) -> Document:
        """The document as it is stored. Only once closed: the thread works on it until then."""
        return self._logic.replay.document()

    def _stage(self) -> None:
        """Move the page's changes to where the thread takes them from."""
        if not self._page.dirty:
            return
        self._staged.append(self._page.take())
        self._publishes += 1
        self._token += 1
        if len(self._staged) == 1 and not self._comes_anyway:  # waking a thread costs ten times all the rest of this
            self._wake.put(None)
        elif len(self._staged) >= _MOST_STAGED:
            self._merge_staged()

    def _merge_staged(self) -> None:
        """Keep what waits bounded while the thread is busy, however often the task publishes."""
        merged, *later = self._staged
        for pending in later:
            merged.absorb(pending)
        self._staged = [merged]
        if merged.weight > self._settings.max_bytes:
            for deck, id_ in limits.shrink(merged, self._settings.max_bytes):
                self._page.forget(deck, id_)

    def _wait_landed(self, token: int, timeout: float | None) -> bool:
        deadline = float("inf") if timeout is None else SYSTEM.monotonic() + timeout
        with self._landed:
            while self._logic.landed < token and not self._over:
                left = deadline - SYSTEM.monotonic()
                if left <= 0:
                    break
                self._landed.wait(min(left, 1.0))
        return self._logic.landed >= token

    @property
    def _over(self) -> bool:
        return self._thread is None or not self._thread.is_alive() or self._given_up

    # The thread

    def _run(self) -> None:
        try:
            while not self._given_up:
                try:
                    if not self._step():
                        return
                except Exception as error:  # noqa: BLE001 - a publisher that dies silently would be worse
                    self._trouble(error)
        finally:
            self._notify()

    def _step(self) -> bool:
        """Go one round; False when all is done."""
        self._comes_anyway = False  # before looking at what is staged: what is staged from here on wakes us
        now = self._clock.monotonic()
        self._collect(now)
        step = self._logic.next(now)
        match step:
            case Finished():
                return False
            case Wait(until=until):
                self._comes_anyway = until is not None and self._logic.has_more
                self._sleep(now, until)
            case _:
                self._carry_out(step)
        return True

    def _collect(self, now: float) -> None:
        """Take over what was staged, and the end."""
        if now >= self._next_tick and self._settings.every is not None:
            self._next_tick = now + self._settings.every
            self._tick()
        with self._exclusively():
            staged, self._staged = self._staged, []
            publishes, self._publishes = self._publishes, 0
            token, end = self._token, self._end
        for pending in staged:
            self._logic.offer(pending, now, publishes=publishes, token=token)
            publishes = 0  # counted with the first of them
        if end is not None:
            self._logic.finish(end, now)

    def _tick(self) -> None:
        """Publish by the timer; when the task holds a lock just now, the next time."""
        if self._lock.acquire(timeout=LOCK_WAIT):
            try:
                if self._page.lock.acquire(timeout=LOCK_WAIT):
                    try:
                        self._stage()
                    finally:
                        self._page.lock.release()
            finally:
                self._lock.release()

    def _sleep(self, now: float, until: float | None) -> None:
        due = self._next_tick if until is None else min(until, self._next_tick)
        timeout = None if due == float("inf") else max(0.0, due - now)
        with suppress(queue.Empty):
            self._wake.get(timeout=timeout)

    def _carry_out(self, step: Step) -> None:
        seq = self._logic.replay.seq
        outcome, found, error = self._perform(step)
        self._logic.done(step, outcome, self._clock.monotonic(), found=found, error=error)
        moved = self._logic.replay.seq != seq
        if moved:
            self._notify()
        behind = self._logic.behind(self._clock.monotonic())
        if self._announces and isinstance(step, Create | Overwrite) and outcome is Outcome.LANDED:
            self._announces = not self._give_hint(hints.opened())
        if moved and isinstance(step, Create):
            self._give_hint(hints.stored(step.data, step.seq))
        elif moved:
            self._give_hint(hints.advanced(self._logic.replay.seq))
        elif behind is not None and outcome in {Outcome.FAILED, Outcome.FULL}:
            self._give_hint(hints.failing(behind, self._logic.why))

    def _give_hint(self, data: bytes) -> bool:
        """Pass a hint on; say whether it was, as far as is known."""
        if self._hint is None:
            return False
        try:
            return self._hint(data) is not False
        except Exception:
            logger.exception("deck_hint_error: no more hints from here")
            self._hint = None
            return False

    def _perform(self, step: Step) -> tuple[Outcome, bytes | None, str]:
        try:
            match step:
                case Create(key=key, data=data):
                    self._store.create(key, data, content_type=CONTENT_TYPE)
                case Overwrite(key=key, data=data):
                    self._store.put(key, data, content_type=PAGE_TYPE)
                case Inspect(key=key):
                    return Outcome.LANDED, self._store.get(key, limit=bounds.SEGMENT_BYTES), ""
                case Remove(key=key):
                    self._store.delete(key)
        except StoreError as error:
            outcomes = (outcome for kind, outcome in _OUTCOMES.items() if isinstance(error, kind))
            return next(outcomes, Outcome.FAILED), None, str(error)
        except Exception as error:
            logger.exception("deck_store_error")  # not of livedeck's own errors: a bug in a store, say which
            return Outcome.FAILED, None, str(error)
        return Outcome.LANDED, None, ""

    def _trouble(self, error: Exception) -> None:
        """Something that should not be possible: say so in the log and, the first time, in the Deck; and go on."""
        self._troubles += 1
        logger.error("deck_publisher_error: going on in spite of it", exc_info=error)
        if self._troubles == 1 and self._end is None:
            decks = list(self._logic.replay.decks)
            words = render_error(error, "livedeck could not publish everything")
            notice = Put(decks[0] if decks else DEFAULT, Html(TROUBLE, words))
            self._logic.note(notice, self._clock.monotonic())
        with suppress(queue.Empty):
            self._wake.get(timeout=min(_LONGEST_TROUBLE_WAIT, _TROUBLE_WAIT * self._troubles))

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        """Hold the lock, for the thread.

        A signal handler that closes the publisher may have interrupted a publish() of the same thread, which then
        holds the lock for as long as the handler waits for us. Nothing moves meanwhile, so we go on without it.
        """
        held = self._lock.acquire(timeout=LOCK_WAIT)
        while not held and self._end is None:
            held = self._lock.acquire(timeout=LOCK_WAIT)
        try:
            yield
        finally:
            if held:
                self._lock.release()

    def _notify(self) -> None:
        if self._landed.acquire(timeout=LOCK_WAIT):
            self._landed.notify_all()
            self._landed.release()
