"""Histograms as HTML and a small SVG, for pages where no script draws them."""

import itertools
import math
import sys
from collections.abc import Sequence

from livedeck.deck import axis
from livedeck.deck.kinds.histogram import Histogram
from livedeck.deck.numerals import format_number
from livedeck.deck.slots import drawn, upward_axis, upwards
from livedeck.deck.svg import Axis, Span, Words, picture

_WIDTH = 300  # pixels that a narrow screen has for the ticks across


def histogram_plot(histogram: Histogram) -> str:
    """The bins within axes; empty when nothing was counted."""
    edges = bin_edges(histogram)
    if not edges:
        return ""
    columns = _binned(histogram, edges)
    y = upwards([count for column in columns for count in column], log_y=False)
    x = Span(edges[0], edges[-1])
    slots = [(low, high - low) for low, high in itertools.pairwise(edges)]
    style = ";fill-opacity:0.55" if len(columns) > 1 else ""
    bars = "".join(drawn(slots, column, x, y, place, style) for place, column in enumerate(columns))
    ticks = axis.across(x.low, x.high, _WIDTH)
    words = Words(histogram.title, histogram.x_label, histogram.y_label or "count")
    return picture(bars, Axis(x, ticks), upward_axis(y), words, grid=False)


def histogram_rows(histogram: Histogram) -> list[list[str]]:
    """The counts as rows of a table."""
    edges = bin_edges(histogram)
    columns = _binned(histogram, edges) if edges else []
    head = ["bin", *(group.name or "count" for group in histogram.groups)]
    bins = [f"{format_number(low)} to {format_number(high)}" for low, high in itertools.pairwise(edges)]
    return [head, *([name, *(format_number(column[at]) for column in columns)] for at, name in enumerate(bins))]


def bin_edges(histogram: Histogram) -> list[float]:
    """The edges of the bins that are shown: as given, or of the least power of two that is wide enough."""
    filled = [group for group in histogram.groups if group.at]
    if histogram.edges or not filled:
        return histogram.edges if filled else []
    power = max(group.power for group in filled)
    while True:
        low = min(group.at[0] >> (power - group.power) for group in filled)
        high = max(group.at[-1] >> (power - group.power) for group in filled)
        if high - low < max(2, histogram.most) or power >= 1020:
            return [_edge(low + at, power) for at in range(min(high - low + 1, max(2, histogram.most)) + 1)]
        power += 1


def _edge(at: int, power: int) -> float:
    """The bins around the largest numbers end with these: their own edges no float can hold."""
    try:
        return math.ldexp(at, power)
    except OverflowError:
        return math.copysign(sys.float_info.max, at)


def _binned(histogram: Histogram, edges: Sequence[float]) -> list[list[float]]:
    columns = []
    for group in histogram.groups:
        column = [0.0] * (len(edges) - 1)
        for at, count in zip(group.at, group.counts, strict=True):
            width = edges[1] - edges[0]
            slot = at if histogram.edges else math.floor(math.ldexp(at, group.power) / width - edges[0] / width)
            if 0 <= slot < len(column):
                column[slot] += count
        columns.append(column)
    return columns
