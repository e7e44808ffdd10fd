"""A line chart as a small SVG, for pages where no script draws it."""

import html
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from livedeck.deck.numerals import format_number
from livedeck.deck.ops import Chart, Series

WIDTH, HEIGHT = 960, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 8, 26
_COLOURS = 8
_BUCKETS = 150  # of which each gives at most two points, the lowest and the highest
_Y_TICKS, _X_TICKS = 4, 8

Point = tuple[float, float]


class Span(NamedTuple):
    """A range of one axis."""

    low: float
    high: float

    def place(self, value: float) -> float:
        """Where a value lies, from 0 to 1."""
        return (value - self.low) / (self.high - self.low)


def chart_svg(chart: Chart) -> str:
    """The chart's lines and axes, thinned out to what a screen can show; empty when there is no point yet."""
    lines = [list(_runs(series, log_y=chart.log_y)) for series in chart.series]
    points = [point for runs in lines for run in runs for point in run]
    if not points:
        return ""
    x = _span([point[0] for point in points], margin=0)
    y = _span([point[1] for point in points], margin=0.06)
    drawn = "".join(_polylines(runs, x, y, index) for index, runs in enumerate(lines))
    label = html.escape(chart.title, quote=True)
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">'
        f"{_y_axis(y, log_y=chart.log_y)}{_x_axis(x)}{drawn}</svg>"
    )


def _runs(series: Series, *, log_y: bool) -> Iterator[list[Point]]:
    """The stretches of a series between its gaps, thinned out.

    A log holds points in the order in which they came, and x may start over; here they stand in that of x.
    """
    share = max(1, len(series.x) // _BUCKETS)
    run: list[Point] = []
    for x, y in sorted(zip(series.x, series.y, strict=False), key=_place):
        if x is not None and y is not None and (y > 0 or not log_y):
            run.append((x, math.log10(y) if log_y else y))
        elif run:
            yield list(_thinned(run, share))
            run = []
    if run:
        yield list(_thinned(run, share))


def _place(point: tuple[float | None, float | None]) -> float:
    return -math.inf if point[0] is None else point[0]


def _thinned(run: list[Point], share: int) -> Iterator[Point]:
    """The lowest and highest point of every ``share`` points: peaks are what a thinned line must keep."""
    if share <= 2:
        yield from run
        return
    for start in range(0, len(run), share):
        bucket = run[start : start + share]
        ends = {min(bucket, key=lambda point: point[1]), max(bucket, key=lambda point: point[1])}
        yield from sorted(ends)


def _span(values: Sequence[float], margin: float) -> Span:
    low, high = min(values), max(values)
    room = (high - low) * margin
    if low == high:
        room = abs(low) * 0.1 or 1.0
    return Span(low - room, high + room)


def _polylines(runs: list[list[Point]], x: Span, y: Span, index: int) -> str:
    colour = f"var(--ld-series-{index % _COLOURS})"
    drawn = []
    for run in runs:
        places = " ".join(f"{_left(x.place(px)):.1f},{_top(y.place(py)):.1f}" for px, py in run)
        if len(run) == 1:
            left, top = places.split(",")
            drawn.append(f'<circle cx="{left}" cy="{top}" r="2.5" style="fill:{colour}"/>')
        else:
            drawn.append(f'<polyline class="ld-line" style="stroke:{colour}" points="{places}"/>')
    return "".join(drawn)


def _y_axis(span: Span, *, log_y: bool) -> str:
    drawn = []
    for tick in _ticks(span, _Y_TICKS):
        top = f"{_top(span.place(tick)):.1f}"
        text = format_number(10**tick if log_y else tick)
        drawn.append(f'<line class="ld-grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{top}" y2="{top}"/>')
        drawn.append(
            f'<text class="ld-axis-text" x="{_LEFT - 8}" y="{top}" dy="0.35em" text-anchor="end">{text}</text>'
        )
    return "".join(drawn)


def _x_axis(span: Span) -> str:
    places = [(tick, _left(span.place(tick))) for tick in _ticks(span, _X_TICKS)]
    texts = (
        f'<text class="ld-axis-text" x="{left:.1f}" y="{HEIGHT - 6}" text-anchor="middle">{format_number(tick)}</text>'
        for tick, left in places
    )
    return "".join(texts)


def _ticks(span: Span, about: int) -> list[float]:
    """A few round numbers within a span."""
    rough = (span.high - span.low) / about
    power = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first = math.ceil(span.low / step)
    steps = itertools.takewhile(lambda i: (first + i) * step <= span.high, range(about * 3))
    return [float(f"{(first + i) * step:.12g}") for i in steps]


def _left(share: float) -> float:
    return _LEFT + share * (WIDTH - _LEFT - _RIGHT)


def _top(share: float) -> float:
    return HEIGHT - _BOTTOM - share * (HEIGHT - _BOTTOM - _TOP)
