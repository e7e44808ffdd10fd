"""Values: one number or word each, large, with how it changes and how far it is from its target."""

import html
import math
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

import msgspec

from livedeck.deck import coerce
from livedeck.deck.buffers import ReplacedBuffer, text_bytes
from livedeck.deck.kinds import BaseElement, Calls, EditableTab, Frame, Handle, Sharing, StaticPage, Traits
from livedeck.deck.numerals import format_delta, format_number, format_value
from livedeck.deck.raw import Raw

LONG: Final = 14
"""Characters beyond which a value has the room of two tiles."""
SHORT_UNIT: Final = 4
"""Characters up to which a unit stays on the line of its number."""
RECENT: Final = 32
"""Of how many values before it, itself among them, a tile draws a line."""
LEAST: Final = 3
"""Of how many at least: of two the change says it all."""
_NUMBER_BYTES: Final = 8  # what a recent value takes, in a segment


class Value(BaseElement, tag="value", frozen=True):
    """A number or word with a label, shown large; ``delta`` is the change since the value before."""

    label: str
    value: float | int | str | bool | None = None
    unit: str = ""
    delta: float | None = None
    up_is_good: bool | None = None
    """Whether a value that goes up becomes better; None: neither way does."""
    target: float | None = None
    """What it is to come to."""
    recent: list[float] = msgspec.field(default_factory=list)
    """The last values, this one among them, to four digits: what the small line shows."""

    traits: ClassVar = Traits(
        grows=False, tile=True, group="ld-values", comparable=True, headline=4, sharing=Sharing.CELL
    )

    def buffer(self) -> ReplacedBuffer["Value"]:
        """The newest state."""
        return ReplacedBuffer(self, _fixed_bytes)

    def static(self, page: StaticPage, frame: Frame) -> Iterator[str | Raw]:
        """The tile."""
        from livedeck.deck.tables import numeric

        words = format_value(self.value)
        is_word = " data-words" if isinstance(self.value, str) and not numeric([words]) else ""
        line = trend_path(self.recent)
        yield (
            f'<div class="ld-element ld-value"{is_word}{" data-long" if len(words) > LONG else ""}'
            f'{" data-trend" if line else ""}><div class="ld-label">{html.escape(self.label)}</div>'
        )
        if line:
            yield (
                f'<svg class="ld-trend" viewBox="0 0 100 24" preserveAspectRatio="none" role="img"'
                f' aria-label="{html.escape(trend_words(self.recent))}"><path d="{line}"/></svg>'
            )
        unit = f'<span class="ld-unit">{html.escape(self.unit)}</span>' if self.unit else ""
        yield (
            '<div class="ld-number">'
            f'<span class="ld-quantity" style="--ld-length:{len(words)};--ld-unit:{_room(self.unit)}">'
            f"{html.escape(words)}</span>{unit}</div>"
        )
        if self.delta is not None:
            sign = "up" if self.delta > 0 else "down" if self.delta < 0 else "same"
            told = self.up_is_good is not None and self.delta != 0
            good = f' data-good="{"yes" if self.improved else "no"}"' if told else ""
            yield f'<div class="ld-delta" data-sign="{sign}"{good}>{self.change()}</div>'
        if self.target is not None:
            reached = " data-reached" if self.reached else ""
            yield f'<div class="ld-target"{reached}>{self.distance()}</div>'
        yield "</div>"

    def change(self) -> str:
        """The change in words, without its sign, and whether it is for the better where that is known."""
        if not self.delta:
            return "" if self.delta is None else "unchanged"
        words = format_delta(self.delta)
        return words if self.up_is_good is None else f"{words} {'better' if self.improved else 'worse'}"

    def distance(self) -> str:
        """What it is to come to, and how far it is from there."""
        if self.target is None:
            return ""
        goal = f"target {format_number(self.target)}"
        if not _is_number(self.value):
            return goal
        gap = float(self.value or 0) - self.target
        return f"{format_delta(gap)} {'above' if gap > 0 else 'below'} {goal}" if gap else f"at {goal}"

    @property
    def improved(self) -> bool:
        """Whether the change is for the better."""
        return ((self.delta or 0) > 0) is self.up_is_good

    @property
    def reached(self) -> bool:
        """Whether it has come to its target, or beyond it."""
        if self.target is None or not _is_number(self.value):
            return False
        gap = float(self.value or 0) - self.target
        return gap == 0 or (self.up_is_good is not None and (gap > 0) is self.up_is_good)

    def cell(self) -> tuple[str, str]:
        """The label, and the number or word with its unit."""
        return self.label, f"{format_value(self.value)} {self.unit}".rstrip()

    def rank(self) -> float | None:
        """The number, if it is one."""
        return float(self.value) if isinstance(self.value, int | float) else None

    @classmethod
    def example(cls, deck: "ValueCalls") -> None:
        """A number with all that can be said of it."""
        for accuracy in (0.5, 0.25, 0.75):
            deck.value("accuracy", accuracy, unit="%", target=0.875, up_is_good=True)


def _room(unit: str) -> int:
    """Characters that a short unit takes beside its number, with the gap; 0 for one that may go below it."""
    return len(unit) + 1 if 0 < len(unit) <= SHORT_UNIT else 0


def _fixed_bytes(tile: Value) -> int:
    words = tile.value if isinstance(tile.value, str) else ""
    return text_bytes(tile.id + tile.label + tile.unit + words) + _NUMBER_BYTES * len(tile.recent)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def trend_path(recent: Sequence[float]) -> str:
    """The line of recent values as the path of a picture of 100 by 24; empty where they are too few."""
    if len(recent) < LEAST:
        return ""
    low, high = min(recent), max(recent)
    size = high - low
    shares = ((value - low) / size if 0 < size < math.inf else 0.5 for value in recent)
    step = 100 / (len(recent) - 1)
    return "M" + "L".join(f"{number * step:.1f} {22 - share * 20:.1f}" for number, share in enumerate(shares))


def trend_words(recent: Sequence[float]) -> str:
    """The same for those who do not see it."""
    first, last = format_number(recent[0]), format_number(recent[-1])
    low, high = format_number(min(recent)), format_number(max(recent))
    return f"The last {len(recent)} values: from {first} to {last}, the lowest {low}, the highest {high}"


class ValueTile(Handle):
    """A number or word on a tab, shown large."""

    def __init__(self, tab: EditableTab, id_: str, label: str, unit: str) -> None:
        self._tab = tab
        self._id = id_
        self._label = label
        self._unit = unit
        self._target: float | None = None
        self._up_is_good: bool | None = None
        self._trend = True
        self._last: float | None = None
        self._recent: list[float] = []

    def update(
        self,
        value: Any,
        *,
        unit: Any = None,
        delta: Any = None,
        target: Any = None,
        up_is_good: Any = None,
        trend: Any = None,
    ) -> None:
        """Show another value; what else is given holds from now on, but for ``delta``.

        Args:
            value: A number or a word.
            unit: Shown behind the value.
            delta: The change since the value before, where it is to be another than the difference.
            target: What it is to come to.
            up_is_good: Whether a value that goes up becomes better.
            trend: Whether the change since the value before, and the line of the last values, are shown.
        """
        shown = coerce.scalar(value)
        change = None if delta is None else coerce.number(delta)
        goal = None if target is None else coerce.number(target)
        measure = None if unit is None else coerce.text(unit)
        good = None if up_is_good is None else coerce.flag(up_is_good)
        drawn = None if trend is None else coerce.flag(trend)
        with self._tab.lock:
            if measure is not None and measure != self._unit:  # what was in another unit is no measure for it
                self._unit, self._last, self._recent = measure, None, []
            self._target = self._target if target is None else goal
            self._up_is_good = self._up_is_good if good is None else good
            self._trend = self._trend if drawn is None else drawn
            number = float(shown) if _is_number(shown) else None  # type: ignore[arg-type] # it is one
            if change is None and self._trend and number is not None and self._last is not None:
                change = coerce.number(float(f"{number - self._last:.12g}"))  # without what arithmetic leaves behind
            self._last = number
            recent = self._drawn(number)
            self._tab.put(
                Value(self._id, self._label, shown, self._unit, change, self._up_is_good, self._target, recent)
            )

    def _drawn(self, number: float | None) -> list[float]:
        """The last values with this one behind them; none where there is to be no line."""
        if not self._trend or number is None:
            self._recent = []
            return self._recent
        rounded = float(f"{number:.4g}")
        self._recent = [*self._recent[1 - RECENT :], rounded if math.isfinite(rounded) else number]
        return self._recent if len(self._recent) >= LEAST else []


class ValueCalls(Calls):
    """``deck.value(...)``."""

    def value(
        self,
        label: str,
        value: Any,
        unit: str = "",
        delta: float | None = None,
        *,
        target: float | None = None,
        up_is_good: bool | None = None,
        trend: bool | None = None,
        id: str | None = None,
    ) -> ValueTile:
        """Show a number or word, large; the same label again shows its new value in the same place.

        Of a number that changes, the tile shows by how much, and a line of its last 32 values.

        Args:
            label: What the value is.
            value: A number or a word.
            unit: Shown behind the value; the one before stays when none is given.
            delta: The change since the value before, where it is to be another than the difference.
            target: What it is to come to: the tile says how far that is.
            up_is_good: Whether a value that goes up becomes better: changes are said to be better or worse, in colour.
            trend: False for a tile without change and line.
            id: Tells values of the same label apart.

        Returns:
            The tile, for ``update``.
        """
        words = coerce.text(label)
        id_ = self._tab.key(id, f"value:{words}")
        measure = coerce.text(unit)
        tile = self._tab.handle(id_, ValueTile(self._tab, id_, words, measure))
        tile.update(value, unit=measure or None, delta=delta, target=target, up_is_good=up_is_good, trend=trend)
        return tile
