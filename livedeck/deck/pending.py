"""Ops that wait to be flushed, merged as they come: the last ``put`` wins, ``extend`` is concatenated.

Whatever is merged here leaves a document exactly as the ops one by one would have left it, the order of decks
and elements included; the property tests hold it to that. The size is that of what the ops leave behind, however
many there were.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from livedeck.deck.buffers import ElementBuffer
from livedeck.deck.ops import Drop, Element, End, Extend, Html, Op, Put

_TOUCH = "livedeck-touch"  # id of an element that is put and dropped at once, only to bring its deck into being


class _Entry:
    """What is to be done about one element: drop what is there, then put or extend."""

    __slots__ = ("buffer", "drops", "extends")

    def __init__(self, buffer: ElementBuffer[Any] | None, *, extends: bool = False, drops: bool = False) -> None:
        self.buffer = buffer
        self.extends = extends
        self.drops = drops

    def ops(self, deck: str, id_: str, *, fresh: bool) -> Iterator[Op]:
        if self.drops:
            yield Drop(deck, id_)
        if self.buffer is not None:
            extends = self.extends and not fresh
            yield Extend(deck, self.buffer.element()) if extends else Put(deck, self.buffer.element())


class _Changes:
    """What is to be done about one deck."""

    __slots__ = ("drops", "entries", "made")

    def __init__(self, *, drops: bool = False) -> None:
        self.drops = drops  # the deck as it was goes first
        self.made = False  # some op among those merged has brought the deck into being
        self.entries: dict[str, _Entry] = {}

    def ops(self, deck: str) -> Iterator[Op]:
        if self.drops:
            yield Drop(deck)
        if self.made and all(entry.buffer is None for entry in self.entries.values()):
            yield Put(deck, Html(_TOUCH, ""))
            yield Drop(deck, _TOUCH)
        for id_, entry in self.entries.items():
            yield from entry.ops(deck, id_, fresh=self.drops)


class Pending:
    """Merged ops. False when there is nothing to flush. Not locked: its owner sees to that."""

    __slots__ = ("_decks", "end", "weight")

    def __init__(self) -> None:
        # In the order in which the decks come into being, which is not always that of the first op: dropping an
        # element of a deck that is not there does nothing.
        self._decks: dict[str, _Changes] = {}
        self.end: End | None = None
        self.weight = 0
        """About how many bytes the merged ops hold."""

    def __bool__(self) -> bool:
        return bool(self._decks) or self.end is not None

    def add(self, op: Op) -> None:
        """Merge one more op."""
        match op:
            case Put(deck=deck, element=element):
                self.put(deck, element)
            case Extend(deck=deck, element=element):
                self.extend(deck, element)
            case Drop(deck=deck, id=id_):
                self.drop(deck, id_)
            case End():
                self.end = self.end or op

    def put(self, deck: str, element: Element) -> None:
        """Merge a ``put``."""
        self._put(deck, element.id, element.buffer(), extends=False)

    def extend(self, deck: str, element: Element) -> None:
        """Merge an ``extend``."""
        if self.end is not None:
            return
        entry = self._making(deck).entries.get(element.id)
        if entry is None or entry.buffer is None:
            self._put(deck, element.id, element.buffer(), extends=True)
        elif entry.buffer.kind is type(element):
            self.weight -= entry.buffer.weight
            entry.buffer.extend(element)
            self.weight += entry.buffer.weight
        else:
            # Of another kind than what was put: it replaces. Of another kind than what was extended: whichever
            # kind the document holds, the later one is what remains.
            self._put(deck, element.id, element.buffer(), extends=False)

    def drop(self, deck: str, id_: str | None = None) -> None:
        """Merge a ``drop`` of an element, or of the whole deck."""
        if self.end is not None:
            return
        if id_ is None:
            gone = self._decks.pop(deck, None)
            self.weight -= sum(e.buffer.weight for e in gone.entries.values() if e.buffer) if gone else 0
            self._decks[deck] = _Changes(drops=True)
            return
        changes = self._decks.setdefault(deck, _Changes())
        gone_entry = changes.entries.pop(id_, None)
        if gone_entry is not None and gone_entry.buffer is not None:
            self.weight -= gone_entry.buffer.weight
        # The element may also be in the document, unless the deck goes first; so the op itself stays.
        if not changes.drops:
            changes.entries[id_] = _Entry(None, drops=True)

    def unput(self, deck: str, id_: str) -> None:
        """Take back a ``put`` of an element that the document has not: unlike after a drop, nothing of it stays."""
        changes = self._decks.get(deck)
        entry = changes.entries.get(id_) if changes else None
        if changes is None or entry is None or entry.buffer is None:
            return
        self.weight -= entry.buffer.weight
        if entry.drops:
            entry.buffer = None
        else:
            del changes.entries[id_]

    def absorb(self, later: "Pending") -> None:
        """Merge all of a later batch, which must not be used afterwards. No text is copied."""
        for deck, changes in later._decks.items():  # noqa: SLF001 - of its own class
            if changes.drops:
                self.drop(deck)
            if changes.made and self.end is None:
                self._making(deck)
            for id_, entry in changes.entries.items():
                if entry.drops:
                    self.drop(deck, id_)
                if entry.buffer is not None:
                    self._absorb(deck, id_, entry.buffer, extends=entry.extends and not entry.drops)
        self.end = self.end or later.end

    def makes(self, deck: str) -> bool:
        """Whether some op brings a deck into being, if it is not there already."""
        return deck in self._decks and self._decks[deck].made

    def arrange(self, names: Iterable[str]) -> None:
        """Let those of these decks that there are changes for come after all others, in this order."""
        for name in names:
            changes = self._decks.pop(name, None)
            if changes is not None:
                self._decks[name] = changes

    def ops(self) -> list[Op]:
        """The merged ops, fewest that do the same."""
        merged: list[Op] = []
        for deck, changes in self._decks.items():
            merged.extend(changes.ops(deck))
        if self.end is not None:
            merged.append(self.end)
        return merged

    @property
    def count(self) -> int:
        """How many elements something is to be done about."""
        return sum(len(changes.entries) for changes in self._decks.values())

    def prune(self, known: Callable[[str, str], bool]) -> None:
        """Forget drops of elements that are not in the document, which ``known`` tells by deck and id."""
        for deck, changes in self._decks.items():
            gone = [id_ for id_, entry in changes.entries.items() if entry.buffer is None and not known(deck, id_)]
            for id_ in gone:
                del changes.entries[id_]

    def elements(self) -> Iterator[tuple[str, str, ElementBuffer[Any]]]:
        """Every element that is put or extended, with its deck and id, oldest first within a deck."""
        for deck, changes in self._decks.items():
            for id_, entry in changes.entries.items():
                if entry.buffer is not None:
                    yield deck, id_, entry.buffer

    def begin_anew(self, deck: str, id_: str) -> None:
        """Let what was to be appended to an element replace it: data in between is gone, so older data goes too."""
        self._decks[deck].entries[id_].extends = False

    def reweigh(self) -> None:
        """Add the weight up again, after elements were made lighter from outside."""
        self.weight = sum(buffer.weight for _, _, buffer in self.elements())

    def _absorb(self, deck: str, id_: str, buffer: ElementBuffer[Any], *, extends: bool) -> None:
        entry = self._decks[deck].entries.get(id_) if deck in self._decks else None
        if extends and entry is not None and entry.buffer is not None:
            self.extend(deck, buffer.element())
        else:
            self._put(deck, id_, buffer, extends=extends)

    def _put(self, deck: str, id_: str, buffer: ElementBuffer[Any], *, extends: bool) -> None:
        if self.end is not None:
            return
        entries = self._making(deck).entries
        entry = entries.get(id_)
        self.weight += buffer.weight
        if entry is None:
            entries[id_] = _Entry(buffer, extends=extends)
        elif entry.buffer is None:
            # It was dropped, so it comes back at the end.
            del entries[id_]
            entries[id_] = _Entry(buffer, drops=entry.drops)
        else:
            self.weight -= entry.buffer.weight
            entry.buffer, entry.extends = buffer, extends

    def _making(self, deck: str) -> _Changes:
        """The changes of a deck that an op is about to bring into being if it is not there."""
        changes = self._decks.get(deck)
        if changes is None:
            changes = self._decks[deck] = _Changes()
        if not changes.made:
            changes.made = True
            if len(self._decks) > 1:
                self._decks[deck] = self._decks.pop(deck)
        return changes
