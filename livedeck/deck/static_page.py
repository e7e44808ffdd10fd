"""A document as static HTML: what a deck.html shows without any script."""

import html
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from livedeck.deck import arrangement, framed
from livedeck.deck.arrangement import Placed, Run
from livedeck.deck.kinds import Children, Frame
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
        ended: Whether the task is over, also where it died before the document could say so.
    """

    def __init__(self, document: Document, style: str, *, ended: bool = False) -> None:
        self._document = document
        self._ended = ended or document.end is not None
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
        yield f'<main class="ld-page"{" data-ended" if self._ended else ""}>'
        if not decks:
            yield empty("Nothing was published" if self._ended else "Nothing published yet")
        if len(decks) > 1:
            yield from _tabs(decks)
        for index, deck in enumerate(decks):
            yield f'<section class="ld-panel" id="ld-panel-{index}" aria-label="{_quoted(deck.name)}">'
            yield f'<h2 class="ld-panel-title"><bdi>{html.escape(deck.name)}</bdi></h2>'
            frames = [element.frame(self) for element in deck.elements]
            if Frame.TAB in frames:
                ended = " data-ended" if self._ended else ""
                inside = [f'<main class="ld-page ld-panel"{ended}>', *self._panel(deck, frames), "</main>"]
                yield from framed.framed(deck.name, framed.document(self.style, inside))
            else:
                yield from self._panel(deck, frames)
            yield "</section>"
        yield "</main>"

    def _panel(self, deck: Tab, frames: list[Frame]) -> Iterator[str | Raw]:
        by_id = {element.id: frame for element, frame in zip(deck.elements, frames, strict=True)}
        yield from self._level(arrangement.arranged(deck.elements), by_id)

    def _level(
        self, placed: Iterable[Placed[Element]], frames: Mapping[str, Frame], holder: Element | None = None
    ) -> Iterator[str | Raw]:
        """Elements that stand in one place, with what stands in them."""
        for (group, _), alike in itertools.groupby(arrangement.runs(placed, holder), key=_box):
            boxed = list(alike)
            yield from _opened(boxed[0], group)
            members = [each for run in boxed for each in run.placed]
            for shared, some in itertools.groupby(members, key=lambda each: frames[each.element.id] is Frame.SHARED):
                neighbours = list(some)
                yield from self._together(neighbours) if shared else self._apart(neighbours, frames)
            yield ("</div>" if group else "") + ("</details>" if boxed[0].title else "")

    def _apart(self, placed: Iterable[Placed[Element]], frames: Mapping[str, Frame]) -> Iterator[str | Raw]:
        for each in placed:
            for piece in self._guarded(each.element, frames[each.element.id], holds=bool(each.children)):
                if isinstance(piece, Children):
                    yield from self._level(each.children, frames, each.element)
                else:
                    yield piece

    def _together(self, placed: list[Placed[Element]]) -> Iterator[str | Raw]:
        """Elements in frames that they share."""
        for begin in range(0, len(placed), TOGETHER):
            some = placed[begin : begin + TOGETHER]
            inside = [piece for each in some for piece in self._guarded(each.element, Frame.SHARED)]
            yield '<div class="ld-element">'
            yield from framed.framed("HTML", framed.document(self.style, inside))  # type: ignore[arg-type] # no children
            yield "</div>"

    def _guarded(self, element: Element, frame: Frame, *, holds: bool = False) -> list[str | Raw | Children]:
        try:
            return list(element.static(self, frame))
        except Exception as error:  # noqa: BLE001 - one element must not cost the others their page
            failed = render_error(error, f"The {element.kind} {element.id!r} could not be drawn")
            return [failed, Children.HERE] if holds else [failed]


def _box(run: Run[Element]) -> tuple[str, str]:
    """The box that a run stands in: its CSS class, and what found groups are told apart by."""
    return run.group, run.key


def _opened(run: Run[Element], group: str) -> Iterator[str]:
    """The beginning of a run's box."""
    if run.title:
        count = f'<span class="ld-count">{len(run.placed):,}</span>'
        title = f"<h2><bdi>{html.escape(run.title)}</bdi></h2>"
        yield f'<details class="ld-section" open><summary>{title}{count}</summary>'
    if group:
        yield f'<div class="{group}">'


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
