"""Keeping a Deck within its size: what goes first when there is too much, and how the Deck says so."""

import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from livedeck.deck.grown import Grown, text_bytes
from livedeck.deck.libraries import LIBRARY_IDS
from livedeck.deck.ops import Drop, Extend, Html, Markdown, Op, Progress, Put, Value
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


def plan(elements: Iterable[tuple[str, str, Grown]], excess: int, limit: int) -> list[Cut]:
    """What must go for elements to become lighter by ``excess`` bytes.

    First whatever is larger than the whole limit; then data that was appended to elements, from each in
    proportion and the oldest of it; then blocks of text, the oldest first. Where that is not enough even to be within
    the limit, what the page can least do without: a script that no figure is left for, tiles and bars, the rest of what
    data was appended to.
    """
    slack = limit - int(limit * _TARGET)
    cuts: dict[tuple[str, str], Cut] = {}
    found = [item for item in elements if item[1] != NOTICE]
    for deck, id_, grown in found:
        if grown.weight > limit and not grown.appended:
            excess -= grown.weight
            cuts[deck, id_] = Cut(deck, id_, grown, 1)
    growing = [item for item in found if item[2].appended]
    total = sum(grown.weight - grown.fixed for _, _, grown in growing)
    share = min(0.95, excess / total) if total else 0
    for deck, id_, grown in growing if share > 0 else ():
        if freed := grown.loose(share):
            excess -= freed
            cuts[deck, id_] = Cut(deck, id_, grown, share)
    steady = [item for item in found if not item[2].appended and item[2].weight <= limit]
    blocks = [item for item in steady if item[2].kind in {Html, Markdown} and item[1] not in LIBRARY_IDS]
    scripts = [item for item in steady if item[1] in LIBRARY_IDS]
    tiles = [item for item in steady if item[2].kind in {Progress, Value}]
    for least, those in ((0, blocks), (slack, scripts), (slack, tiles), (slack, growing)):
        for deck, id_, grown in those if excess > least else ():
            if excess > 0:
                before = cuts.get((deck, id_))
                excess -= grown.weight - (grown.loose(before.share) if before else 0)
                cuts[deck, id_] = Cut(deck, id_, grown, 1)
    return list(cuts.values())


def shrink(pending: Pending, limit: int) -> list[tuple[str, str]]:
    """Make merged ops fit a limit, in bytes.

    Returns:
        Deck and id of each element that nothing is left of.
    """
    cuts = plan(pending.elements(), pending.weight - int(limit * _TARGET), limit)
    for cut in cuts:
        if not cut.whole:
            cut.grown.drop_oldest(cut.share)
            pending.begin_anew(cut.deck, cut.id)
        elif _is_too_large(cut, limit):
            pending.put(cut.deck, _too_large(cut, limit))
        else:
            pending.drop(cut.deck, cut.id)
    for deck in dict.fromkeys(cut.deck for cut in cuts if not _is_too_large(cut, limit)):
        pending.put(deck, _notice(limit))
    pending.reweigh()
    return [(cut.deck, cut.id) for cut in cuts if cut.whole]


def make_room(replay: Replay, batch: list[Op], room: int, limit: int) -> tuple[list[Op], list[tuple[str, str]]]:
    """The ops after which a batch fits into a document within a limit; none when it does already.

    Args:
        replay: The document; it is left alone.
        batch: What is to be applied to it. What that replaces or drops is neither counted nor cut.
        room: The weight of what the batch puts and appends.
        limit: Bytes.

    Returns:
        The ops, and deck and id of each element that nothing is left of.
    """
    if replay.weight + room <= limit:
        return [], []
    going = set(_going(replay, batch))
    staying = [item for item in replay.elements() if item[:2] not in going]
    weight = room + sum(grown.weight for _, _, grown in staying)
    if weight <= limit:
        return [], []
    cuts = plan(staying, weight - int(limit * _TARGET), limit)
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


def _going(replay: Replay, batch: list[Op]) -> Iterator[tuple[str, str]]:
    """Deck and id of what ops replace or drop; an ``extend`` replaces what is of another kind."""
    for op in batch:
        match op:
            case Put(deck=deck, element=element):
                yield deck, element.id
            case Extend(deck=deck, element=element):
                held = replay.decks.get(deck, {}).get(element.id)
                if held is not None and (held.kind is not type(element) or held.kind in {Progress, Value}):
                    yield deck, element.id
            case Drop(deck=deck, id=str(id_)):
                yield deck, id_
            case Drop(deck=deck):
                yield from ((deck, id_) for id_ in replay.decks.get(deck, {}))
            case _:
                pass


def _is_too_large(cut: Cut, limit: int) -> bool:
    """Whether words about its size take its place; they stand under its id, which may be what is so large."""
    return cut.whole and cut.grown.weight > limit >= 2 * text_bytes(cut.id)


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
