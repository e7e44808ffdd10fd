"""Histograms: how often values lie where, of values that are appended, or of counts."""

import html
import itertools
import math
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final, Self

import msgspec

from livedeck.deck import coerce, user_code
from livedeck.deck.buffers import ELEMENT_BYTES, ElementBuffer, text_bytes
from livedeck.deck.kinds import BaseElement, Calls, EditableTab, Frame, Handle, Sharing, StaticPage, Traits
from livedeck.deck.raw import Raw
from livedeck.errors import DeckError

MOST_BINS: Final = 1_024
"""Bins that are kept of one group: neighbours become one where there would be more."""
GROUPS: Final = 50
"""Groups of one histogram."""
BIN_BYTES: Final = 16
GROUP_BYTES: Final = 32
MOST_EDGES: Final = 2_000
_LARGEST_INDEX: Final = 40  # as a power of two: exact in a browser, however often it is doubled
_LEAST_POWER: Final = -1_000
_GREATEST_POWER: Final = 1_100
_FEW: Final = 64  # values that are kept as fine as they come
_MANY: Final = 4_096  # values from which on numpy counts them, where it is loaded


class Bins(msgspec.Struct, frozen=True, gc=False):
    """How many values lie in which bin: ``counts`` are as many as ``at``, which ascends.

    Bin ``n`` reaches from ``n * 2**power`` to before the next one; where the histogram has edges, from edge ``n`` to
    the next, and ``power`` is 0.
    """

    name: str
    power: int
    at: list[int]
    counts: list[float]


class Histogram(BaseElement, tag="histogram", frozen=True):
    """A histogram. To append to it is to add up counts, of bins that are as wide as those of the coarser one."""

    title: str
    groups: list[Bins] = msgspec.field(default_factory=list)
    edges: list[float] = msgspec.field(default_factory=list)
    """Ascending; empty: bins are as wide as a power of two, and become wider as values come."""
    most: int = 40
    """How many bins are shown at most, where there are no edges."""
    x_label: str = ""
    y_label: str = ""
    notes: dict[str, int] = msgspec.field(default_factory=dict)
    """What could not be counted, in words, each with the number of values that this is about."""

    traits: ClassVar = Traits(grows=True, group="ld-charts", named="title", script=True, sharing=Sharing.JOINED)

    def buffer(self) -> "HistogramBuffer":
        """The counts, group by group."""
        return HistogramBuffer(self)

    def static(self, page: StaticPage, frame: Frame) -> Iterator[str | Raw]:
        """The histogram as a picture, and its counts as a table."""
        from livedeck.deck import histogram_plot, svg

        keys = "".join(svg.legend_key(group.name, index) for index, group in enumerate(self.groups))
        empty = '<div class="ld-empty"><strong>No values yet</strong></div>'
        named = len(self.groups) > 1
        yield (
            f'<div class="ld-element ld-histogram ld-chart"><h3 class="ld-chart-title">{html.escape(self.title)}</h3>'
            f'<div class="ld-plot">{histogram_plot.histogram_plot(self) or empty}</div>'
            f'<div class="ld-legend">{keys if named else ""}</div>{svg.notes(svg.counted(self.notes, "value"))}'
            f"{svg.data_table(histogram_plot.histogram_rows(self))}</div>"
        )

    @classmethod
    def joined(cls, parts: Sequence[tuple[str, Self]]) -> Self:
        """One histogram with the groups of all tasks, each named after its task; those of other edges are left out."""
        head = parts[0][1]
        same = [(task, each) for task, each in parts if each.edges == head.edges]
        notes: dict[str, int] = {}
        for task, each in parts:
            if each.edges != head.edges:
                notes[f"{task} has other bins"] = 1
            for words, count in each.notes.items():
                notes[words] = notes.get(words, 0) + count
        groups = [group for task, each in same for group in _named_after(task, each)]
        return msgspec.structs.replace(head, groups=groups, notes=notes)

    def part(self, task: str) -> Self | None:
        """The counts, of groups that are named after the task; with edges, they may be others: it is joined anew."""
        return None if self.edges else msgspec.structs.replace(self, groups=_named_after(task, self))

    @classmethod
    def example(cls, deck: "HistogramCalls") -> None:
        """A histogram of values of two groups, one value of which cannot be counted, and one of counts."""
        histogram = deck.histogram("weights", bins=20, x_label="weight", y_label="count")
        histogram.append({"first": [1, 2, 3, 4], "<b>": [-2.5, "none"]})
        deck.histogram("counts", counts=[5, 0, 2], bins=[0, 1, 10, 100])

    def check(self) -> None:
        """See that bins have a count each, and edges ascend."""
        if any(after <= before for before, after in zip(self.edges, self.edges[1:], strict=False)):
            raise DeckError(f"the edges of the histogram {self.id!r} do not ascend: {coerce.shown(self.edges)}")
        for group in self.groups:
            ascends = all(before < after for before, after in zip(group.at, group.at[1:], strict=False))
            exact = all(abs(at) < 2**53 for at in group.at) and _LEAST_POWER <= group.power <= _GREATEST_POWER
            if not exact:
                raise DeckError(
                    f"the group {group.name!r} of the histogram {self.id!r} has bins that no browser can tell apart: "
                    f"power {group.power}, the last is {coerce.shown(group.at[-1:])}"
                )
            if len(group.at) != len(group.counts) or not ascends:
                raise DeckError(
                    f"the group {group.name!r} of the histogram {self.id!r} has {len(group.at)} bins and "
                    f"{len(group.counts)} counts: they are as many, and bins ascend"
                )


class HistogramBuffer(ElementBuffer[Histogram]):
    """A histogram whose counts are added up."""

    __slots__ = ("_held",)

    def __init__(self, histogram: Histogram) -> None:
        super().__init__(histogram, 0, appended=True)
        self._held: dict[str, Bins] = {}
        self._take(histogram)

    def element(self) -> Histogram:
        """The histogram with all counts."""
        return msgspec.structs.replace(self.head, groups=list(self._held.values()))

    def loose(self, share: float) -> int:
        """About how many bytes :meth:`drop_oldest` would free."""
        return sum(BIN_BYTES * int(len(group.at) * share) for group in self._held.values())

    def drop_oldest(self, share: float) -> int:
        """Let go of detail, for nothing here is old: neighbouring bins become one. With edges, the first bins go."""
        before = self.weight
        for name, group in self._held.items():
            most = len(group.at) - int(len(group.at) * share)
            if self.head.edges:
                first = len(group.at) - most
                self._held[name] = msgspec.structs.replace(group, at=group.at[first:], counts=group.counts[first:])
            else:
                self._held[name] = fitting(group, most)
        self._weigh()
        return before - self.weight

    def _append(self, more: Histogram) -> None:
        if more.edges != self.head.edges:
            self.head = msgspec.structs.replace(self.head, edges=more.edges, most=more.most)
            self._held = {}
        if more.notes:
            notes = self.head.notes
            words = {each: notes.get(each, 0) + more.notes.get(each, 0) for each in notes | more.notes}
            self.head = msgspec.structs.replace(self.head, notes=words)
        self._take(more)

    def _take(self, more: Histogram) -> None:
        for group in more.groups:
            known = self._held.get(group.name)
            added = group if known is None else added_up(known, group)
            self._held[group.name] = added if self.head.edges else fitting(added, MOST_BINS)
        self._weigh()

    def _weigh(self) -> None:
        head = self.head
        words = (head.id, head.title, head.x_label, head.y_label, *head.notes, *self._held)
        self.fixed = ELEMENT_BYTES + sum(map(text_bytes, words)) + BIN_BYTES * len(head.edges)
        self.fixed += GROUP_BYTES * len(self._held)
        self.weight = self.fixed + sum(BIN_BYTES * len(group.at) for group in self._held.values())


def added_up(one: Bins, other: Bins) -> Bins:
    """The counts of both, in bins as wide as those of the coarser one."""
    power = max(one.power, other.power)
    counts: Counter[int] = Counter()
    for group in (one, other):
        shift = power - group.power
        for at, count in zip(group.at, group.counts, strict=True):
            counts[at >> shift] += count  # type: ignore[assignment]
    return _bins(one.name, power, counts)


def fitting(group: Bins, most: int) -> Bins:
    """The same counts in at most so many bins: those of the least power that has no more."""
    power, counts = group.power, dict(zip(group.at, group.counts, strict=True))
    while len(counts) > max(1, most):
        power += 1
        wider: dict[int, float] = {}
        for at, count in counts.items():
            wider[at >> 1] = wider.get(at >> 1, 0) + count
        if len(wider) == len(counts) == 2 and power > group.power + 1100:
            break  # on both sides of zero bins never become one
        counts = wider
    return group if power == group.power else _bins(group.name, power, counts)


def _bins(name: str, power: int, counts: Mapping[int, float]) -> Bins:
    at = sorted(counts)
    return Bins(name, power, at, [counts[each] for each in at])


def _named_after(task: str, histogram: Histogram) -> list[Bins]:
    return [
        msgspec.structs.replace(group, name=task if group.name in {"", histogram.title} else f"{task} {group.name}")
        for group in histogram.groups
    ]


class HistogramChart(Handle):
    """A histogram on a tab."""

    def __init__(self, tab: EditableTab, head: Histogram) -> None:
        self._tab = tab
        self._head = head
        self._groups: set[str] = set()

    def append(self, values: Any) -> None:
        """Count more values.

        Args:
            values: As ``deck.histogram`` takes them.
        """
        notes: dict[str, int] = {}
        named = {coerce.text(name): each for name, each in coerce.named(values).items()}
        groups = []
        for name, each in (named or {"": values}).items():
            if name not in self._groups and len(self._groups) >= GROUPS:
                self._tab.leave_out(f"groups beyond the first {GROUPS} of the histogram {self._head.title[:100]!r}")
                continue
            self._groups.add(name)
            found = _counted(name, each, self._head.edges, notes)
            if found.at:
                groups.append(found)
        if groups or notes:
            self._tab.extend(msgspec.structs.replace(self._head, groups=groups, notes=notes))

    def _show(self, head: Histogram) -> None:
        """Show another histogram in its place."""
        self._head = msgspec.structs.replace(head, groups=[], notes={})
        self._groups = {group.name for group in head.groups}
        self._tab.put(head)


def _counted(name: str, values: Any, edges: Sequence[float], notes: dict[str, int]) -> Bins:
    try:
        found = user_code.call(_of_array, values)
    except Exception:  # noqa: BLE001 - an array of objects, or a library's code that raises anything
        found = None
    if found is not None:
        return _of_numbers(name, found, edges, notes)
    column = coerce.column(values)
    numbers = []
    for value in [values] if column is None else column:
        number = coerce.number(value)
        if number is not None:
            numbers.append(float(number))
        elif not coerce.missing(value):
            words = next((each for each in notes if each.startswith("no finite number")), None)
            words = words or f"no finite number, for one: {coerce.shown(value)}"
            notes[words] = notes.get(words, 0) + 1
    numpy = sys.modules.get("numpy")
    if numpy is not None and len(numbers) >= _MANY:
        return _of_numbers(name, numpy.asarray(numbers), edges, notes)
    return _of_list(name, numbers, edges, notes)


def _of_array(values: Any) -> Any:
    """The numbers of an array of numpy's or torch's, flat; None of what is none, or small."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not hasattr(values, "dtype"):
        return None
    if hasattr(values, "detach"):
        values = values.detach().cpu().float().numpy()
    array = numpy.asarray(values)
    return array.astype(float).ravel() if array.dtype.kind in "biuf" and array.size >= _FEW else None


def _of_numbers(name: str, numbers: Any, edges: Sequence[float], notes: dict[str, int]) -> Bins:
    """Count an array of numpy's."""
    numpy = sys.modules["numpy"]
    finite = numbers[numpy.isfinite(numbers)]
    infinite = int(numpy.isinf(numbers).sum())
    if infinite:
        notes["no finite number, for one: inf"] = notes.get("no finite number, for one: inf", 0) + infinite
    if finite.size == 0:
        return Bins(name, 0, [], [])
    low, high = float(finite.min()), float(finite.max())
    if edges:
        at = numpy.searchsorted(numpy.asarray(edges), finite, side="right") - 1
        at[finite == edges[-1]] = len(edges) - 2
        inside = (at >= 0) & (at < len(edges) - 1)
        _note_outside(int((~inside).sum()), notes)
        at, power = at[inside], 0
    else:
        power = _power(low, high, finite.size)
        at = numpy.floor(numpy.ldexp(finite, -power)).astype(numpy.int64)
    indices, counts = numpy.unique(at, return_counts=True)
    return fitting(Bins(name, power, indices.tolist(), counts.tolist()), len(edges) or MOST_BINS)


def _of_list(name: str, numbers: Sequence[float], edges: Sequence[float], notes: dict[str, int]) -> Bins:
    if not numbers:
        return Bins(name, 0, [], [])
    if edges:
        places = [bisect_right(edges, number) - 1 - (number == edges[-1]) for number in numbers]
        inside = [at for at in places if 0 <= at < len(edges) - 1]
        _note_outside(len(places) - len(inside), notes)
        return _bins(name, 0, Counter(inside))
    power = _power(min(numbers), max(numbers), len(numbers))
    counts = Counter(math.floor(math.ldexp(number, -power)) for number in numbers)
    return fitting(_bins(name, power, counts), MOST_BINS)


def _note_outside(count: int, notes: dict[str, int]) -> None:
    if count:
        notes["outside of the bins"] = notes.get("outside of the bins", 0) + count


def _power(low: float, high: float, count: int) -> int:
    """The power of two that bins of some values begin with: few are told apart as they come, many by their range."""
    finest = max(_LEAST_POWER, math.frexp(max(abs(low), abs(high)))[1] - _LARGEST_INDEX)
    span = high / 2 - low / 2  # their difference may be no number
    if count <= _FEW or span == 0:
        return finest
    return max(finest, math.frexp(span)[1] + 1 - MOST_BINS.bit_length())


class HistogramCalls(Calls):
    """``deck.histogram(...)``."""

    def histogram(
        self,
        title: str,
        values: Any = None,
        *,
        bins: Any = None,
        counts: Any = None,
        x_label: str = "",
        y_label: str = "",
        id: str | None = None,
    ) -> HistogramChart:
        """A histogram to append values to; asking for the same title again gives the same one.

        Args:
            title: Shown above it.
            values: Numbers, in a list or an array of any shape, of numpy or torch; or such by group,
                ``{"layer 1": ..., "layer 2": ...}``. Counted with those that are there already.
            bins: How many bins are shown at most; or their edges, in ascending order.
            counts: How many values lie in each bin, in place of values; ``bins`` are the edges, one more than counts,
                as ``numpy.histogram`` gives them. Takes the place of what is there.
            x_label: Says what the values are.
            y_label: Names the vertical axis.
            id: Tells histograms of the same title apart.

        Returns:
            The histogram, for ``append``.
        """
        words = coerce.text(title)
        id_ = self._tab.key(id, f"histogram:{words}")
        notes: dict[str, int] = {}
        edges, most = _edges(bins, notes)
        head = Histogram(id_, words, [], edges, most, coerce.text(x_label), coerce.text(y_label), notes)
        made = HistogramChart(self._tab, head)
        histogram = self._tab.handle(id_, made)
        if counts is not None:
            histogram._show(_of_counts(head, counts))  # noqa: SLF001 - its own module
        elif histogram is made:
            histogram._show(head)  # noqa: SLF001 - its own module
        if values is not None:
            histogram.append(values)
        return histogram


def _edges(bins: Any, notes: dict[str, int]) -> tuple[list[float], int]:
    """The edges, and how many bins are shown at most where there are none."""
    default = 40
    if bins is None:
        return [], default
    column = coerce.column(bins, most=MOST_EDGES + 1)
    if column is None:
        most = coerce.number(bins)
        if most is not None and 1 <= most <= MOST_BINS:
            return [], int(most)
    else:
        edges = [coerce.number(each) for each in column]
        found = [float(edge) for edge in edges if edge is not None]
        ascends = all(before < after for before, after in itertools.pairwise(found))
        if ascends and len(found) == len(edges) and 2 <= len(found) <= MOST_EDGES:
            return found, default
    notes[f"bins are a number up to {MOST_BINS:,}, or edges in ascending order, not {coerce.shown(bins)}"] = 1
    return [], default


def _of_counts(head: Histogram, counts: Any) -> Histogram:
    column = coerce.column(counts, most=MOST_EDGES) or []
    found = [coerce.number(each) for each in column]
    wanted = len(head.edges) - 1
    if not head.edges or len(found) != wanted or any(each is None or each < 0 for each in found):
        words = f"counts are as many as bins, none below zero; of {max(0, wanted):,} bins: {coerce.shown(counts)}"
        return msgspec.structs.replace(head, notes={**head.notes, words: 1})
    at = [place for place, count in enumerate(found) if count]
    return msgspec.structs.replace(head, groups=[Bins("", 0, at, [found[place] or 0 for place in at])])
