"""The Decks of an execution followed together, for pages that show many side by side, and for the tabs that they share.

What a Deck costs here is what is published to it: publishers' hints carry the segments, so that the store is read when
a Deck is met, when a hint was lost, and every few seconds for safety. Of each Deck only its headline is kept.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

import msgspec

from livedeck.admin.live.deck_log import LogReader
from livedeck.admin.live.hints import Hint
from livedeck.admin.live.keys import DeckKey, ExecutionKey
from livedeck.admin.live.members import Member, Members
from livedeck.admin.live.messages import DeckPhase, Headline
from livedeck.admin.live.recent import KEPT, Kept, Recent
from livedeck.admin.live.states import rfc3339
from livedeck.admin.notifiers import Notifier
from livedeck.deck.effort import LIGHT_BYTES, is_light, is_light_document
from livedeck.deck.headlines import HeadlineReplay
from livedeck.deck.ops import Document, Segment
from livedeck.deck.reader import Offload
from livedeck.deck.settings import FLUSH_TIMEOUT
from livedeck.deck.shared_tabs import SharedTabs
from livedeck.errors import DatabaseUnavailable, DeckError, StoreError

log = logging.getLogger(__name__)

PAUSE: Final = 0.1
"""Seconds between two rounds while much happens: what comes meanwhile is taken together."""
LOOK: Final = 2.0
"""Seconds between two looks for what no hint told of, at one Deck."""
LOOKS: Final = 50
"""Such looks a second for all Decks together, at most."""
AT_ONCE: Final = 8
"""Decks that are read at once."""
SHORT: Final = 16
"""Segments of a log that is read from its beginning; of a longer one the snapshot is read, a page with a script."""
FLUSH_TIME: Final = FLUSH_TIMEOUT + 5
"""Seconds that the end of a Deck is waited for when its task is over."""

_encode: Final = msgspec.json.Encoder().encode


class _Log:
    """One Deck, as far as it was read."""

    def __init__(self, member: Member) -> None:
        self.member = member
        self.opened: LogReader | None = None
        """Reads the Deck's log, once it was opened."""
        self.seq = -1
        """The last segment taken; -1: nothing was there yet."""
        self.headline = HeadlineReplay()
        self.published_at: str | None = None
        self.page: str | None = None
        """ETag of the ``deck.html`` that another library wrote; None: there is none."""
        self.behind = 0.0
        self.died = False
        self.due = 0.0
        """When it is looked at next."""
        self.over_since: float | None = None
        """When it was first read although its task was over."""
        self.troubled = False
        """The store could not be read the last time."""
        self.encoded: bytes | None = None

    def encode(self) -> bytes:
        """Encode what viewers are told, once for all of them."""
        if self.encoded is None:
            member, shown = self.member, self.member.shown
            own = (shown.node, shown.number) == (member.node, member.attempt)
            self.encoded = _encode(
                Headline(
                    member.node,
                    member.attempt,
                    self.headline.elements,
                    self.published_at,
                    self.headline.end is not None,
                    self.died,
                    round(self.behind, 1),
                    None if own else shown.path,
                    self.page is not None,
                )
            )
        return self.encoded


class DeckGroup:
    """Follows the Decks of one execution. `run` is its task; viewers wait for ``changed`` and look at the rest.

    Args:
        key: Which execution.
        members: The attempts that have Decks; fires ``wake``.
        every_tab: Put all of their own tabs together, not those that are meant to be shared.
        open_reader: Opens the reader of an attempt's log.
        wake: What wakes the group.
        offload: Runs what takes long.
        kept: How much of the log of the shared tabs is kept at hand.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        key: ExecutionKey,
        *,
        members: Members,
        every_tab: bool = False,
        open_reader: Callable[[DeckKey], Awaitable[LogReader]],
        wake: Notifier,
        offload: Offload = asyncio.to_thread,
        kept: Kept = KEPT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.key = key
        self.changed = Notifier()
        """Fired on everything that viewers are to be told."""
        self.ready = False
        """All that was there when the group began has been read."""
        self.over = False
        """The execution has ended, and all that its tasks published was read."""
        self.abandoned = False
        """The group follows no more; viewers are to come back."""
        # Numbered by the time, so that a viewer who comes back after a restart is not sent what follows another log.
        self.shared = Recent(int(time.time()), Document(), offload, kept)
        """The tabs that the tasks share, as a log."""
        self._members = members
        self._open_reader = open_reader
        self._wake = wake
        self._offload = offload
        self._clock = clock
        self._logs: dict[tuple[str, int], _Log] = {}
        self._open: dict[tuple[str, int], _Log] = {}
        self._newest: dict[str, int] = {}
        self._tabs = SharedTabs(every_tab=every_tab)
        self._merging = asyncio.Lock()  # something is merged into the tabs, or taken from them, beside the event loop
        self._shared_at = ""
        """When a task last published to them."""
        self._version = 0
        self._versions: OrderedDict[str, int] = OrderedDict()
        """Of each node's headline, the one that changed last at the end."""

    @property
    def outcome(self) -> DeckPhase | None:
        """How what the Decks are of has ended: the execution, or the attempt of a gang; None: it has not."""
        return self._members.outcome

    @property
    def execution_over(self) -> bool:
        """Whether the execution has ended."""
        return self._members.over

    def since(self, version: int, wanted: Callable[[str], bool]) -> tuple[int, list[bytes]]:
        """Return the newest version, and the headlines that have changed after another, encoded, the oldest first."""
        found = []
        for node, changed in _newest_first(self._versions):
            if changed <= version:
                break
            if wanted(node):
                found.append(self._logs[node, self._newest[node]].encode())
        return self._version, found[::-1]

    def hint(self, key: DeckKey, hint: Hint) -> None:
        """Take in what a publisher says; whatever that is not the next segment, the store is looked at."""
        found = self._open.get((key.node, key.number))
        if found is None:  # it is met once it is recorded
            return
        if hint.behind is not None:
            found.behind = hint.behind
            self._touch(found)
        segment = hint.segment
        is_next = segment is not None and segment.seq == max(found.seq, 0) + 1
        if segment is not None and is_next and not self._merging.locked() and self._is_light(found, segment):
            found.seq = max(found.seq, 0)
            self._take(found, segment)
        else:
            found.due = 0.0
            self._wake.notify()

    def abandon(self) -> None:
        """Send the viewers away."""
        self.abandoned = True
        self.changed.notify()

    async def run(self) -> None:
        """Follow until the execution is over. Cancelled when nobody watches any more."""
        while True:
            seen = self._wake.count
            for member in self._members.refresh():
                self._meet(member)
            if self._members.deleted:
                self.abandon()  # who comes back is told that there is no such execution
                return
            await self._read_due()
            await self._publish_shared()
            self._close_finished()
            over = self._members.over and not self._open
            if not self.ready or over:
                self.ready, self.over = True, over
                await self._publish_shared()
                self.changed.notify()
            if over:
                return
            await self._wake.wait(seen, timeout=self._pause())
            await asyncio.sleep(PAUSE)

    async def _publish_shared(self) -> None:
        """Make what has changed on the shared tabs the next segment of their log."""
        if not self.ready:
            return
        async with self._merging:
            light = self._tabs.weight <= LIGHT_BYTES
            ops = self._tabs.take() if light else await self._offload(self._tabs.take)
        if ops:
            await self.shared.take(Segment(self.shared.seq + 1, self._shared_at, ops))
            self.changed.notify()

    def _meet(self, member: Member) -> None:
        place = member.node, member.attempt
        known = self._logs.get(place)
        if known is None or known.member.shown != member.shown:
            known = self._logs[place] = _Log(member)
            self._open[place] = known
        elif member.over and not known.member.over:
            known.due = 0.0
        known.member = member
        if member.attempt > self._newest.get(member.node, -1):
            self._newest[member.node] = member.attempt
            if member.node in self._versions:  # the headline of the attempt before is its no more
                self._touch(known)

    async def _read_due(self) -> None:
        moment = self._clock()
        due = [each for each in self._open.values() if each.due <= moment]
        interval = max(LOOK, len(self._open) / LOOKS)
        turns = asyncio.Semaphore(AT_ONCE)

        async def read(each: _Log) -> None:
            async with turns:
                each.due = self._clock() + interval
                await self._pull(each)

        if len(due) == 1:
            await read(due[0])
        elif due:
            async with asyncio.TaskGroup() as tasks:
                for each in due:
                    tasks.create_task(read(each), name=f"deck-group-{each.member.node}")

    async def _pull(self, each: _Log) -> None:
        over = each.member.over
        each.troubled = False
        try:
            reader = await self._reader(each)
            if each.seq < 0:
                await self._begin(each)
            while each.seq >= 0 and (segment := await reader.next(each.seq)) is not None:
                await self._take_any(each, segment)
        except DeckError:  # cleared away, since a newer snapshot has it (``history=False``)
            await self._load(each)
        except (StoreError, DatabaseUnavailable) as error:
            log.warning("deck.unreadable deck=%s error=%s", each.member.shown.path, error)
            each.troubled = True
        if over and each.over_since is None:
            each.over_since = self._clock()

    async def _reader(self, each: _Log) -> LogReader:
        if each.opened is None:
            each.opened = await self._open_reader(each.member.shown)
        return each.opened

    async def _begin(self, each: _Log) -> None:
        """Read a short log from its beginning, else its snapshot and what follows it."""
        reader = await self._reader(each)
        first = await reader.next(0)
        if first is None or await reader.next(SHORT) is not None:
            await self._load(each)
        else:
            each.seq = 0
            await self._take_any(each, first)

    async def _load(self, each: _Log) -> None:
        document = await (await self._reader(each)).load()
        if document is None:
            await self._look_at_page(each)
            return
        if document.seq <= each.seq:
            return
        each.page = None
        each.seq, each.published_at = document.seq, document.at if document.seq else None
        headline, member = HeadlineReplay(), each.member

        def load() -> bool:
            headline.load(document)
            return self._tabs.load(member.task, member.attempt, document)

        async with self._merging:
            shared = load() if is_light_document(document) else await self._offload(load)
        each.headline = headline
        if shared:
            self._shared_at = max(self._shared_at, document.at)
        self._touch(each)

    async def _look_at_page(self, each: _Log) -> None:
        """Note when another library's page was last written."""
        page = await (await self._reader(each)).head()
        if page is None or not page.size or page.etag == each.page:
            return
        each.page, each.published_at = page.etag, rfc3339(page.modified)
        self._touch(each)

    async def _take_any(self, each: _Log, segment: Segment) -> None:
        async with self._merging:
            if self._is_light(each, segment):
                self._take(each, segment)
            elif segment.seq == each.seq + 1:
                # Viewers may be told the headline meanwhile.
                headline, member = each.headline.copy(), each.member

                def apply() -> tuple[bool, bool]:
                    return headline.apply(segment.ops), self._tabs.apply(member.task, member.attempt, segment.ops)

                changed, shared = await self._offload(apply)
                each.headline = headline
                self._note(each, segment, changed=changed, shared=shared)

    def _is_light(self, each: _Log, segment: Segment) -> bool:
        return is_light(segment.ops, {}) and self._tabs.weight_of(each.member.task) <= LIGHT_BYTES

    def _take(self, each: _Log, segment: Segment) -> None:
        if segment.seq != each.seq + 1:
            return  # a hint has told of it meanwhile
        changed = each.headline.apply(segment.ops)
        shared = self._tabs.apply(each.member.task, each.member.attempt, segment.ops)
        self._note(each, segment, changed=changed, shared=shared)

    def _note(self, each: _Log, segment: Segment, *, changed: bool, shared: bool) -> None:
        """Note that a segment was taken in, and what it changed."""
        each.seq, each.behind = segment.seq, 0.0
        each.published_at = segment.at or each.published_at
        if shared:
            self._shared_at = max(self._shared_at, segment.at)
            self._wake.notify()
        if changed or each.encoded is None or segment.seq == 1:
            self._touch(each)

    def _touch(self, each: _Log) -> None:
        each.encoded = None
        node = each.member.node
        if each.member.attempt == self._newest.get(node):
            self._version += 1
            self._versions[node] = self._version
            self._versions.move_to_end(node)
            self.changed.notify()

    def _close_finished(self) -> None:
        """Let go of Decks to which nothing is added any more."""
        for place, each in list(self._open.items()):
            if each.over_since is None or each.troubled:
                continue
            waits = each.member.flushing and self._clock() - each.over_since < FLUSH_TIME
            if each.headline.end is not None or not waits:
                del self._open[place]
                each.opened = _CLOSED  # which holds no page in memory
                if each.headline.end is None and each.seq >= 0:
                    each.died = True
                    self._tabs.end(each.member.task, each.member.attempt, "died")
                    self._touch(each)

    def _pause(self) -> float:
        """Seconds until the next look although nothing wakes the group."""
        if not self._open:
            return 60.0
        return min(max(0.0, min(each.due for each in self._open.values()) - self._clock()), LOOK)


class _Closed:
    """The reader of a Deck that nothing is added to."""

    async def load(self) -> None:
        """Nothing."""

    async def next(self, after_seq: int) -> None:
        """Nothing."""

    async def head(self) -> None:
        """Nothing."""


_CLOSED: Final = _Closed()


def _newest_first(versions: OrderedDict[str, int]) -> Iterator[tuple[str, int]]:
    return reversed(versions.items())
