"""Values: one number or word each, large."""

import html
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from livedeck.deck import coerce
from livedeck.deck.buffers import ReplacedBuffer, text_bytes
from livedeck.deck.kinds import BaseElement, Calls, EditableTab, Frame, Handle, Sharing, StaticPage, Traits
from livedeck.deck.numerals import format_delta, format_value
from livedeck.deck.raw import Raw

LONG: Final = 14
"""Characters beyond which a value has the room of two tiles."""
SHORT_UNIT: Final = 4
"""Characters up to which a unit stays on the line of its number."""


class Value(BaseElement, tag="value", frozen=True):
    """A number or word with a label, shown large; ``delta`` is the change since the value before."""

    label: str
    value: float | int | str | bool | None = None
    unit: str = ""
    delta: float | None = None

    traits: ClassVar = Traits(
        grows=False, tile=True, group="ld-values", comparable=True, headline=4, sharing=Sharing.CELL
    )

    def buffer(self) -> ReplacedBuffer["Value"]:
        """The newest state."""
        return ReplacedBuffer(self, _fixed_bytes)

    def static(self, page: StaticPage, frame: Frame) -> Iterator[str | Raw]:
        """The tile."""
        from livedeck.deck.tables import numeric

        unit = f'<span class="ld-unit">{html.escape(self.unit)}</span>' if self.unit else ""
        change = ""
        if self.delta is not None:
            sign = "up" if self.delta > 0 else "down" if self.delta < 0 else "same"
            change = f'<div class="ld-delta" data-sign="{sign}">{format_delta(self.delta)}</div>'
        words = format_value(self.value)
        is_word = " data-words" if isinstance(self.value, str) and not numeric([words]) else ""
        yield (
            f'<div class="ld-element ld-value"{is_word}{" data-long" if len(words) > LONG else ""}>'
            f'<div class="ld-label">{html.escape(self.label)}</div><div class="ld-number">'
            f'<span class="ld-quantity" style="--ld-length:{len(words)};--ld-unit:{_room(self.unit)}">'
            f"{html.escape(words)}</span>{unit}</div>{change}</div>"
        )

    def cell(self) -> tuple[str, str]:
        """The label, and the number or word with its unit."""
        return self.label, f"{format_value(self.value)} {self.unit}".rstrip()

    def rank(self) -> float | None:
        """The number, if it is one."""
        return float(self.value) if isinstance(self.value, int | float) else None

    @classmethod
    def example(cls, deck: "ValueCalls") -> None:
        """A number with all that can be said of it."""
        deck.value("accuracy", 0.75, unit="%", delta=0.01)


def _room(unit: str) -> int:
    """Characters that a short unit takes beside its number, with the gap; 0 for one that may go below it."""
    return len(unit) + 1 if 0 < len(unit) <= SHORT_UNIT else 0


def _fixed_bytes(tile: Value) -> int:
    return text_bytes(tile.id + tile.label + tile.unit + (tile.value if isinstance(tile.value, str) else ""))


class ValueTile(Handle):
    """A number or word on a tab, shown large."""

    def __init__(self, tab: EditableTab, id_: str, label: str, unit: str) -> None:
        self._tab = tab
        self._id = id_
        self._label = label
        self._unit = unit

    def update(self, value: Any, *, unit: Any = None, delta: Any = None) -> None:
        """Show another value, in another unit if one is given.

        ``delta`` is the change since the value before, if that is worth showing.
        """
        change = None if delta is None else coerce.number(delta)
        measure = self._unit = self._unit if unit is None else coerce.text(unit)
        self._tab.put(Value(self._id, self._label, coerce.scalar(value), measure, change))


class ValueCalls(Calls):
    """``deck.value(...)``."""

    def value(
        self,
        label: str,
        value: Any,
        unit: str = "",
        delta: float | None = None,
        *,
        id: str | None = None,
    ) -> ValueTile:
        """Show a number or word, large; the same label again shows its new value in the same place.

        Args:
            label: What the value is.
            value: A number or a word.
            unit: Shown behind the value; the one before stays when none is given.
            delta: The change since the value before, if that is worth showing.
            id: Tells values of the same label apart.

        Returns:
            The tile, for ``update``.
        """
        words = coerce.text(label)
        id_ = self._tab.key(id, f"value:{words}")
        measure = coerce.text(unit)
        tile = self._tab.handle(id_, ValueTile(self._tab, id_, words, measure))
        tile.update(value, unit=measure or None, delta=delta)
        return tile
