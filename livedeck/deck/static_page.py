"""A document as static HTML: what a deck.html shows without any script."""

import html
import itertools
import math
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from livedeck.deck import framed
from livedeck.deck.framed import Raw
from livedeck.deck.markup import acts_on_document, is_balanced, is_whole_document
from livedeck.deck.numerals import format_delta, format_number, format_value
from livedeck.deck.ops import MOST_UNREADABLE, Chart, Deck, Document, Element, Html, Markdown, Progress, Value
from livedeck.deck.plot import COLOURS, chart_plot, dash, restarts
from livedeck.deck.renderers import render_error
from livedeck.deck.tables import numeric

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

MARKDOWN_BUDGET = 128 * 1024
"""How many characters of Markdown one page renders. Rendering is pure Python and would slow the task beside it; what
is beyond is shown as it was written."""

BALANCE_BUDGET = 10_000
"""How many tags of raw HTML one page looks through for elements that are left open; what is beyond has a frame."""

LONG_FIGURE = 14
"""Characters beyond which a value has the room of two tiles."""


class StaticPage:
    """Renders one document; keeps count of what rendering may still cost.

    A tab whose HTML has scripts or styles has a frame of its own, so that they reach the rest of their tab and nothing
    else; HTML that is a whole page, or leaves elements open, has one by itself.

    Args:
        document: What to show.
        style: CSS of the page, for frames within it.
    """

    def __init__(self, document: Document, style: str) -> None:
        self._document = document
        self._style = style
        self._budget = MARKDOWN_BUDGET
        self._balance_budget = BALANCE_BUDGET

    def pieces(self) -> Iterator[str | Raw]:
        """The tabs and panels in order; a :class:`Raw` stands where raw HTML goes."""
        decks = self._document.decks
        yield f'<main class="ld-page"{" data-ended" if self._document.end else ""}>'
        if not decks:
            yield empty("Nothing was published" if self._document.end else "Nothing published yet")
        if len(decks) > 1:
            yield from _tabs(decks)
        for index, deck in enumerate(decks):
            yield f'<section class="ld-panel" id="ld-panel-{index}" aria-label="{_quoted(deck.name)}">'
            alone = {element.id for element in deck.elements if isinstance(element, Html) and self._is_alone(element)}
            if any(isinstance(e, Html) and e.id not in alone and acts_on_document(e.html) for e in deck.elements):
                inside = ['<main class="ld-page ld-panel">', *self._panel(deck, alone), "</main>"]
                yield from framed.framed(deck.name, framed.document(self._style, inside))
            else:
                yield from self._panel(deck, alone)
            yield "</section>"
        yield "</main>"

    def _is_alone(self, element: Html) -> bool:
        """Whether it has a frame by itself."""
        if is_whole_document(element.html):
            return True
        if acts_on_document(element.html):
            return False
        self._balance_budget -= element.html.count("<")
        return self._balance_budget < 0 or not is_balanced(element.html)

    def _panel(self, deck: Deck, alone: set[str]) -> Iterator[str | Raw]:
        for tiles, elements in itertools.groupby(deck.elements, key=lambda element: isinstance(element, Value)):
            if tiles:
                yield '<div class="ld-values">'
            for element in elements:
                yield from self._guarded(element, alone=element.id in alone)
            if tiles:
                yield "</div>"

    def _guarded(self, element: Element, *, alone: bool) -> list[str | Raw]:
        try:
            return list(self._element(element, alone=alone))
        except Exception as error:  # noqa: BLE001 - one element must not cost the others their page
            return [render_error(error, f"The {type(element).__name__.lower()} {element.id!r} could not be drawn")]

    def _element(self, element: Element, *, alone: bool) -> Iterator[str | Raw]:
        match element:
            case Html(html=raw):
                yield '<div class="ld-element ld-html">'
                if not alone:
                    yield Raw(raw)
                elif is_whole_document(raw):
                    yield from framed.framed("Report", framed.whole_document(raw))
                else:
                    yield from framed.framed("HTML", framed.document(self._style, [Raw(raw)]))
                yield "</div>"
            case Markdown(text=text):
                yield f'<div class="ld-element ld-markdown">{self._markdown(text)}</div>'
            case Progress():
                yield _progress(element)
            case Value():
                yield _value(element)
            case Chart():
                yield _chart(element)

    def _markdown(self, text: str) -> str:
        if len(text) > self._budget:
            return f"<pre>{html.escape(text)}</pre>"
        self._budget -= len(text)
        return str(_markdown_it().render(text))


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


def _tabs(decks: list[Deck]) -> Iterator[str]:
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


def _progress(bar: Progress) -> str:
    words = f" {bar.unit}" if bar.unit else ""
    amount = f"{format_number(bar.value)}{words}"
    share, state = 1.0, " data-indeterminate"
    if bar.total is not None and bar.total > 0:
        share = min(1.0, max(0.0, bar.value / bar.total))
        percent = math.floor(min(100, max(0, bar.value * 100 / bar.total)))  # 0.29 * 100 is less than 29
        amount = f"{format_number(bar.value)} of {format_number(bar.total)}{words} · {percent} %"
        state = " data-done" if share == 1 else ""
    return (
        f'<div class="ld-element ld-progress"{state}><div class="ld-progress-head">'
        f'<span class="ld-label">{html.escape(bar.label)}</span>'
        f'<span class="ld-amount">{html.escape(amount)}</span></div>'
        f'<div class="ld-track"><div class="ld-bar" style="width:{share * 100:g}%"></div></div></div>'
    )


def _value(tile: Value) -> str:
    unit = f'<span class="ld-unit">{html.escape(tile.unit)}</span>' if tile.unit else ""
    change = ""
    if tile.delta is not None:
        sign = "up" if tile.delta > 0 else "down" if tile.delta < 0 else "same"
        change = f'<div class="ld-delta" data-sign="{sign}">{format_delta(tile.delta)}</div>'
    words = format_value(tile.value)
    kind = " data-words" if isinstance(tile.value, str) and not numeric([words]) else ""
    return (
        f'<div class="ld-element ld-value"{kind}{" data-long" if len(words) > LONG_FIGURE else ""}>'
        f'<div class="ld-label">{html.escape(tile.label)}</div><div class="ld-number">'
        f'<span class="ld-figure" style="--ld-length:{len(words)}">{html.escape(words)}</span>{unit}</div>'
        f"{change}</div>"
    )


def _chart(chart: Chart) -> str:
    plot = chart_plot(chart) or empty("No points" if chart.notes else "No points yet")
    keys = "".join(
        f'<span class="ld-key"><span class="ld-swatch"{" data-dashed" if dash(index) else ""}'
        f' style="color:var(--ld-series-{index % COLOURS})"></span>{html.escape(series.name)}</span>'
        for index, series in enumerate(chart.series)
    )
    notes = "".join(f"<li>{html.escape(note)}</li>" for note in chart_notes(chart))
    return (
        f'<div class="ld-element ld-chart"><h3 class="ld-chart-title">{html.escape(chart.title)}</h3>'
        f'<div class="ld-plot">{plot}</div><div class="ld-legend">{keys}</div>'
        f"{f'<ul class=ld-chart-notes>{notes}</ul>' if notes else ''}</div>"
    )


def chart_notes(chart: Chart) -> list[str]:
    """What is said below a chart of what it could not draw."""
    notes = [f"{words} ({count:,} {'point' if count == 1 else 'points'})" for words, count in chart.notes.items()]
    hidden = sum(y is not None and y <= 0 for line in chart.series for y in line.y) if chart.log_y else 0
    if hidden:
        words = "not above zero, for which a logarithmic axis has no place"
        notes.append(f"{words} ({hidden:,} {'point' if hidden == 1 else 'points'})")
    for line in chart.series:
        if again := restarts(line):
            times = "once" if again == 1 else f"{again:,} times"
            notes.append(f"x of {line.name} starts again {times}; each pass is a line of its own")
    return notes


def _quoted(text: str) -> str:
    return html.escape(text, quote=True)


@cache
def _markdown_it() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # noqa: PLC0415 - loads only when a Deck holds Markdown, in the publisher's thread

    renderer = MarkdownIt("commonmark", {"html": False}).enable("table")
    renderer.core.ruler.push("numbers_at_the_right", _align_numbers)
    return renderer


def _align_numbers(state: "StateCore") -> None:
    """Columns of numbers of which the author has not said where they stand."""
    tables: list[list[list[tuple[Token, str]]]] = []
    for at, token in enumerate(state.tokens):
        if token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            tables[-1].append([])
        elif token.type in {"th_open", "td_open"}:
            tables[-1][-1].append((token, state.tokens[at + 1].content))
    for rows in tables:
        for head, *cells in zip(*rows, strict=True):
            if numeric([text for _, text in cells]):
                for token, _ in (head, *cells):
                    token.attrs.setdefault("style", "text-align:right")
