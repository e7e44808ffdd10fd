"""Whatever goes wrong between a task and a viewer, the viewer ends up with exactly the final document.

The publisher's logic is driven step by step: each step may fail, be carried out twice, or be carried out with its
reply lost; readers come and go at any moment; time passes in any amounts.
"""

import asyncio
import enum
import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from livedeck.deck import segments, snapshot
from livedeck.deck.ops import Document, Drop, End, Extend, Html, Put, Segment
from livedeck.deck.pending import Pending
from livedeck.deck.publish_machine import Create, Finished, Inspect, Outcome, Overwrite, PublishMachine, Remove, Wait
from livedeck.deck.reader import Reader
from livedeck.deck.replay import Replay
from livedeck.deck.settings import DeckPublish
from livedeck.errors import DeckError, ObjectExists, ObjectNotFound
from livedeck.store import Store, open_store
from livedeck.store.layout import DECK, segment_key
from livedeck.testing.clock import FakeClock
from tests.deck.applying import apply_ops
from tests.deck.strategies import ops
from tests.examples import examples

END = End("succeeded", "2026-11-24T12:00:00.000Z")
_names = itertools.count()


class Fault(enum.Enum):
    NONE = "none"
    FAILS = "fails"
    LOSES_REPLY = "loses reply"
    DUPLICATES = "is carried out twice, and the second reply is what counts"


class Task:
    """A task's publisher without its thread."""

    def __init__(self, publish: DeckPublish) -> None:
        self.store = open_store(f"memory://log-properties-{next(_names)}")
        self.clock = FakeClock()
        self.logic = PublishMachine(publish, title="t", wall=self.clock.time, rng=lambda: 0.5)
        self.log: dict[int, bytes] = {}  # every segment that ever was stored
        self.published: list[Any] = []
        self.foreign = False

    def publish(self, batch: list[Put | Drop | Extend]) -> None:
        self.published.extend(batch)
        pending = Pending()
        for op in batch:
            pending.add(op)
        if pending:
            self.logic.offer(pending, self.clock.monotonic())

    def step(self, fault: Fault) -> bool:
        """Carry out one step; False when there is nothing to do for now."""
        step = self.logic.next(self.clock.monotonic())
        if isinstance(step, Wait | Finished):
            return False
        outcome, found = (Outcome.FAILED, None) if fault is Fault.FAILS else self._perform(step)
        if fault is Fault.DUPLICATES:
            outcome, found = self._perform(step)
        elif fault is Fault.LOSES_REPLY:
            outcome, found = Outcome.FAILED, None
        self.logic.done(step, outcome, self.clock.monotonic(), found=found)
        return True

    def interfere(self) -> None:
        """Somebody else takes the next number of the log."""
        seq = len(self.log) + 1
        data = segments.encode(Segment(seq, "2026-11-24T12:00:00.000Z", [Put("foreign", Html("f", str(seq)))]))
        self.store.create(segment_key(seq), data)
        self.log[seq] = data
        self.foreign = True

    def finish(self) -> None:
        self.logic.finish(END, self.clock.monotonic())
        for _ in range(1000):
            if not self.step(Fault.NONE):
                if isinstance(self.logic.next(self.clock.monotonic()), Finished):
                    return
                self.clock.advance(1)
        raise AssertionError("the publisher does not come to an end")

    def _perform(self, step: Any) -> tuple[Outcome, bytes | None]:
        try:
            match step:
                case Create(key=key, data=data, seq=seq):
                    self.store.create(key, data)
                    self.log[seq] = data
                case Overwrite(key=key, data=data):
                    self.store.put(key, data)
                case Inspect(key=key):
                    return Outcome.LANDED, self.store.get(key)
                case Remove(key=key):
                    self.store.delete(key)
        except ObjectExists:
            return Outcome.TAKEN, None
        except ObjectNotFound:
            return Outcome.LANDED, None
        return Outcome.LANDED, None

    def replayed(self) -> Document:
        """The whole log, one by one, from its beginning."""
        replay = Replay()
        assert list(self.log) == list(range(1, len(self.log) + 1)), "the log has gaps"
        for data in self.log.values():
            replay.apply(segments.decode(data))
        return replay.document()


class Viewer:
    """Follows a Deck as the control plane does."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.restart()

    def restart(self) -> None:
        self._reader = Reader(self._store)
        self.replay: Replay | None = None

    async def look(self) -> bool:
        """Read one thing more; False when there is nothing new."""
        if self.replay is None:
            document = await self._reader.load()
            self.replay = Replay(document) if document else None
            return document is not None
        try:
            segment = await self._reader.next(self.replay.seq)
        except DeckError:
            self.restart()
            return True
        return segment is not None and self.replay.apply(segment)


actions = st.one_of(
    st.tuples(st.just("publish"), st.lists(ops, max_size=4)),
    st.tuples(st.just("step"), st.sampled_from(Fault)),
    st.tuples(st.just("wait"), st.sampled_from([0.01, 0.1, 1.0, 20.0])),
    st.tuples(st.just("look"), st.none()),
    st.tuples(st.just("restart viewer"), st.none()),
)
publishes = st.builds(
    DeckPublish,
    min_interval=st.sampled_from([0.0, 0.05]),
    snapshot_interval=st.sampled_from([0.0, 0.5]),
    history=st.booleans(),
)


async def play(task: Task, viewer: Viewer, script: list[Any]) -> None:
    for action, argument in script:
        match action:
            case "publish":
                task.publish(argument)
            case "step":
                task.step(argument)
            case "wait":
                task.clock.advance(argument)
            case "look":
                await viewer.look()
            case "restart viewer":
                viewer.restart()
            case "interfere":
                if segment_key(len(task.log) + 1) not in set(task.store.list()):
                    task.interfere()
        if page := task.store.head(DECK) and snapshot.parse(task.store.get(DECK)):
            check_snapshot(task, page)


def check_snapshot(task: Task, page: Document) -> None:
    """A snapshot and the segments after it are the same as all segments."""
    replay = Replay(page)
    for seq in range(page.seq + 1, len(task.log) + 1):
        replay.apply(segments.decode(task.log[seq]))
    document = replay.document()
    if document.seq:  # the placeholder has a time of its own
        assert document == task.replayed()


async def catch_up(viewer: Viewer) -> Document:
    misses = 0
    while misses < 20:
        misses = 0 if await viewer.look() else misses + 1
    assert viewer.replay is not None
    return viewer.replay.document()


def expected(published: list[Put | Drop | Extend]) -> Document:
    """What the ops make one by one."""
    return content(apply_ops(Document(), [*published, END]))


def content(document: Document) -> Document:
    """A document without what depends on when it was flushed."""
    return Document(0, "", document.decks, document.end)


@given(publishes, st.lists(actions, max_size=40))
@examples(300)
def test_the_viewer_gets_exactly_the_final_document(publish: DeckPublish, script: list[Any]) -> None:
    async def scenario() -> None:
        task = Task(publish)
        viewer = Viewer(task.store)
        await play(task, viewer, script)
        task.finish()
        document = task.replayed()
        assert content(document) == expected(task.published)
        assert task.logic.replay.document() == document
        assert snapshot.parse(task.store.get(DECK)) == document
        assert await catch_up(viewer) == document
        viewer.restart()
        assert await catch_up(viewer) == document

    asyncio.run(scenario())


@given(publishes, st.lists(actions | st.tuples(st.just("interfere"), st.none()), max_size=40))
@examples(150)
def test_somebody_else_in_the_log_costs_nothing_of_ours(
    publish: DeckPublish, script: list[tuple[str, float | list[Put | Drop | Extend] | Fault | None]]
) -> None:
    async def scenario() -> None:
        task = Task(publish)
        viewer = Viewer(task.store)
        await play(task, viewer, script)
        task.finish()
        document = task.replayed()
        assert document.end == END
        ours = [deck for deck in document.decks if deck.name != "foreign"]
        assert ours == expected(task.published).decks
        assert await catch_up(viewer) == document

    asyncio.run(scenario())
