"""A document as static HTML: what a deck.html shows without any script."""

import html
import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Final

from livedeck.deck import framed
from livedeck.deck.kinds import Frame
from livedeck.deck.ops import MOST_UNREADABLE, Document, Element, Tab
from livedeck.deck.raw import Raw
from livedeck.deck.renderers import render_error

TOGETHER: Final = 200
"""Elements in a frame that they share, at most: what one of them leaves open reaches no further."""


class StaticPage:
    """Renders one document; keeps count of what rendering may still cost.

    A tab whose HTML has scripts or styles has a frame of its own, so that they reach the rest of their tab and nothing
    else; what has to stand by itself has one within the tab.

    Args:
        document: What to show.
        style: CSS of the page, for frames within it.
    """

    def __init__(self, document: Document, style: str) -> None:
        self._document = document
        self._spent: Counter[str] = Counter()
        self.style = style

    def afford(self, purpose: str, cost: int, most: int) -> bool:
        """Whether something may still be done; see :class:`livedeck.deck.kinds.StaticPage`."""
        if self._spent[purpose] + cost > most:
            return False
        self._spent[purpose] += cost
        return True

    def pieces(self) -> Iterator[str | Raw]:
        """The tabs and panels in order; a :class:`Raw` stands where an element's own text goes."""
        decks = self._document.decks
        yield f'<main class="ld-page"{" data-ended" if self._document.end else ""}>'
        if not decks:
            yield empty("Nothing was published" if self._document.end else "Nothing published yet")
        if len(decks) > 1:
            yield from _tabs(decks)
        for index, deck in enumerate(decks):
            yield f'<section class="ld-panel" id="ld-panel-{index}" aria-label="{_quoted(deck.name)}">'
            frames = [element.frame(self) for element in deck.elements]
            if Frame.TAB in frames:
                inside = ['<main class="ld-page ld-panel">', *self._panel(deck, frames), "</main>"]
                yield from framed.framed(deck.name, framed.document(self.style, inside))
            else:
                yield from self._panel(deck, frames)
            yield "</section>"
        yield "</main>"

    def _panel(self, deck: Tab, frames: list[Frame]) -> Iterator[str | Raw]:
        placed = zip(deck.elements, frames, strict=True)
        for (group, shared), elements in itertools.groupby(placed, key=_standing):
            if group:
                yield f'<div class="{group}">'
            if shared:
                yield from self._together(list(elements))
            else:
                for element, frame in elements:
                    yield from self._guarded(element, frame)
            if group:
                yield "</div>"

    def _together(self, placed: list[tuple[Element, Frame]]) -> Iterator[str | Raw]:
        """Elements in frames that they share."""
        for begin in range(0, len(placed), TOGETHER):
            inside = [piece for each in placed[begin : begin + TOGETHER] for piece in self._guarded(*each)]
            yield '<div class="ld-element">'
            yield from framed.framed("HTML", framed.document(self.style, inside))
            yield "</div>"

    def _guarded(self, element: Element, frame: Frame) -> list[str | Raw]:
        try:
            return list(element.static(self, frame))
        except Exception as error:  # noqa: BLE001 - one element must not cost the others their page
            return [render_error(error, f"The {element.kind} {element.id!r} could not be drawn")]


def _standing(placed: tuple[Element, Frame]) -> tuple[str, bool]:
    """The CSS class of an element's group, and whether the element shares a frame."""
    element, frame = placed
    return element.traits.group, frame is Frame.SHARED


def unreadable_notice(document: Document) -> str:
    """Words about segments that could not be read, as in ``console/src/core/deckWords.ts``; none if all could be."""
    gone = document.unreadable
    if not gone:
        return ""
    count = f"{len(gone)} segments or more" if len(gone) >= MOST_UNREADABLE else f"{len(gone)} segments"
    each = html.escape("; ".join(f"segment {one.seq}: {one.reason}" for one in gone))
    what = f"What {'one segment' if len(gone) == 1 else count} changed is missing here ({each})."
    return (
        '<div class="ld-page ld-notices"><div class="ld-notice" role="alert"><p>'
        f"<strong>Part of this Deck cannot be read.</strong> {what}</p></div></div>"
    )


def empty(title: str, words: str = "") -> str:
    """Words where there is nothing to show."""
    return f'<div class="ld-empty"><strong>{html.escape(title)}</strong>{html.escape(words)}</div>'


def tab_rules(count: int) -> str:
    """The CSS that makes radio buttons into tabs: which panel is shown, which tab looks chosen."""
    if count < 2:
        return ""
    indexes = range(count)
    rest = ",".join(f"#ld-tab-{i}:not(:checked)~#ld-panel-{i}" for i in indexes)
    chosen = ",".join(f'#ld-tab-{i}:checked~.ld-tabs>[for="ld-tab-{i}"]' for i in indexes)
    focused = ",".join(f'#ld-tab-{i}:focus-visible~.ld-tabs>[for="ld-tab-{i}"]' for i in indexes)
    return (
        f"@media screen{{{rest}{{display:none}}}}"
        f"{chosen}{{--ld-tab-line:var(--ld-accent);--ld-tab-color:var(--ld-text);--ld-tab-mark:underline}}"
        f"{focused}{{outline:2px solid var(--ld-accent);outline-offset:-2px}}"
    )


def _tabs(decks: list[Tab]) -> Iterator[str]:
    for index, deck in enumerate(decks):
        checked = " checked" if index == 0 else ""
        yield (
            f'<input class="ld-choice" type="radio" name="ld-tab" id="ld-tab-{index}"'
            f' aria-label="{_quoted(deck.name)}"{checked}>'
        )
    labels = (
        # bdi: a name that turns the direction of what follows (U+202E) turns only itself.
        f'<label class="ld-tab" for="ld-tab-{i}"><bdi>{html.escape(deck.name)}</bdi></label>'
        for i, deck in enumerate(decks)
    )
    yield f'<div class="ld-tabs">{"".join(labels)}</div>'


def _quoted(text: str) -> str:
    return html.escape(text, quote=True)
