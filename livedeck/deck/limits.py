"""Keeping a Deck within its size: what goes first when there is too much, and how the Deck says so."""

import html
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import msgspec

from livedeck.deck import bounds
from livedeck.deck.buffers import ElementBuffer, text_bytes
from livedeck.deck.libraries import LIBRARY_IDS
from livedeck.deck.numerals import format_size
from livedeck.deck.ops import Drop, Element, Extend, Html, Op, Put, Segment
from livedeck.deck.pending import Pending
from livedeck.deck.replay import Replay

NOTICE = "livedeck-notice"  # id of the element that says what is missing
NOT_SHOWN = "livedeck-not-shown"  # of the one that says that a Deck holds more than is shown of any
_NOTICES = "default"  # the tab that says so where there is no other: `DEFAULT` in `page.py`, which knows this module
_TARGET = 0.75  # shrink to this share of the limit, so that it does not happen at every flush


@dataclass(frozen=True)
class Trim:
    """An element that is to become lighter, or to go."""

    deck: str
    id: str
    buffer: ElementBuffer[Any]
    share: float
    """How much of it goes, its oldest part first; 1: the element itself."""

    @property
    def whole(self) -> bool:
        """Whether nothing of it stays."""
        return self.share >= 1


def plan(elements: Iterable[tuple[str, str, ElementBuffer[Any]]], excess: int, limit: int) -> list[Trim]:
    """What must go for elements to become lighter by ``excess`` bytes.

    First whatever is larger than the whole limit; then data that was appended to elements, from each in
    proportion and the oldest of it; then blocks of text, the oldest first. Where that is not enough even to be within
    the limit, what the page can least do without: a script that no figure is left for, tiles and bars, the rest of what
    data was appended to.
    """
    slack = limit - int(limit * _TARGET)
    trims: dict[tuple[str, str], Trim] = {}
    found = [item for item in elements if item[1] != NOTICE]
    for deck, id_, buffer in found:
        if buffer.weight > limit and not buffer.appended:
            excess -= buffer.weight
            trims[deck, id_] = Trim(deck, id_, buffer, 1)
    growing = [item for item in found if item[2].appended]
    total = sum(buffer.weight - buffer.fixed for _, _, buffer in growing)
    share = min(0.95, excess / total) if total else 0
    for deck, id_, buffer in growing if share > 0 else ():
        if freed := buffer.loose(share):
            excess -= freed
            trims[deck, id_] = Trim(deck, id_, buffer, share)
    steady = [item for item in found if not item[2].appended and item[2].weight <= limit]
    blocks = [item for item in steady if not item[2].kind.traits.tile and item[1] not in LIBRARY_IDS]
    scripts = [item for item in steady if item[1] in LIBRARY_IDS]
    tiles = [item for item in steady if item[2].kind.traits.tile]
    for least, those in ((0, blocks), (slack, scripts), (slack, tiles), (slack, growing)):
        for deck, id_, buffer in those if excess > least else ():
            if excess > 0:
                before = trims.get((deck, id_))
                excess -= buffer.weight - (buffer.loose(before.share) if before else 0)
                trims[deck, id_] = Trim(deck, id_, buffer, 1)
    return list(trims.values())


def shrink(pending: Pending, limit: int) -> list[tuple[str, str]]:
    """Make merged ops fit a limit, in bytes.

    Returns:
        Deck and id of each element that nothing is left of.
    """
    trims = plan(pending.elements(), pending.weight - int(limit * _TARGET), limit)
    for trim in trims:
        if not trim.whole:
            trim.buffer.drop_oldest(trim.share)
            pending.begin_anew(trim.deck, trim.id)
        elif _is_too_large(trim, limit):
            pending.put(trim.deck, _too_large(trim, limit))
        else:
            pending.drop(trim.deck, trim.id)
    for deck in dict.fromkeys(trim.deck for trim in trims if not _is_too_large(trim, limit)):
        pending.put(deck, _notice(limit))
    pending.reweigh()
    return [(trim.deck, trim.id) for trim in trims if trim.whole]


def make_room(replay: Replay, batch: list[Op], room: int, limit: int) -> tuple[list[Op], list[tuple[str, str]]]:
    """The ops after which a batch fits into a document within a limit; none when it does already.

    Args:
        replay: The document; it is left alone.
        batch: What is to be applied to it. What that replaces or drops is neither counted nor trimmed.
        room: The weight of what the batch puts and appends.
        limit: Bytes.

    Returns:
        The ops, and deck and id of each element that nothing is left of.
    """
    if replay.weight + room <= limit:
        return [], []
    going = set(_going(replay, batch))
    staying = [item for item in replay.elements() if item[:2] not in going]
    weight = room + sum(buffer.weight for _, _, buffer in staying)
    if weight <= limit:
        return [], []
    trims = plan(staying, weight - int(limit * _TARGET), limit)
    ops: list[Op] = []
    for trim in trims:
        if trim.whole:
            ops.append(Drop(trim.deck, trim.id))
        else:
            kept = trim.buffer.element().buffer()
            kept.drop_oldest(trim.share)
            ops.append(Put(trim.deck, kept.element()))
    ops.extend(Put(deck, _notice(limit)) for deck in dict.fromkeys(trim.deck for trim in trims))
    return ops, [(trim.deck, trim.id) for trim in trims if trim.whole]


def within(replay: Replay, segment: Segment, document_bytes: int = bounds.DOCUMENT_BYTES) -> Segment:
    """A segment without what would make a document larger than any may be, and with words about that.

    Tasks keep their Decks within the bounds by themselves, the oldest data going first; but anything may write a log.

    Args:
        replay: The document that the segment is to be applied to.
        segment: What somebody wrote.
        document_bytes: What the document may weigh.
    """
    if _is_ample(replay, segment.ops, document_bytes):
        return segment
    allowance = _Allowance(replay, document_bytes)
    ops = [op for op in segment.ops if allowance.takes(op)]
    if len(ops) == len(segment.ops):
        return segment
    words = (
        f"This Deck holds more than is shown of one: {bounds.TABS} tabs, {bounds.NAMES} characters in their names, "
        f"{bounds.ELEMENTS} elements, {bounds.LINES} lines a chart, {format_size(document_bytes)}."
    )
    named = (op.deck for op in ops if isinstance(op, Put | Extend))
    tab = next(iter(replay.decks), None) or next(named, _NOTICES)
    return msgspec.structs.replace(segment, ops=[Put(tab, notice(NOT_SHOWN, words)), *ops])


def _is_ample(replay: Replay, ops: Sequence[Op], document_bytes: int) -> bool:
    """Whether there is room for ops whatever they do; cheap, since there nearly always is."""
    if len(replay.decks) + len(ops) > bounds.TABS or replay.count + len(ops) > bounds.ELEMENTS:
        return False
    weight, names = replay.weight, sum(map(len, replay.decks))
    for op in ops:
        if isinstance(op, Put | Extend):
            names += 0 if op.deck in replay.decks else len(op.deck)
            if names > bounds.NAMES:
                return False
            held = replay.decks.get(op.deck, {}).get(op.element.id)
            more = op.element.buffer()
            weight += more.weight
            if len(more.lines) + (len(held.lines) if held else 0) > bounds.LINES:
                return False
    return weight <= document_bytes


class _Allowance:
    """Counts how much more a document may hold, while a segment is gone through op by op."""

    def __init__(self, replay: Replay, document_bytes: int) -> None:
        self._replay = replay
        self._document_bytes = document_bytes
        self._tabs = set(replay.decks)
        self._names = sum(map(len, self._tabs))
        self._held: dict[str, dict[str, _Held]] = {}
        self._elements = replay.count
        self._weight = replay.weight

    def takes(self, op: Op) -> bool:
        """Whether an op still fits; if so it is counted."""
        match op:
            case Put() | Extend():
                return self._takes(op)
            case Drop(deck=deck, id=None):
                for id_ in list(self._ids(deck)):
                    self._drop(deck, id_)
                self._names -= len(deck) if deck in self._tabs else 0
                self._tabs.discard(deck)
            case Drop(deck=deck, id=str(id_)):
                self._drop(deck, id_)
            case _:
                pass
        return True

    def _takes(self, op: Put | Extend) -> bool:
        # What is cheap to know comes first: there may be very many ops for which there is no room.
        is_new = op.deck not in self._tabs
        if is_new and (len(self._tabs) >= bounds.TABS or self._names + len(op.deck) > bounds.NAMES):
            return False
        before = self._ids(op.deck).get(op.element.id)
        if before is None and self._elements >= bounds.ELEMENTS:
            return False
        after = _Held.of(op.element).added_to(before if isinstance(op, Extend) else None)
        weight = self._weight + after.weight - (before.weight if before else 0)
        if weight > self._document_bytes or len(after.lines) > bounds.LINES:
            return False
        self._tabs.add(op.deck)
        self._names += len(op.deck) if is_new else 0
        self._elements += before is None
        self._weight = weight
        self._ids(op.deck)[op.element.id] = after
        return True

    def _drop(self, deck: str, id_: str) -> None:
        gone = self._ids(deck).pop(id_, None)
        if gone is not None:
            self._elements -= 1
            self._weight -= gone.weight

    def _ids(self, deck: str) -> "dict[str, _Held]":
        held = self._held.get(deck)
        if held is None:
            elements = self._replay.decks.get(deck, {})
            held = self._held[deck] = {id_: _Held(buffer.weight, buffer.lines) for id_, buffer in elements.items()}
        return held


@dataclass(frozen=True)
class _Held:
    """What one element takes of the room."""

    weight: int
    lines: AbstractSet[str]
    """Of a chart, their names."""

    @classmethod
    def of(cls, element: Element) -> "_Held":
        buffer = element.buffer()
        return cls(buffer.weight, buffer.lines)

    def added_to(self, before: "_Held | None") -> "_Held":
        """At most what an element takes once this one was appended to it; None: there was none before."""
        return self if before is None else _Held(self.weight + before.weight, self.lines | before.lines)


def notice(id_: str, words: str) -> Html:
    """An element with which livedeck speaks for itself; the words are plain text."""
    return Html(id_, f'<div class="ld-notice"><p>{html.escape(words)}</p></div>')


def _going(replay: Replay, batch: list[Op]) -> Iterator[tuple[str, str]]:
    """Deck and id of what ops replace or drop; an ``extend`` replaces what is of another kind."""
    for op in batch:
        match op:
            case Put(deck=deck, element=element):
                yield deck, element.id
            case Extend(deck=deck, element=element):
                held = replay.decks.get(deck, {}).get(element.id)
                if held is not None and (held.kind is not type(element) or not held.kind.traits.grows):
                    yield deck, element.id
            case Drop(deck=deck, id=str(id_)):
                yield deck, id_
            case Drop(deck=deck):
                yield from ((deck, id_) for id_ in replay.decks.get(deck, {}))
            case _:
                pass


def _is_too_large(trim: Trim, limit: int) -> bool:
    """Whether words about its size replace an element. They stand under its id, unless that is what is so large."""
    return trim.whole and trim.buffer.weight > limit >= 2 * text_bytes(trim.id)


def _notice(limit: int) -> Html:
    return notice(
        NOTICE,
        f"Older data was left out here: the Deck had outgrown its limit of {format_size(limit)} "
        "(DeckPublish.max_bytes).",
    )


def _too_large(trim: Trim, limit: int) -> Html:
    return notice(
        trim.id,
        f"An element of about {format_size(trim.buffer.weight)} was left out: this Deck may hold "
        f"{format_size(limit)} in all (DeckPublish.max_bytes). Show a part of the "
        "data, or save it as a file and link to it.",
    )
