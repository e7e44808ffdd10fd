"""Bar charts as HTML and a small SVG, for pages where no script draws them."""

import math

from livedeck.deck.axis import Ticks
from livedeck.deck.digits import floats
from livedeck.deck.kinds.bars import Bars, categories
from livedeck.deck.slots import drawn, upward_axis, upwards
from livedeck.deck.svg import Axis, Span, Words, counted, picture

_FREE = 0.24  # of a category's width
_LETTERS = 44  # of all names of categories together, on a narrow screen
_READ = 9  # letters of a name that are to be read where there is not room for all names
_TOLD = 7  # letters by which a shortened name is told from others


def bars_plot(bars: Bars) -> str:
    """The bars within axes; empty when there is none."""
    names = categories(bars.groups)
    if not names:
        return ""
    held = [dict(zip(group.categories, floats(group.values), strict=False)) for group in bars.groups]
    columns = [[values.get(name) for name in names] for values in held]
    y = upwards([value for column in columns for value in column if value is not None], log_y=bars.log_y)
    width = (1 - _FREE) / len(columns)
    x = Span(-0.5, len(names) - 0.5)
    bars_drawn = "".join(
        drawn([(at - 0.5 + _FREE / 2 + place * width, width * 0.94) for at in range(len(names))], column, x, y, place)
        for place, column in enumerate(columns)
    )
    longest = max(min(len(name), _READ) for name in names)
    stride = 1 if len(names) * _TOLD <= _LETTERS else math.ceil(len(names) * (longest + 1) / _LETTERS)
    room = max(2, _LETTERS // len(names))
    shown = range(0, len(names), stride)
    ticks = Ticks([float(at) for at in shown], [_shortened(names[at], room * stride) for at in shown])
    return picture(
        bars_drawn, Axis(x, ticks), upward_axis(y), Words(bars.title, bars.x_label, bars.y_label), grid=False
    )


def bars_notes(bars: Bars) -> list[str]:
    """What is said below a chart of what it could not draw."""
    below = sum(value is not None and value <= 0 for group in bars.groups for value in floats(group.values))
    notes = counted(bars.notes, "bar")
    if bars.log_y and below:
        plural = "bar" if below == 1 else "bars"
        notes.append(f"not above zero, for which a logarithmic axis has no place ({below:,} {plural})")
    return notes


def _shortened(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
