"""A document while a log is being replayed: mutable, so that a segment costs what it holds."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from livedeck.deck.buffers import ElementBuffer
from livedeck.deck.ops import (
    MOST_UNREADABLE,
    Document,
    Drop,
    Element,
    End,
    Extend,
    Op,
    Put,
    Segment,
    Tab,
    Unreadable,
)
from livedeck.errors import DeckError


class Replay:
    """Follows a log segment by segment; :meth:`document` gives the document as it stands.

    Args:
        document: Where to start, such as a snapshot; at an empty document by default.
    """

    def __init__(self, document: Document | None = None) -> None:
        start = document or Document()
        self.seq = start.seq
        """The last segment applied."""
        self.at = start.at
        self.end = start.end
        self.health = start.health
        self.unreadable = list(start.unreadable)
        self.decks: dict[str, dict[str, ElementBuffer[Any]]] = {
            deck.name: {element.id: element.buffer() for element in deck.elements} for deck in start.decks
        }
        self.weight = sum(buffer.weight for _, _, buffer in self.elements())
        """About how many bytes the document takes."""

    def apply(self, segment: Segment) -> bool:
        """Apply the next segment; an older one changes nothing. Say whether it was new.

        Raises:
            DeckError: segments between are missing.
        """
        if segment.seq <= self.seq:
            return False
        if segment.seq != self.seq + 1:
            raise DeckError(f"segment {segment.seq} does not follow {self.seq}: load the Deck again")
        self.apply_ops(segment.ops)
        self.seq = segment.seq
        if not segment.unreadable:
            health, why = segment.health, self.health.why
            self.at = segment.at
            self.health = msgspec.structs.replace(health, why=why) if why and not health.why else health
        elif len(self.unreadable) < MOST_UNREADABLE:
            self.unreadable.append(Unreadable(segment.seq, segment.unreadable))
        return True

    def apply_ops(self, ops: Iterable[Op]) -> None:
        """Apply ops in order; after an ``end``, nothing changes the document any more."""
        for op in ops:
            if self.end is None:
                self._apply(op)

    def document(self) -> Document:
        """The document as a value; applying more segments does not change it."""
        decks = [Tab(name, [buffer.element() for buffer in held.values()]) for name, held in self.decks.items()]
        return Document(self.seq, self.at, decks, self.end, self.health, list(self.unreadable))

    @property
    def count(self) -> int:
        """How many elements there are on all tabs."""
        return sum(map(len, self.decks.values()))

    def elements(self) -> Iterator[tuple[str, str, ElementBuffer[Any]]]:
        """Every element with the name of its deck and its id, in the order of the page."""
        for name, held in self.decks.items():
            for id_, buffer in held.items():
                yield name, id_, buffer

    def _apply(self, op: Op) -> None:
        match op:
            case Put(deck=name, element=element):
                self._put(name, element)
            case Extend(deck=name, element=element):
                held = self.decks.get(name, {}).get(element.id)
                if held is None or held.kind is not type(element):
                    self._put(name, element)
                else:
                    self.weight -= held.weight
                    held.extend(element)
                    self.weight += held.weight
            case Drop(deck=name, id=None):
                self.weight -= sum(buffer.weight for buffer in self.decks.pop(name, {}).values())
            case Drop(deck=name, id=str(id_)):
                gone = self.decks.get(name, {}).pop(id_, None)
                self.weight -= gone.weight if gone else 0
            case End():
                self.end = op

    def _put(self, deck: str, element: Element) -> None:
        elements = self.decks.setdefault(deck, {})
        before = elements.get(element.id)
        buffer = elements[element.id] = element.buffer()
        self.weight += buffer.weight - (before.weight if before else 0)
