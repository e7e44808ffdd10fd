"""A line chart as HTML and a small SVG, for pages where no script draws it.

Lines are stretched to the width of the page; ticks and words are text of the page, of one size on any screen.
"""

import html
import itertools
import math
from collections.abc import Iterator
from typing import NamedTuple

from livedeck.deck import axis
from livedeck.deck.axis import CHARACTER, Ticks
from livedeck.deck.kinds.chart import Chart, Series

SIZE = 1000
"""Width and height of the SVG, in its own units."""
COLOURS = 8
"""How many colours there are for lines; beyond, they come again, dashed."""
_DASHES = ("", "6 4", "2 3")
_BUCKETS = 150  # of which each gives at most two points, the lowest and the highest
_UPWARDS = 5  # ticks
_WIDTH = 300  # pixels that a narrow screen has for the ticks across
_MINUTE = 60.0  # around a single time

Point = tuple[float, float]


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


def chart_plot(chart: Chart) -> str:
    """The chart's lines and axes, thinned out to what a screen can show; empty when there is no point yet."""
    lines = [list(runs(series, log_y=chart.log_y)) for series in chart.series]
    points = [point for line in lines for run in line for point in run]
    if not points:
        return ""
    across, upwards = [x for x, _ in points], [y for _, y in points]
    y_range = axis.log_range if chart.log_y else axis.roomy_range
    x = Span(*axis.plain_range(min(across), max(across), 1.0 if chart.zone is None else _MINUTE))
    y = Span(*y_range(min(upwards), max(upwards)), chart.log_y)
    whole = all(value.is_integer() for value in map(float, across))
    x_ticks = axis.across(x.low, x.high, _WIDTH, whole=whole, zone=chart.zone)
    y_ticks = (axis.log_ticks if chart.log_y else axis.number_ticks)(y.low, y.high, _UPWARDS)
    drawn = "".join(_drawn(line, x, y, index) for index, line in enumerate(lines))
    label = html.escape(chart.title, quote=True)
    room = max(map(len, y_ticks.labels), default=0) * CHARACTER
    return (
        f'<div class="ld-axes" style="--ld-ticks:{room:.0f}px"><svg viewBox="0 0 {SIZE} {SIZE}"'
        f' preserveAspectRatio="none" role="img" aria-label="{label}">{_grid(x_ticks, x, y_ticks, y)}{drawn}</svg>'
        f"{_ticks('y', y_ticks, y)}{_ticks('x', x_ticks, x)}{_words(chart, x_ticks, y_ticks)}</div>"
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


def dash(index: int) -> str:
    """The dashes of a line, as SVG has them: none for the first eight."""
    return _DASHES[index // COLOURS % len(_DASHES)]


def runs(series: Series, *, log_y: bool) -> Iterator[list[Point]]:
    """The stretches that a series is drawn in, thinned out: it ends at a gap, and where x starts again.

    A line whose x are all different is drawn in the order of x, as workers may report in any order; one that comes to
    an x again is drawn as it came.
    """
    share = max(1, len(series.x) // _BUCKETS)
    for run in _stretches(series):
        for _, group in itertools.groupby(run, key=lambda point: _is_shown(point[1], log_y=log_y)):
            shown = [(x, y) for x, y in group if y is not None and _is_shown(y, log_y=log_y)]
            if shown:
                yield list(_thinned(shown, share))


def _is_shown(y: float | None, *, log_y: bool) -> bool:
    return y is not None and (y > 0 or not log_y)


def restarts(series: Series) -> int:
    """How often the x of a series starts again."""
    return sum(1 for _ in _stretches(series)) - 1


def _stretches(series: Series) -> Iterator[list[tuple[float, float | None]]]:
    points = [(x, y) for x, y in zip(series.x, series.y, strict=False) if x is not None]
    if len({x for x, _ in points}) == len(points):
        yield sorted(points, key=lambda point: point[0])
        return
    xs = [x for x, _ in points]
    breaks = [0, *(at for at in range(1, len(xs)) if _starts_again(xs, at)), len(xs)]
    yield from (points[begin:end] for begin, end in itertools.pairwise(breaks))


def _starts_again(x: list[float], at: int) -> bool:
    """Whether x, which goes up, starts again there: it jumps back, and goes up from there too."""
    return x[at] < x[at - 1] and (at < 2 or x[at - 2] < x[at - 1]) and (at + 1 == len(x) or x[at] < x[at + 1])


def _thinned(run: list[Point], share: int) -> Iterator[Point]:
    """The lowest and highest point of every ``share`` points: peaks are what a thinned line must keep."""
    if share <= 2:
        yield from run
        return
    for start in range(0, len(run), share):
        bucket = range(start, min(start + share, len(run)))
        ends = {min(bucket, key=lambda at: run[at][1]), max(bucket, key=lambda at: run[at][1])}
        yield from (run[at] for at in sorted(ends))


def _drawn(line: list[list[Point]], x: Span, y: Span, index: int) -> str:
    dashes = f";stroke-dasharray:{dash(index)}" if dash(index) else ""
    style = f'style="stroke:var(--ld-series-{index % COLOURS}){dashes}"'
    drawn = []
    for run in line:
        positions = [f"{x.share(px) * SIZE:.1f},{(1 - y.share(py)) * SIZE:.1f}" for px, py in run]
        if len(positions) == 1:  # a line of no length, with round ends
            drawn.append(f'<path class="ld-line ld-point" {style} d="M{positions[0]}h0"/>')
        else:
            drawn.append(f'<polyline class="ld-line" {style} points="{" ".join(positions)}"/>')
    return "".join(drawn)


def _grid(x_ticks: Ticks, x: Span, y_ticks: Ticks, y: Span) -> str:
    levels = (f"M0,{(1 - y.share(position)) * SIZE:.1f}H{SIZE}" for position in y_ticks.positions)
    columns = (f"M{x.share(position) * SIZE:.1f},0V{SIZE}" for position in x_ticks.positions)
    return f'<path class="ld-grid" d="{"".join([*levels, *columns])}"/>'


def _ticks(name: str, ticks: Ticks, span: Span) -> str:
    side = "left" if name == "x" else "bottom"
    return "".join(
        f'<span class="ld-tick ld-tick-{name}" style="{side}:{span.share(position) * 100:.2f}%">{label}</span>'
        for position, label in zip(ticks.positions, ticks.labels, strict=True)
    )


def _words(chart: Chart, x: Ticks, y: Ticks) -> str:
    words = {"y-base": y.base, "y-label": chart.y_label, "x-label": chart.x_label, "x-base": x.base}
    return "".join(
        f'<span class="ld-tick ld-{position}">{html.escape(text)}</span>' for position, text in words.items() if text
    )
