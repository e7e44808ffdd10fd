"""A document while a log is being replayed: mutable, so that a segment costs what it holds."""

from collections.abc import Iterable, Iterator

from livedeck.deck.grown import Grown
from livedeck.deck.ops import Deck, Document, Drop, End, Extend, Op, Put, Segment
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
        self.decks: dict[str, dict[str, Grown]] = {
            deck.name: {element.id: Grown(element) for element in deck.elements} for deck in start.decks
        }

    @property
    def weight(self) -> int:
        """About how many bytes the document takes."""
        return sum(grown.weight for elements in self.decks.values() for grown in elements.values())

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
        self.seq, self.at, self.health = segment.seq, segment.at, segment.health
        return True

    def apply_ops(self, ops: Iterable[Op]) -> None:
        """Apply ops in order; after an ``end``, nothing changes the document any more."""
        for op in ops:
            if self.end is None:
                self._apply(op)

    def document(self) -> Document:
        """The document as a value; applying more segments does not change it."""
        decks = [Deck(name, [grown.element() for grown in held.values()]) for name, held in self.decks.items()]
        return Document(self.seq, self.at, decks, self.end, self.health)

    def elements(self) -> Iterator[tuple[str, str, Grown]]:
        """Every element with the name of its deck and its id, in the order of the page."""
        for name, held in self.decks.items():
            for id_, grown in held.items():
                yield name, id_, grown

    def _apply(self, op: Op) -> None:
        match op:
            case Put(deck=name, element=element):
                self.decks.setdefault(name, {})[element.id] = Grown(element)
            case Extend(deck=name, element=element):
                elements = self.decks.setdefault(name, {})
                held = elements.get(element.id)
                if held is not None and held.kind is type(element):
                    held.extend(element)
                else:
                    elements[element.id] = Grown(element)
            case Drop(deck=name, id=None):
                self.decks.pop(name, None)
            case Drop(deck=name, id=str(id_)):
                self.decks.get(name, {}).pop(id_, None)
            case End():
                self.end = op
