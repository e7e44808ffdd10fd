"""Bar charts: values by category, in groups, changed category by category."""

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final, Self

import msgspec

from livedeck.deck import coerce
from livedeck.deck.buffers import ELEMENT_BYTES, ElementBuffer, text_bytes
from livedeck.deck.digits import Number
from livedeck.deck.kinds import BaseElement, Calls, EditableTab, Frame, Handle, Sharing, StaticPage, Traits
from livedeck.deck.numerals import format_number, format_value
from livedeck.deck.raw import Raw
from livedeck.errors import DeckError

CATEGORIES: Final = 1_000
"""Categories of one chart."""
GROUPS: Final = 50
"""Groups of one chart: the bars that stand beside each other in a category."""
BAR_BYTES: Final = 16
"""What a bar weighs besides the name of its category."""


class Group(msgspec.Struct, frozen=True, gc=False):
    """Bars of one colour: ``values`` are as many as ``categories``; None is a bar that is not there.

    Integers beyond 2**53 stand here in digits.
    """

    name: str
    categories: list[str]
    values: list[Number | None]


class Bars(BaseElement, tag="bars", frozen=True):
    """A bar chart. Categories stand in the order in which they come, group by group.

    To append to it is to change the bars that it names, and to put others behind; and to add up the numbers of the
    notes.
    """

    title: str
    groups: list[Group] = msgspec.field(default_factory=list)
    x_label: str = ""
    y_label: str = ""
    log_y: bool = False
    notes: dict[str, int] = msgspec.field(default_factory=dict)
    """What could not be drawn, in words, each with the number of bars that this is about."""

    traits: ClassVar = Traits(grows=True, group="ld-charts", named="title", script=True, sharing=Sharing.JOINED)

    def buffer(self) -> "BarsBuffer":
        """The bars, by group and category."""
        return BarsBuffer(self)

    def static(self, page: StaticPage, frame: Frame) -> Iterator[str | Raw]:
        """The chart as a picture, and its values as a table."""
        from livedeck.deck import bar_plot, svg

        keys = "".join(svg.legend_key(group.name, index) for index, group in enumerate(self.groups))
        empty = '<div class="ld-empty"><strong>No bars yet</strong></div>'
        yield (
            f'<div class="ld-element ld-bars ld-chart"><h3 class="ld-chart-title">{html.escape(self.title)}</h3>'
            f'<div class="ld-plot">{bar_plot.bars_plot(self) or empty}</div>'
            f'<div class="ld-legend">{keys if len(self.groups) > 1 else ""}</div>{svg.notes(bar_plot.bars_notes(self))}'
            f"{svg.data_table(self._rows())}</div>"
        )

    def _rows(self) -> list[list[str]]:
        held = [dict(zip(group.categories, group.values, strict=False)) for group in self.groups]
        head = [self.x_label or "category", *(group.name or "value" for group in self.groups)]
        return [
            head,
            *([name, *(_shown(values.get(name)) for values in held)] for name in categories(self.groups)),
        ]

    @classmethod
    def joined(cls, parts: Sequence[tuple[str, Self]]) -> Self:
        """One chart with the groups of all tasks, each named after its task."""
        groups = [group for task, bars in parts for group in _named_after(task, bars)]
        notes: dict[str, int] = {}
        for _, bars in parts:
            for words, count in bars.notes.items():
                notes[words] = notes.get(words, 0) + count
        return msgspec.structs.replace(parts[0][1], groups=groups, notes=notes)

    def part(self, task: str) -> Self:
        """The bars, of groups that are named after the task."""
        return msgspec.structs.replace(self, groups=_named_after(task, self))

    @classmethod
    def example(cls, deck: "BarsCalls") -> None:
        """A chart of two groups, one bar of which was changed and one of which cannot be drawn."""
        bars = deck.bar(
            "accuracy",
            {"train": {"cat": 0.9, "<dog>": 0.8}, "test": {"cat": 0.7}},
            x_label="class",
            y_label="share",
            log_y=True,
        )
        bars.update({"test": {"cat": 0.75, "<dog>": "none"}})

    def check(self) -> None:
        """See that groups have a value for each category."""
        for group in self.groups:
            if len(group.categories) != len(group.values):
                raise DeckError(
                    f"the group {group.name!r} of the bars {self.id!r} has {len(group.categories)} categories, "
                    f"{len(group.values)} values"
                )


class BarsBuffer(ElementBuffer[Bars]):
    """A bar chart whose bars are changed by name."""

    __slots__ = ("_held",)

    def __init__(self, bars: Bars) -> None:
        super().__init__(bars, _fixed_bytes(bars), appended=True)
        self._held: dict[str, dict[str, Number | None]] = {}
        self._take(bars.groups)

    def element(self) -> Bars:
        """The chart with all bars."""
        groups = [Group(name, list(values), list(values.values())) for name, values in self._held.items()]
        return msgspec.structs.replace(self.head, groups=groups)

    def loose(self, share: float) -> int:
        """How many bytes :meth:`drop_oldest` would free."""
        gone = self._oldest(share)
        return sum(_bar_bytes(name) for values in self._held.values() for name in values if name in gone)

    def drop_oldest(self, share: float) -> int:
        """Let go of the first categories."""
        before = self.weight
        gone = self._oldest(share)
        self._held = {
            name: {category: value for category, value in values.items() if category not in gone}
            for name, values in self._held.items()
        }
        self._weigh()
        return before - self.weight

    def _oldest(self, share: float) -> set[str]:
        names = list(dict.fromkeys(category for values in self._held.values() for category in values))
        return set(names[: int(len(names) * share)])

    def _append(self, more: Bars) -> None:
        self._take(more.groups)
        if more.notes:
            notes = self.head.notes
            words = {each: notes.get(each, 0) + more.notes.get(each, 0) for each in notes | more.notes}
            self.head = msgspec.structs.replace(self.head, notes=words)
            self._weigh()

    def _take(self, groups: Sequence[Group]) -> None:
        for group in groups:
            self._held.setdefault(group.name, {}).update(zip(group.categories, group.values, strict=False))
        self._weigh()

    def _weigh(self) -> None:
        self.fixed = ELEMENT_BYTES + _fixed_bytes(self.head) + sum(BAR_BYTES + text_bytes(name) for name in self._held)
        self.weight = self.fixed + sum(_bar_bytes(name) for values in self._held.values() for name in values)


def _shown(value: Number | None) -> str:
    return format_number(value) if isinstance(value, str) else format_value(value)


def categories(groups: Sequence[Group]) -> list[str]:
    """The names of all categories, in the order in which they stand."""
    return list(dict.fromkeys(name for group in groups for name in group.categories))


def _named_after(task: str, bars: Bars) -> list[Group]:
    return [
        msgspec.structs.replace(group, name=task if group.name in {"", bars.title} else f"{task} {group.name}")
        for group in bars.groups
    ]


def _fixed_bytes(bars: Bars) -> int:
    return text_bytes(bars.id + bars.title + bars.x_label + bars.y_label + "".join(bars.notes))


def _bar_bytes(category: str) -> int:
    return BAR_BYTES + text_bytes(category)


class BarChart(Handle):
    """A bar chart on a tab."""

    def __init__(self, tab: EditableTab, head: Bars) -> None:
        self._tab = tab
        self._head = head
        self._categories: set[str] = set()
        self._groups: set[str] = set()

    def update(self, values: Any) -> None:
        """Change the bars of some categories, and put those of others behind; costs what is changed.

        Args:
            values: As ``deck.bar`` takes them.
        """
        notes: dict[str, int] = {}
        groups = self._taken(values, notes)
        if groups or notes:
            self._tab.extend(msgspec.structs.replace(self._head, groups=groups, notes=notes))

    def replace(self, values: Any) -> None:
        """Show other bars in place of all that are there.

        Args:
            values: As ``deck.bar`` takes them.
        """
        notes: dict[str, int] = {}
        with self._tab.lock:
            self._categories, self._groups = set(), set()
            groups = self._taken(values, notes)
            self._tab.put(msgspec.structs.replace(self._head, groups=groups, notes=notes))

    def _taken(self, values: Any, notes: dict[str, int]) -> list[Group]:
        given = coerce.named(values)
        if not given and values is not None and type(values) is not dict:
            notes[f"no values by category: {coerce.shown(values)}"] = 1
        inner = {name: coerce.named(each) for name, each in given.items()}
        nested = any(inner.values())
        groups = [self._group(coerce.text(name), each, notes) for name, each in inner.items()] if nested else []
        plain = {name: value for name, value in given.items() if not inner[name]}
        if plain and not nested:
            groups.append(self._group("", plain, notes))
        elif plain:
            notes[f"groups and single values are mixed: {coerce.shown(next(iter(plain.values())))}"] = len(plain)
        return [group for group in groups if group is not None and group.categories]

    def _group(self, name: str, values: Mapping[Any, Any], notes: dict[str, int]) -> Group | None:
        if name not in self._groups and len(self._groups) >= GROUPS:
            self._tab.leave_out(f"groups beyond the first {GROUPS} of the bars {self._head.title[:100]!r}")
            return None
        self._groups.add(name)
        found: dict[str, Number | None] = {}
        for key, value in values.items():
            category = coerce.text(key)
            if category not in self._categories and len(self._categories) >= CATEGORIES:
                self._tab.leave_out(
                    f"categories beyond the first {CATEGORIES:,} of the bars {self._head.title[:100]!r}"
                )
                continue
            self._categories.add(category)
            number = found[category] = coerce.exact(value)
            if number is None and not coerce.missing(value):
                words = f"no finite number, for one: {coerce.shown(value)}" if not notes else next(iter(notes))
                notes[words] = notes.get(words, 0) + 1
        return Group(name, list(found), list(found.values()))


class BarsCalls(Calls):
    """``deck.bar(...)``."""

    def bar(
        self,
        title: str,
        values: Any = None,
        *,
        x_label: str = "",
        y_label: str = "",
        log_y: bool = False,
        id: str | None = None,
    ) -> BarChart:
        """Add a bar chart, or show other bars in the one with that title.

        Args:
            title: Shown above it.
            values: Numbers by category, ``{"cat": 3, "dog": 5}``, or groups of such that stand side by side,
                ``{"train": {"cat": 3}, "test": {"cat": 2}}``: a dict, a series or a frame of pandas. None leaves the
                bars that are there.
            x_label: Says what the categories are.
            y_label: Names the vertical axis.
            log_y: Whether the vertical axis is logarithmic.
            id: Tells charts of the same title apart.

        Returns:
            The chart, for ``update``.
        """
        words = coerce.text(title)
        id_ = self._tab.key(id, f"bars:{words}")
        head = Bars(id_, words, [], coerce.text(x_label), coerce.text(y_label), coerce.flag(log_y))
        made = BarChart(self._tab, head)
        chart = self._tab.handle(id_, made)
        if chart is made or values is not None:
            chart.replace(values)
        return chart
