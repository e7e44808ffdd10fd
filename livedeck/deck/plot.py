"""A chart as HTML and a small SVG, for pages where no script draws it."""

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from livedeck.deck import axis
from livedeck.deck.digits import floats
from livedeck.deck.kinds.chart import Band, Chart, Mark, Series
from livedeck.deck.svg import COLOURS, SIZE, Axis, Span, Words, counted, dash, picture

_BUCKETS = 150  # of which each gives at most two points, the lowest and the highest
_UPWARDS = 5  # ticks
_ACROSS = 6
_WIDTH = 300  # pixels that a narrow screen has for the ticks across
_MINUTE = 60.0  # around a single time
_DOTS = 1500  # points of one series of a scatter chart

Point = tuple[float, float]
Edge = tuple[float, float, float]
"""Of a band: x, the lower bound and the upper one."""


class Log(NamedTuple):
    """Which axes are logarithmic."""

    x: bool
    y: bool

    def has(self, x: float, y: float | None) -> bool:
        """Whether there is a place for a point."""
        return y is not None and (x > 0 or not self.x) and (y > 0 or not self.y)


def chart_plot(chart: Chart) -> str:
    """The chart's lines and axes, thinned out to what a screen can show; empty when there is no point yet."""
    log = Log(chart.log_x and chart.zone is None, chart.log_y)
    lines = [list(runs(series, log=log, whole=chart.mark == "scatter")) for series in chart.series]
    bands = [_edges(band, log) for band in chart.bands]
    points = [point for line in lines for run in line for point in run]
    points += [(x, y) for band in bands for pair in band for run in pair for x, *ends in run for y in ends]
    if not points:
        return ""
    across, upwards = [x for x, _ in points], [y for _, y in points]
    if chart.mark == "area" and not chart.log_y:
        upwards.append(0.0)
    y_range = axis.log_range if chart.log_y else axis.roomy_range
    x = _across(min(across), max(across), logarithmic=log.x, zone=chart.zone)
    y = Span(*y_range(min(upwards), max(upwards)), chart.log_y)
    whole = all(value.is_integer() for value in map(float, across))
    x_ticks = (
        axis.log_ticks(x.low, x.high, _ACROSS)
        if log.x
        else axis.across(x.low, x.high, _WIDTH, whole=whole, zone=chart.zone)
    )
    y_ticks = (axis.log_ticks if chart.log_y else axis.number_ticks)(y.low, y.high, _UPWARDS)
    places = {name: place for place, name in enumerate(names(chart))}
    drawn = "".join(_drawn_band(band, x, y, places[each.name]) for each, band in zip(chart.bands, bands, strict=True))
    drawn += "".join(
        _drawn(line, x, y, places[series.name], chart.mark) for series, line in zip(chart.series, lines, strict=True)
    )
    return picture(drawn, Axis(x, x_ticks), Axis(y, y_ticks), Words(chart.title, chart.x_label, chart.y_label))


def names(chart: Chart) -> list[str]:
    """The names of its lines, and of the bands that are not around one of them."""
    return list(dict.fromkeys([*(line.name for line in chart.series), *(band.name for band in chart.bands)]))


def _across(low: float, high: float, *, logarithmic: bool, zone: str | None) -> Span:
    if logarithmic:
        return Span(*axis.log_range(low, high), True) if low == high else Span(low, max(high, low * (1 + 1e-12)), True)
    return Span(*axis.plain_range(low, high, 1.0 if zone is None else _MINUTE))


def chart_notes(chart: Chart) -> list[str]:
    """What is said below a chart of what it could not draw."""
    notes = counted(chart.notes, "point")
    log_x = chart.log_x and chart.zone is None
    columns = [([floats(line.y)], floats(line.x)) for line in chart.series]
    columns += [(list(map(floats, band.bounds)), floats(band.x)) for band in chart.bands]
    beside = sum(x is not None and x <= 0 for _, xs in columns for x in xs) if log_x else 0
    placed = [(x, y) for ys, xs in columns for y_column in ys for x, y in zip(xs, y_column, strict=False)]
    below = [x for x, y in placed if x is not None and y is not None and y <= 0] if chart.log_y else []
    hidden = sum(x > 0 or not log_x for x in below)
    for count, what in ((beside, "x not above zero"), (hidden, "not above zero")):
        if count:
            words = f"{what}, for which a logarithmic axis has no place"
            notes.append(f"{words} ({count:,} {'point' if count == 1 else 'points'})")
    for line in chart.series:
        if again := restarts(line):
            times = "once" if again == 1 else f"{again:,} times"
            notes.append(f"x of {line.name} starts again {times}; each pass is a line of its own")
    return notes


def runs(series: Series, *, log: Log, whole: bool = False) -> Iterator[list[Point]]:
    """The stretches that a series is drawn in, thinned out: it ends at a gap, and where x starts again.

    A line whose x are all different is drawn in the order of x, as workers may report in any order; one that comes to
    an x again is drawn as it came.

    Args:
        series: The points.
        log: Which axes have no place for some of them.
        whole: Whether all points are wanted, as far as a picture may have them, and not only those that a line needs.
    """
    share = max(1, len(series.x) // _BUCKETS)
    for run in _stretches(floats(series.x), floats(series.y)):
        for _, group in itertools.groupby(run, key=lambda point: log.has(*point)):
            shown = [(x, y) for x, y in group if y is not None and log.has(x, y)]
            if shown:
                yield shown[:: max(1, len(series.x) // _DOTS)] if whole else list(_thinned(shown, share))


def _edges(band: Band, log: Log) -> list[list[list[Edge]]]:
    """For each pair of bounds, the outermost first, the stretches between them: x, the lower and the upper one."""
    share = max(1, len(band.x) // _BUCKETS)
    half = len(band.bounds) // 2
    xs, bounds = floats(band.x), list(map(floats, band.bounds))
    pairs = []
    for low, high in zip(bounds[:half], reversed(bounds[half:]), strict=True):
        tops = dict(zip(xs, high, strict=False))
        stretches: list[list[Edge]] = []
        for run in _stretches(xs, low):
            edges = [(x, y, tops.get(x)) for x, y in run]
            for _, group in itertools.groupby(edges, key=lambda edge: log.has(*edge[:2]) and log.has(edge[0], edge[2])):
                found = [(x, y, top) for x, y, top in group if y is not None and top is not None]
                found = [edge for edge in found if log.has(*edge[:2]) and log.has(edge[0], edge[2])]
                parts = [found[at : at + share] for at in range(0, len(found), share)]
                if parts:
                    thin = [(part[0][0], min(y for _, y, _ in part), max(top for *_, top in part)) for part in parts]
                    stretches.append(thin)
        pairs.append(stretches)
    return pairs


def restarts(series: Series) -> int:
    """How often the x of a series starts again."""
    return sum(1 for _ in _stretches(floats(series.x), floats(series.y))) - 1


def _stretches(xs: Sequence[float | None], ys: Sequence[float | None]) -> Iterator[list[tuple[float, float | None]]]:
    points = [(x, y) for x, y in zip(xs, ys, strict=False) if x is not None]
    if len({x for x, _ in points}) == len(points):
        yield sorted(points, key=lambda point: point[0])
        return
    placed = [x for x, _ in points]
    breaks = [0, *(at for at in range(1, len(placed)) if _starts_again(placed, at)), len(placed)]
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


def _drawn(line: list[list[Point]], x: Span, y: Span, index: int, mark: Mark) -> str:
    dashes = f";stroke-dasharray:{dash(index)}" if dash(index) else ""
    colour = f"var(--ld-series-{index % COLOURS})"
    style = f'style="stroke:{colour}{dashes}"'
    drawn = []
    if mark == "scatter":
        dots = "".join(f"M{_place(x, y, *point)}h0" for run in line for point in run)
        return f'<path class="ld-line ld-point" style="stroke:{colour}" d="{dots}"/>' if dots else ""
    for run in line:
        positions = [_place(x, y, *point) for point in (_stepped(run) if mark == "step" else run)]
        if mark == "area" and len(positions) > 1:
            base = 1 - min(1.0, max(0.0, 0.0 if y.logarithmic else y.share(0.0)))
            ends = " ".join(f"{x.share(at) * SIZE:.1f},{base * SIZE:.1f}" for at in (run[-1][0], run[0][0]))
            drawn.append(f'<polygon class="ld-area" style="fill:{colour}" points="{" ".join(positions)} {ends}"/>')
        if len(positions) == 1:  # a line of no length, with round ends
            drawn.append(f'<path class="ld-line ld-point" {style} d="M{positions[0]}h0"/>')
        else:
            drawn.append(f'<polyline class="ld-line" {style} points="{" ".join(positions)}"/>')
    return "".join(drawn)


def _drawn_band(pairs: list[list[list[Edge]]], x: Span, y: Span, index: int) -> str:
    style = f'class="ld-band" style="fill:var(--ld-series-{index % COLOURS})"'
    drawn = []
    for run in itertools.chain.from_iterable(pairs):
        edge = [_place(x, y, at, low) for at, low, _ in run] + [_place(x, y, at, high) for at, _, high in reversed(run)]
        drawn.append(f'<polygon {style} points="{" ".join(edge)}"/>')
    return "".join(drawn)


def _place(x: Span, y: Span, at: float, value: float) -> str:
    return f"{x.share(at) * SIZE:.1f},{(1 - y.share(value)) * SIZE:.1f}"


def _stepped(run: list[Point]) -> Iterator[Point]:
    """Each value held until the next."""
    before: Point | None = None
    for point in run:
        if before is not None:
            yield point[0], before[1]
        yield point
        before = point
