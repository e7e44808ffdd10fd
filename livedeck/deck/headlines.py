"""The headline of a Deck: how far it is, its first values, its first chart, for where many Decks stand side by side."""

from collections.abc import Iterable
from typing import Any, Final

from livedeck.deck.buffers import ElementBuffer
from livedeck.deck.ops import Document, Drop, Element, End, Extend, Op, Put
from livedeck.deck.shared_tabs import is_shared

POINTS: Final = 64
"""Points of a line in a headline, about: it is drawn a hundred pixels wide."""

_Place = tuple[str, str]


class HeadlineReplay:
    """Follows a Deck's log and keeps its headline alone, whatever else the Deck holds.

    Which kinds of element stand in a headline, and how many of each, their traits say: the first of each kind, in the
    order in which they came. What is dropped makes room for what comes later.
    """

    def __init__(self) -> None:
        self.end: End | None = None
        """How the Deck ended, if it has."""
        self._held: dict[_Place, ElementBuffer[Any]] = {}
        self._counts: dict[type, int] = {}

    @property
    def elements(self) -> list[Element]:
        """The headline."""
        return [buffer.element() for buffer in self._held.values()]

    def copy(self) -> "HeadlineReplay":
        """Return another that goes on from here."""
        other = HeadlineReplay()
        other.end = self.end
        other._held = {place: buffer.element().buffer() for place, buffer in self._held.items()}
        other._counts = dict(self._counts)
        return other

    def load(self, document: Document) -> None:
        """Begin anew with a document."""
        self._held, self._counts = {}, {}
        self.apply(Put(tab.name, element) for tab in document.decks for element in tab.elements)
        self.end = document.end

    def apply(self, ops: Iterable[Op]) -> bool:
        """Take in ops; say whether they changed the headline, or ended the Deck."""
        changed = False
        for op in ops:
            match op:
                case Put(deck=deck, element=element):
                    changed |= self._put((deck, element.id), element)
                case Extend(deck=deck, element=element):
                    changed |= self._extend((deck, element.id), element)
                case Drop(deck=deck, id=None):
                    gone = [place for place in self._held if place[0] == deck]
                    changed |= sum(map(self._drop, gone)) > 0
                case Drop(deck=deck, id=str(id_)):
                    changed |= self._drop((deck, id_))
                case End():
                    self.end, changed = op, True
        return changed

    def _put(self, place: _Place, element: Element) -> bool:
        kind = type(element)
        before = self._held.get(place)
        if before is not None and before.kind is not kind:
            self._drop(place)
            before = None
        if before is None:
            if is_shared(place[0]) or self._counts.get(kind, 0) >= kind.traits.headline:
                return False
            self._counts[kind] = self._counts.get(kind, 0) + 1
        buffer = self._held[place] = element.buffer()
        buffer.thin(POINTS)
        return True

    def _extend(self, place: _Place, element: Element) -> bool:
        held = self._held.get(place)
        if held is None or held.kind is not type(element):
            return self._put(place, element)
        held.extend(element)
        held.thin(POINTS)
        return True

    def _drop(self, place: _Place) -> bool:
        gone = self._held.pop(place, None)
        if gone is None:
            return False
        self._counts[gone.kind] -= 1
        return True
