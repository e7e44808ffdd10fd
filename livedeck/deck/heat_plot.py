"""Heat maps as HTML, for pages where no script draws them: a table of coloured cells, or a picture of very many."""

import html
from collections.abc import Iterator

from livedeck.deck.digits import Number, floats, near
from livedeck.deck.kinds.heatmap import Heatmap
from livedeck.deck.numerals import format_briefly, format_number
from livedeck.deck.svg import SIZE

_CELLS = 400  # that a table shows
_SIDE = 64  # rows and columns of a picture
_LEVELS = 16  # colours of a picture
_INK = 55  # per cent of colour from which on the card's own colour is read better

Range = tuple[float, float]


def heat_plot(heatmap: Heatmap) -> str:
    """The heat map; empty when it has no value."""
    count = max((len(row.values) for row in heatmap.rows), default=0)
    if not count:
        return ""
    within = value_range(heatmap)
    shown = _table(heatmap, count, within) if count * len(heatmap.rows) <= _CELLS else _picture(heatmap, count, within)
    low, high = within
    scale = f"{format_number(low)} to {format_number(high)}, {len(heatmap.rows):,} rows, {count:,} columns"
    return f'<div class="ld-heat">{shown}</div><p class="ld-heat-scale">{scale}</p>'


def value_range(heatmap: Heatmap) -> Range:
    """The values that have the first and the last colour."""
    values = [value for row in heatmap.rows for value in floats(row.values) if value is not None]
    low = heatmap.low if heatmap.low is not None else min([0.0, *values])
    high = heatmap.high if heatmap.high is not None else max(values, default=low)
    return low, high if high > low else low + 1


def _table(heatmap: Heatmap, count: int, within: Range) -> str:
    names = [heatmap.columns[at] if at < len(heatmap.columns) else str(at) for at in range(count)]
    corner = " / ".join(filter(None, [heatmap.y_label, heatmap.x_label]))
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in names)
    body = "".join(
        f'<tr><th scope="row">{html.escape(row.label or str(place))}</th>'
        + "".join(_cell(row.values[at] if at < len(row.values) else None, within) for at in range(count))
        + "</tr>"
        for place, row in enumerate(heatmap.rows)
    )
    return (
        f'<table class="ld-heat-table"><thead><tr><th scope="col">{html.escape(corner)}</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _cell(value: Number | None, within: Range) -> str:
    if value is None:
        return "<td></td>"
    colour, amount = _colour(near(value), within)
    ink = "raised" if amount >= _INK else "text"
    style = f"background:color-mix(in srgb,var(--ld-{colour}) {amount}%,var(--ld-raised));color:var(--ld-{ink})"
    return f'<td style="{style}">{format_briefly(value)}</td>'


def _colour(value: float, within: Range) -> tuple[str, int]:
    """Which colour a value has, and how much of it, in per cent: those below zero have another."""
    low, high = within
    if low < 0 and (high <= 0 or value < 0):
        share = value / low
        return "warn", round(6 + 94 * min(1.0, max(0.0, share)))
    start = max(0.0, low) if low < 0 else low
    share = (value / 2 - start / 2) / (high / 2 - start / 2)
    return "accent", round(6 + 94 * min(1.0, max(0.0, share)))


def _picture(heatmap: Heatmap, count: int, within: Range) -> str:
    """Cells of one colour are one path; of more cells than there is room for, those farthest from zero."""
    paths: dict[tuple[str, int], list[str]] = {}
    down, across = min(_SIDE, len(heatmap.rows)), min(_SIDE, count)
    for y, x, value in _blocks(heatmap, count, down, across):
        colour, amount = _colour(value, within)
        level = round(amount * _LEVELS / 100)
        left, top = x * SIZE / across, y * SIZE / down
        cell = f"M{left:.1f},{top:.1f}h{SIZE / across:.1f}v{SIZE / down:.1f}H{left:.1f}z"
        paths.setdefault((colour, level), []).append(cell)
    drawn = "".join(
        f'<path style="fill:color-mix(in srgb,var(--ld-{colour}) {level * 100 // _LEVELS}%,var(--ld-raised))"'
        f' d="{"".join(cells)}"/>'
        for (colour, level), cells in sorted(paths.items())
    )
    label = html.escape(heatmap.title, quote=True)
    return (
        f'<svg class="ld-heat-picture" viewBox="0 0 {SIZE} {SIZE}" preserveAspectRatio="none" role="img"'
        f' aria-label="{label}">{drawn}</svg>'
    )


def _blocks(heatmap: Heatmap, count: int, down: int, across: int) -> Iterator[tuple[int, int, float]]:
    for y in range(down):
        first = y * len(heatmap.rows) // down
        rows = heatmap.rows[first : max(first + 1, (y + 1) * len(heatmap.rows) // down)]
        for x in range(across):
            begin = x * count // across
            end = max(begin + 1, (x + 1) * count // across)
            values = [value for row in rows for value in floats(row.values[begin:end]) if value is not None]
            if values:
                yield y, x, max(values, key=abs)
