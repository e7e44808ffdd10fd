"""Charts as HTML and a small SVG, for pages where no script draws them: axes, legend, colours.

Pictures are stretched to the width of the page; ticks and words are text of the page, of one size on any screen.
"""

import html
import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from livedeck.deck.axis import CHARACTER, Ticks

SIZE = 1000
"""Width and height of the SVG, in its own units."""
COLOURS = 8
"""How many colours there are for series; beyond, they come again, dashed."""
_DASHES = ("", "6 4", "2 3")
_ROWS: Final = 200  # of a table of data


class Words(NamedTuple):
    """What is said of a picture and its axes."""

    title: str
    x_label: str
    y_label: str


class Span(NamedTuple):
    """A range of one axis."""

    low: float
    high: float
    logarithmic: bool = False

    def share(self, value: float) -> float:
        """Where a value lies, from 0 to 1."""
        if self.logarithmic:
            return (math.log10(value) - math.log10(self.low)) / (math.log10(self.high) - math.log10(self.low))
        return (value / 4 - self.low / 4) / (self.high / 4 - self.low / 4)  # their difference may be no number


class Axis(NamedTuple):
    """A range, and what is written along it."""

    span: Span
    ticks: Ticks


def picture(drawn: str, x: Axis, y: Axis, words: Words, *, grid: bool = True) -> str:
    """What is drawn, within axes.

    Args:
        drawn: SVG, in units from 0 to `SIZE`.
        x: The horizontal axis.
        y: The vertical axis.
        words: What is said of the picture and its axes.
        grid: Whether there is one for what lies across.
    """
    room = max(map(len, y.ticks.labels), default=0) * CHARACTER
    lines = _grid(x if grid else Axis(x.span, Ticks([], [])), y)
    label = html.escape(words.title, quote=True)
    return (
        f'<div class="ld-axes" style="--ld-ticks:{room:.0f}px"><svg viewBox="0 0 {SIZE} {SIZE}"'
        f' preserveAspectRatio="none" role="img" aria-label="{label}">{lines}{drawn}</svg>'
        f"{_ticks('y', y)}{_ticks('x', x)}{_words(words, x.ticks, y.ticks)}</div>"
    )


def legend_key(name: str, index: int) -> str:
    """A line's colour and name."""
    dashed = " data-dashed" if dash(index) else ""
    swatch = f'<span class="ld-swatch"{dashed} style="color:var(--ld-series-{index % COLOURS})"></span>'
    return f'<span class="ld-key">{swatch}{html.escape(name)}</span>'


def counted(said: Mapping[str, int], what: str) -> list[str]:
    """Words about what could not be drawn, each with the number of points, bars, values or cells that it is about."""
    return [f"{words} ({count:,} {what if count == 1 else f'{what}s'})" for words, count in said.items()]


def notes(said: Sequence[str]) -> str:
    """What is said below a chart."""
    lines = "".join(f"<li>{html.escape(words)}</li>" for words in said)
    return f'<ul class="ld-chart-notes">{lines}</ul>' if lines else ""


def data_table(rows: Sequence[Sequence[str]]) -> str:
    """The data of a chart as a table that opens; the first row has the names of the columns."""
    if len(rows) < 2:
        return ""
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in rows[0])
    body = "".join(
        f"<tr>{''.join(f'<td>{html.escape(text)}</td>' for text in row)}</tr>" for row in rows[1 : _ROWS + 1]
    )
    count = f"Table, {len(rows) - 1:,} {'row' if len(rows) == 2 else 'rows'}"
    count += f", the first {_ROWS} shown" if len(rows) - 1 > _ROWS else ""
    return (
        f'<details class="ld-data"><summary>{count}</summary><div tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div></details>"
    )


def dash(index: int) -> str:
    """The dashes of a line, as SVG has them: none for the first eight."""
    return _DASHES[index // COLOURS % len(_DASHES)]


def _grid(x: Axis, y: Axis) -> str:
    levels = (f"M0,{(1 - y.span.share(position)) * SIZE:.1f}H{SIZE}" for position in y.ticks.positions)
    columns = (f"M{x.span.share(position) * SIZE:.1f},0V{SIZE}" for position in x.ticks.positions)
    return f'<path class="ld-gridlines" d="{"".join([*levels, *columns])}"/>'


def _ticks(name: str, axis: Axis) -> str:
    side = "left" if name == "x" else "bottom"
    places = (f"{side}:{axis.span.share(position) * 100:.2f}%" for position in axis.ticks.positions)
    return "".join(
        f'<span class="ld-tick ld-tick-{name}" style="{place}">{html.escape(label)}</span>'
        for place, label in zip(places, axis.ticks.labels, strict=True)
    )


def _words(said: Words, x: Ticks, y: Ticks) -> str:
    words = {"y-base": y.base, "y-label": said.y_label, "x-label": said.x_label, "x-base": x.base}
    return "".join(
        f'<span class="ld-tick ld-{position}">{html.escape(text)}</span>' for position, text in words.items() if text
    )
