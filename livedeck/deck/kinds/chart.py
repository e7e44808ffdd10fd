"""Charts of lines, steps, areas and points over numbers or times, with bands around them; points are appended."""

import html
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Any, ClassVar, Final, Literal, Self, TypeVar, cast, get_args

import msgspec

from livedeck.deck import coerce
from livedeck.deck.bounds import LINES
from livedeck.deck.buffers import ELEMENT_BYTES, ElementBuffer, text_bytes
from livedeck.deck.digits import Number
from livedeck.deck.kinds import BaseElement, Calls, EditableTab, Frame, Handle, Sharing, StaticPage, Traits
from livedeck.deck.raw import Raw
from livedeck.errors import DeckError

POINT_BYTES: Final = 24
"""What a point weighs: two numbers of about ten digits and their commas."""
LINE_BYTES: Final = 32
"""What a line weighs besides its name and points."""

HEADLINE_LINES: Final = 3
"""Lines of a chart that is shown small beside many others."""
_BOUNDS: Final = 20
"""Bounds of a band."""
_NOTES: Final = 8
"""How many kinds of values that cannot be drawn a chart tells apart."""


L = TypeVar("L", "Series", "Band")

Mark = Literal["line", "step", "area", "scatter"]
"""How the points of a chart are drawn: joined, each value held until the next, joined over a filled area, or alone."""


class Series(msgspec.Struct, frozen=True, gc=False):
    """A line of a chart: ``x`` and ``y`` have the same length; a None in ``y`` is a gap (NaN).

    Points are in the order in which they came. A line whose ``x`` are all different is drawn in the order of ``x``; one
    that comes to an ``x`` again is drawn as it came. What a browser's floats cannot hold (integers beyond 2**53,
    nanoseconds of times) stands here in digits.
    """

    name: str
    x: list[Number | None]
    y: list[Number | None]


class Band(msgspec.Struct, frozen=True, gc=False):
    """What lies between bounds, around the line of its name if there is one.

    ``bounds`` are columns as long as ``x``, an even number of them: the first and the last are the outermost (a least
    and a greatest, or two quantiles), those between them lie within.
    """

    name: str
    x: list[Number | None]
    bounds: list[list[Number | None]]


class Chart(BaseElement, tag="chart", frozen=True):
    """A chart; each series has its own x values, in the order in which they came.

    To append to it is to append the points series by series and new series behind them, and to add up the numbers of
    the notes; it gets the zone if it has none. Bands are appended to in the same way; one of another number of bounds
    takes the place of the one that is there.
    """

    title: str
    series: list[Series] = msgspec.field(default_factory=list)
    x_label: str = ""
    y_label: str = ""
    log_y: bool = False
    zone: str | None = None
    """What ``x`` is: None for numbers; for times, in seconds since 1970, the name of their time zone, or nothing for
    times and dates that came without one."""
    notes: dict[str, int] = msgspec.field(default_factory=dict)
    """What could not be drawn, in words, each with the number of points that this is about."""
    log_x: bool = False
    mark: Mark = "line"
    bands: list[Band] = msgspec.field(default_factory=list)

    traits: ClassVar = Traits(
        grows=True,
        group="ld-charts",
        named="title",
        script=True,
        comparable=True,
        headline=1,
        sharing=Sharing.JOINED,
    )

    def buffer(self) -> "ChartBuffer":
        """The points, line by line."""
        return ChartBuffer(self)

    def static(self, page: StaticPage, frame: Frame) -> Iterator[str | Raw]:
        """The chart as a picture, thinned out to what a screen can show."""
        from livedeck.deck import plot, svg

        keys = "".join(svg.legend_key(name, index) for index, name in enumerate(plot.names(self)))
        empty = f'<div class="ld-empty"><strong>No points{"" if self.notes else " yet"}</strong></div>'
        yield (
            f'<div class="ld-element ld-chart"><h3 class="ld-chart-title">{html.escape(self.title)}</h3>'
            f'<div class="ld-plot">{plot.chart_plot(self) or empty}</div><div class="ld-legend">{keys}</div>'
            f"{svg.notes(plot.chart_notes(self))}</div>"
        )

    @classmethod
    def joined(cls, parts: Sequence[tuple[str, Self]]) -> Self:
        """One chart with the lines of all tasks, each named after its task; of more than may be the first ones."""
        head = parts[0][1]
        series = [line for task, chart in parts for line in _named_after(task, chart)]
        zone = next((chart.zone for _, chart in parts if chart.zone is not None), None)
        notes: dict[str, int] = {}
        for _, chart in parts:
            for words, count in chart.notes.items():
                notes[words] = notes.get(words, 0) + count
        bands = [band for task, chart in parts for band in _bands_named_after(task, chart)]
        room = max(0, LINES - len(series))
        beyond: list[Series | Band] = [*series[LINES:], *bands[room:]]
        if beyond:  # readers leave out all of a chart with more
            notes[f"lines beyond the first {LINES}"] = sum(len(line.x) for line in beyond)
            series, bands = series[:LINES], bands[:room]
        return msgspec.structs.replace(head, series=series, zone=zone, notes=notes, bands=bands)

    def part(self, task: str) -> Self:
        """The points, of lines that are named after the task."""
        return msgspec.structs.replace(self, series=_named_after(task, self), bands=_bands_named_after(task, self))

    @classmethod
    def example(cls, deck: "ChartCalls") -> None:
        """A chart of two areas, one of which has a band, and a point that cannot be drawn."""
        chart = deck.chart("loss", kind="area", x_label="epoch", y_label="loss", log_x=True, log_y=True)
        for epoch in range(1, 4):
            chart.append(epoch, train=1 / epoch, test=2 / epoch)
            chart.band(epoch, train=(0.5 / epoch, 2 / epoch))
        chart.append(4, train="diverged")

    def check(self) -> None:
        """See that the lines have a y for each x."""
        for line in self.series:
            if len(line.x) != len(line.y):
                raise DeckError(
                    f"the line {line.name!r} of the chart {self.id!r} has {len(line.x)} x values, "
                    f"{len(line.y)} y values"
                )
        for band in self.bands:
            if len(band.bounds) % 2 or not band.bounds or any(len(bound) != len(band.x) for bound in band.bounds):
                raise DeckError(
                    f"the band {band.name!r} of the chart {self.id!r} has {len(band.x)} x values, and bounds of "
                    f"{[len(bound) for bound in band.bounds]} values: an even number of them, each as long as x, is one"
                )


Columns = list[list[Number | None]]
"""A line's x and y, or a band's x and its bounds."""


class ChartBuffer(ElementBuffer[Chart]):
    """A chart to which points are appended."""

    __slots__ = ("_bands", "_lines", "_owned")

    def __init__(self, chart: Chart) -> None:
        super().__init__(chart, _fixed_bytes(chart), appended=True)
        self._lines: dict[str, Columns] = {line.name: _columns(line) for line in chart.series}
        self._bands: dict[str, Columns] = {band.name: _columns(band) for band in chart.bands}
        self._owned = False  # whether the lists of _lines and _bands are ours alone and may be appended to
        if len(self._lines) < len(chart.series) or len(self._bands) < len(chart.bands):  # those of one name are one
            self._lines, self._bands, self._owned = {}, {}, True
            self._append_points(chart)
        else:
            self.fixed += sum(map(_line_bytes, [*self._lines, *self._bands]))
        self.weight = self.fixed + self._points_bytes()

    @property
    def lines(self) -> AbstractSet[str]:
        """The names of its lines, and of its bands."""
        return self._lines.keys() | {f"band {name}" for name in self._bands} if self._bands else self._lines.keys()

    def _points_bytes(self) -> int:
        return sum(_bytes_of(len(held[0]), held) for held in self._all())

    def _all(self) -> Iterator[Columns]:
        yield from self._lines.values()
        yield from self._bands.values()

    def element(self) -> Chart:
        """The chart with all points. Their lists are copied before more is appended."""
        self._owned = False
        series = [Series(name, x, y) for name, (x, y) in self._lines.items()]
        bands = [Band(name, x, bounds) for name, (x, *bounds) in self._bands.items()]
        return msgspec.structs.replace(self.head, series=series, bands=bands)

    def loose(self, share: float) -> int:
        """About how many bytes :meth:`drop_oldest` would free."""
        return sum(_bytes_of(int(len(held[0]) * share), held) for held in self._all())

    def drop_oldest(self, share: float) -> int:
        """Let go of the oldest points of each line and band."""
        before = self.weight
        for held in (self._lines, self._bands):
            for name, columns in held.items():
                first = int(len(columns[0]) * share)
                held[name] = [column[first:] for column in columns]
        self._owned = True
        self.weight = self.fixed + self._points_bytes()
        return before - self.weight

    def thin(self, most: int) -> None:
        """Keep the first lines only, and every other point of one that has twice as many as are wanted; no bands."""
        lines = dict(islice(self._lines.items(), HEADLINE_LINES))
        fits = len(lines) == len(self._lines) and all(len(held[0]) <= 2 * most for held in lines.values())
        if fits and not self._bands:
            return
        self._lines = {name: [_thinned(column, most) for column in held] for name, held in lines.items()}
        self._bands = {}
        self._owned = True
        self.fixed = ELEMENT_BYTES + _fixed_bytes(self.head) + sum(map(_line_bytes, self._lines))
        self.weight = self.fixed + self._points_bytes()

    def _append(self, more: Chart) -> None:
        self._append_points(more)
        if more.notes or more.zone is not None:
            self._take_words(more)

    def _append_points(self, more: Chart) -> None:
        if not self._owned:
            self._lines = {name: [list(column) for column in held] for name, held in self._lines.items()}
            self._bands = {name: [list(column) for column in held] for name, held in self._bands.items()}
            self._owned = True
        for line in more.series:
            self._append_columns(self._lines, line.name, _columns(line))
        for band in more.bands:
            self._append_columns(self._bands, band.name, _columns(band))

    def _append_columns(self, all_held: dict[str, Columns], name: str, columns: Columns) -> None:
        held = all_held.get(name)
        grew = _bytes_of(len(columns[0]), columns)
        if held is None:
            self.fixed += _line_bytes(name)
            grew += _line_bytes(name)
        elif len(held) != len(columns):
            grew -= _bytes_of(len(held[0]), held)
            held = None
        if held is None:
            all_held[name] = [list(column) for column in columns]
        else:
            for column, added in zip(held, columns, strict=True):
                column.extend(added)
        self.weight += grew

    def _take_words(self, more: Chart) -> None:
        """Take what another chart says of its axis, and of what it could not draw."""
        head = self.head
        zone = more.zone if head.zone is None else head.zone
        if zone == head.zone and not more.notes:
            return
        notes = {words: head.notes.get(words, 0) + more.notes.get(words, 0) for words in head.notes | more.notes}
        self.head = msgspec.structs.replace(head, zone=zone, notes=notes)
        grew = _fixed_bytes(self.head) - _fixed_bytes(head)
        self.fixed += grew
        self.weight += grew


def _columns(line: Series | Band) -> Columns:
    return [line.x, line.y] if isinstance(line, Series) else [line.x, *line.bounds]


def _bytes_of(points: int, columns: Columns) -> int:
    return points * len(columns) * POINT_BYTES // 2


def _named_after(task: str, chart: Chart) -> list[Series]:
    """The chart's lines with the task in their names, and nothing else in that of a line called as the chart is."""
    return [Series(_name_of(task, line.name, chart), line.x, line.y) for line in chart.series]


def _bands_named_after(task: str, chart: Chart) -> list[Band]:
    return [Band(_name_of(task, band.name, chart), band.x, band.bounds) for band in chart.bands]


def _name_of(task: str, name: str, chart: Chart) -> str:
    return task if name == chart.title else f"{task} {name}"


def _thinned(numbers: list[Number | None], most: int) -> list[Number | None]:
    """Every other number, the last among them, of more than twice as many as are wanted; else a copy."""
    return numbers[(len(numbers) + 1) % 2 :: 2] if len(numbers) > 2 * most else list(numbers)


def _fixed_bytes(chart: Chart) -> int:
    return text_bytes(chart.id + chart.title + chart.x_label + chart.y_label + "".join(chart.notes))


def _line_bytes(name: str) -> int:
    return LINE_BYTES + text_bytes(name)


class LineChart(Handle):
    """A chart on a tab, of lines, steps, areas or points."""

    def __init__(self, tab: EditableTab, head: Chart) -> None:
        self._tab = tab
        self._head = head
        self._lines: set[str] = set()
        self._bands: set[str] = set()
        self._zone: str | None = None
        self._positioned = False
        """Whether a point has been taken, and with it said whether x is a number or a time."""
        self._words: dict[str, str] = {}
        """Words for what could not be drawn, by the kind of it: with the value that was the first such."""

    def append(self, x: Any, values: Mapping[str, Any] | None = None, /, **series: Any) -> None:
        """Append one point to each named series, or many when ``x`` and the values are sequences.

        ``chart.append(epoch, train=0.31, test=0.35)``; names that are not identifiers go in a mapping:
        ``chart.append(epoch, {"top-5": 0.9})``. ``x`` may be numbers, dates or times. None and NaN leave a gap; what
        else is no finite number is said on the chart.
        """
        named = {**coerce.named(values), **series} if values is not None else series
        notes: dict[str, int] = {}
        xs = coerce.column(x)
        if xs is None:
            lines = self._point(x, named, notes)
        else:
            positions = [self._position(each, notes) for each in xs]
            lines = [self._line(coerce.text(name), positions, y, notes) for name, y in named.items()]
            lines = [line for line in lines if line.x]
        if not self._lines.issuperset(line.name for line in lines):
            lines = self._with_room(lines, self._lines)
        if lines or notes:
            self._extend(lines, notes)

    def band(self, x: Any, bounds: Mapping[str, Any] | None = None, /, **named: Any) -> None:
        """Append to bands, each around the line of its name: one step, or many when ``x`` is a sequence.

        ``chart.band(epoch, loss=(least, greatest))``, or more bounds in ascending order, as quantiles are:
        ``chart.band(epoch, loss=np.quantile(losses, [0.05, 0.25, 0.75, 0.95]))``. For many steps each bound is a
        sequence as long as ``x``.
        """
        notes: dict[str, int] = {}
        xs = coerce.column(x)
        positions = [self._position(each, notes) for each in ([x] if xs is None else xs)]
        given = {**coerce.named(bounds), **named} if bounds is not None else named
        single = xs is None
        bands = [self._band(coerce.text(name), positions, each, notes, single=single) for name, each in given.items()]
        found = [band for band in bands if band is not None and band.x]
        if not self._bands.issuperset(band.name for band in found):
            found = self._with_room(found, self._bands)
        if found or notes:
            self._extend([], notes, found)

    def _extend(self, lines: list[Series], notes: dict[str, int], bands: Sequence[Band] = ()) -> None:
        head, zone = self._head, self._zone
        labels = head.x_label, head.y_label
        made = Chart(head.id, head.title, lines, *labels, head.log_y, zone, notes, head.log_x, head.mark, list(bands))
        self._tab.extend(made)

    def _band(
        self, name: str, positions: list[Number | None], bounds: Any, notes: dict[str, int], *, single: bool
    ) -> Band | None:
        given = coerce.column(bounds, most=_BOUNDS + 1) or []
        columns = [[each] if single else coerce.column(each, most=len(positions) + 1) for each in given]
        wrong = [each for each, column in zip(given, columns, strict=True) if len(column or ()) != len(positions)]
        if len(given) % 2 or not 2 <= len(given) <= _BOUNDS:
            words = f"a band has two bounds, or another even number up to {_BOUNDS}; {name} has {coerce.shown(bounds)}"
            self._note(notes, f"bounds of {name}", words, len(positions))
            return None
        if wrong:
            words = f"x has {len(positions):,} values, and a bound of {name} is {coerce.shown(wrong[0])}"
            self._note(notes, f"bounds of {name}", words, len(positions))
            return None
        kept = [place for place, at in enumerate(positions) if at is not None]
        xs = [positions[place] for place in kept]
        ys = [[self._height(name, (column or [])[place], notes) for place in kept] for column in columns]
        return Band(name, xs, ys)

    def _with_room(self, lines: list[L], known: set[str]) -> list[L]:
        """Choose those of some lines or bands that the chart has room for."""
        kept = []
        for line in lines:
            if line.name in known or len(self._lines) + len(self._bands) < LINES:
                known.add(line.name)
                kept.append(line)
        if len(kept) < len(lines):
            self._tab.leave_out(f"lines beyond the first {LINES} of the chart {self._head.title[:100]!r}")
        return kept

    def _point(self, x: Any, named: Mapping[str, Any], notes: dict[str, int]) -> list[Series]:
        position = self._position(x, notes)
        if position is None:
            return []
        lines = []
        for name, y in named.items():
            height = coerce.exact(y)
            words = coerce.text(name)
            lines.append(Series(words, [position], [self._height(words, y, notes) if height is None else height]))
        return lines

    def _line(self, name: str, positions: list[Number | None], y: Any, notes: dict[str, int]) -> Series:
        ys = coerce.column(y, most=len(positions) + 1)
        if ys is None:
            self._note(
                notes, "shape", f"x has {len(positions):,} values, and {name} is {coerce.shown(y)}", len(positions)
            )
            return Series(name, [], [])
        if len(ys) != len(positions):
            more = "more" if len(ys) > len(positions) else f"{len(ys):,}"
            self._note(
                notes,
                f"length of {name}",
                f"x has {len(positions):,} values, and {name} has {more}",
                abs(len(ys) - len(positions)),
            )
        pairs = [(at, each) for at, each in zip(positions, ys, strict=False) if at is not None]
        return Series(name, [at for at, _ in pairs], [self._height(name, each, notes) for _, each in pairs])

    def _position(self, x: Any, notes: dict[str, int]) -> Number | None:
        """Where a point stands; None, with a note, where there is no place for it."""
        if self._zone is None and self._positioned and (type(x) is int or type(x) is float):  # one more number, mostly
            number = coerce.exact(x)
            if number is not None:
                return number
        found = coerce.position(x)
        if found is None:
            self._note(notes, "place", f"x is no number, date or time: {coerce.shown(x)}")
            return None
        if found.zone != self._zone or not self._positioned:
            with self._tab.lock:
                if not self._positioned:
                    self._positioned, self._zone = True, found.zone
            if found.zone != self._zone:
                kinds = {None: "a number", "": "a time without a zone"}
                one, other = (kinds.get(zone, "a time with a zone") for zone in (found.zone, self._zone))
                self._note(notes, f"kind {found.zone}", f"x is {one}, not {other} as before: {coerce.shown(x)}")
                return None
        return found.exact

    def _height(self, name: str, y: Any, notes: dict[str, int]) -> Number | None:
        found = coerce.exact(y)
        if found is None and not coerce.missing(y):
            self._note(notes, f"height of {name}", f"{name} is no finite number: {coerce.shown(y)}")
        return found

    def _note(self, notes: dict[str, int], kind: str, words: str, count: int = 1) -> None:
        """Note what cannot be drawn; of many of a kind, only the first is shown, and all are counted."""
        with self._tab.lock:
            if kind not in self._words and len(self._words) >= _NOTES:
                kind, words = "rest", "other values are no numbers"
            known = self._words.setdefault(kind, words)
        notes[known] = notes.get(known, 0) + count


class ChartCalls(Calls):
    """``deck.chart(...)``."""

    def chart(
        self,
        title: str,
        *,
        kind: str = "line",
        x_label: str = "",
        y_label: str = "",
        log_x: bool = False,
        log_y: bool = False,
        id: str | None = None,
    ) -> LineChart:
        """A chart to append points to; asking for the same title again gives the same chart.

        Args:
            title: Shown above it.
            kind: How points are drawn: ``"line"`` joins them, ``"step"`` holds each value until the next, ``"area"``
                fills what is below the line, ``"scatter"`` draws them alone.
            x_label: Names the horizontal axis.
            y_label: Names the vertical axis.
            log_x: Whether the horizontal axis is logarithmic; one of times never is.
            log_y: Whether the vertical axis is logarithmic.
            id: Tells charts of the same title apart.
        """
        words = coerce.text(title)
        id_ = self._tab.key(id, f"chart:{words}")
        mark = coerce.text(kind)
        labels = coerce.text(x_label), coerce.text(y_label)
        known = mark in get_args(Mark)
        drawn = cast("Mark", mark) if known else "line"
        head = Chart(id_, words, [], *labels, coerce.flag(log_y), log_x=coerce.flag(log_x), mark=drawn)
        made = LineChart(self._tab, head)
        chart = self._tab.handle(id_, made)
        if chart is made:
            self._tab.put(head)
        if not known:
            kinds = ", ".join(get_args(Mark))
            self._tab.leave_out(f"the kind {coerce.shown(kind)} of the chart {words[:100]!r}, which is none of {kinds}")
        return chart
