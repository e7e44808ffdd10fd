"""Keeping a Deck within its size: what goes first when there is too much, and how the Deck says so."""

import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from livedeck.deck.grown import ELEMENT_BYTES, Grown
from livedeck.deck.ops import Drop, Html, Markdown, Op, Put
from livedeck.deck.pending import Pending
from livedeck.deck.replay import Replay

NOTICE = "livedeck-notice"  # id of the element that says what is missing
_TARGET = 0.75  # shrink to this share of the limit, so that it does not happen at every flush


@dataclass(frozen=True)
class Cut:
    """What is to be done about one element."""

    deck: str
    id: str
    grown: Grown
    share: float
    """How much of it goes, its oldest part first; 1: the element itself."""

    @property
    def whole(self) -> bool:
        """Whether nothing of it stays."""
        return self.share >= 1


def plan(elements: Iterable[tuple[str, str, Grown]], excess: int, limit: int) -> Iterator[Cut]:
    """What must go for elements to become lighter by ``excess`` bytes.

    First whatever is larger than the whole limit; then data that was appended to elements, from each in
    proportion and the oldest of it; then blocks of text, the oldest first.
    """
    found = [item for item in elements if item[1] != NOTICE]
    for deck, id_, grown in found:
        if grown.weight > limit and not grown.appended:
            excess -= grown.weight
            yield Cut(deck, id_, grown, 1)
    growing = [item for item in found if item[2].appended]
    total = sum(grown.weight - ELEMENT_BYTES for _, _, grown in growing)
    share = min(0.95, excess / total) if total else 0
    for deck, id_, grown in growing if share > 0 else ():
        excess -= int((grown.weight - ELEMENT_BYTES) * share)
        yield Cut(deck, id_, grown, share)
    for deck, id_, grown in found:
        if excess <= 0:
            return
        if not grown.appended and grown.kind in {Html, Markdown} and grown.weight <= limit:
            excess -= grown.weight
            yield Cut(deck, id_, grown, 1)


def shrink(pending: Pending, limit: int) -> list[tuple[str, str]]:
    """Make merged ops fit a limit, in bytes.

    Returns:
        Deck and id of each element that nothing is left of.
    """
    cuts = list(plan(pending.elements(), pending.weight - int(limit * _TARGET), limit))
    for cut in cuts:
        if not cut.whole:
            cut.grown.drop_oldest(cut.share)
            pending.begin_anew(cut.deck, cut.id)
        elif cut.grown.weight > limit:
            pending.put(cut.deck, _too_large(cut, limit))
        else:
            pending.drop(cut.deck, cut.id)
    for deck in dict.fromkeys(cut.deck for cut in cuts if not _is_too_large(cut, limit)):
        pending.put(deck, _notice(limit))
    pending.reweigh()
    return [(cut.deck, cut.id) for cut in cuts if cut.whole]


def make_room(replay: Replay, room: int, limit: int) -> tuple[list[Op], list[tuple[str, str]]]:
    """The ops after which a document has room for so many bytes more within a limit; none when it has that already.

    Returns:
        The ops, and deck and id of each element that nothing is left of. The document itself is left alone.
    """
    if replay.weight + room <= limit:
        return [], []
    cuts = list(plan(replay.elements(), replay.weight + room - int(limit * _TARGET), limit))
    ops: list[Op] = []
    for cut in cuts:
        if cut.whole:
            ops.append(Drop(cut.deck, cut.id))
        else:
            kept = Grown(cut.grown.element())
            kept.drop_oldest(cut.share)
            ops.append(Put(cut.deck, kept.element()))
    ops.extend(Put(deck, _notice(limit)) for deck in dict.fromkeys(cut.deck for cut in cuts))
    return ops, [(cut.deck, cut.id) for cut in cuts if cut.whole]


def notice(id_: str, words: str) -> Html:
    """An element with which livedeck speaks for itself; the words are plain text."""
    return Html(id_, f'<div class="ld-notice"><p>{html.escape(words)}</p></div>')


def size(count: float) -> str:
    """A number of bytes for people."""
    for unit in ("bytes", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.3g} {unit}"
        count /= 1024
    return f"{count:.3g} GiB"


def _is_too_large(cut: Cut, limit: int) -> bool:
    return cut.whole and cut.grown.weight > limit


def _notice(limit: int) -> Html:
    return notice(
        NOTICE,
        f"Older data was left out here: the Deck had outgrown its limit of {size(limit)} (DeckPublish.max_bytes).",
    )


def _too_large(cut: Cut, limit: int) -> Html:
    return notice(
        cut.id,
        f"An element of about {size(cut.grown.weight)} was left out: this Deck may hold {size(limit)} in all "
        "(DeckPublish.max_bytes). Show a part of the data, or save it as a file and link to it.",
    )
