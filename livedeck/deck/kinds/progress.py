"""Progress bars."""

import html
import math
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Self

from livedeck.deck import coerce
from livedeck.deck.buffers import ReplacedBuffer, text_bytes
from livedeck.deck.kinds import BaseElement, Calls, EditableTab, Frame, Handle, Sharing, StaticPage, Traits
from livedeck.deck.numerals import format_number
from livedeck.deck.raw import Raw


class Progress(BaseElement, tag="progress", frozen=True):
    """A progress bar. ``total`` is None while the amount of work is unknown."""

    label: str
    value: float = 0.0
    total: float | None = None
    unit: str = ""

    traits: ClassVar = Traits(grows=False, tile=True, headline=1, sharing=Sharing.JOINED)

    def buffer(self) -> ReplacedBuffer["Progress"]:
        """The newest state."""
        return ReplacedBuffer(self, _fixed_bytes)

    def static(self, page: StaticPage, frame: Frame) -> Iterator[str | Raw]:
        """The bar, and how much is done in words."""
        words = f" {self.unit}" if self.unit else ""
        amount = f"{format_number(self.value)}{words}"
        share, state = 1.0, " data-indeterminate"
        if self.total is not None and self.total > 0:
            share = min(1.0, max(0.0, self.value / self.total))
            percent = math.floor(min(100, max(0, self.value * 100 / self.total)))  # 0.29 * 100 is less than 29
            amount = f"{format_number(self.value)} of {format_number(self.total)}{words} · {percent} %"
            state = " data-done" if share == 1 else ""
        yield (
            f'<div class="ld-element ld-progress"{state}><div class="ld-progress-head">'
            f'<span class="ld-label">{html.escape(self.label)}</span>'
            f'<span class="ld-amount">{html.escape(amount)}</span></div>'
            f'<div class="ld-track"><div class="ld-bar" style="width:{share * 100:g}%"></div></div></div>'
        )

    @classmethod
    def joined(cls, parts: Sequence[tuple[str, Self]]) -> Self:
        """One bar for what all tasks have done of what there is to do for all."""
        first = parts[0][1]
        totals = [bar.total for _, bar in parts if bar.total is not None]
        done = sum(bar.value for _, bar in parts)
        return cls(first.id, first.label, done, sum(totals) if len(totals) == len(parts) else None, first.unit)

    @classmethod
    def example(cls, deck: "ProgressCalls") -> None:
        """A bar that has moved."""
        deck.progress("files", total=3, unit="MB").advance(1)


def _fixed_bytes(bar: Progress) -> int:
    return text_bytes(bar.id + bar.label + bar.unit)


class ProgressBar(Handle):
    """A progress bar on a tab."""

    def __init__(self, tab: EditableTab, id_: str, label: str, total: float | None, unit: str) -> None:
        self._tab = tab
        self._id = id_
        self._label = label
        self._unit = unit
        self._total = total
        self._value: float = 0

    def update(self, value: Any = None, *, total: Any = None, label: Any = None) -> None:
        """Set how much is done, and if given how much there is to do and what it is called."""
        done = coerce.number(value)
        most = coerce.number(total)
        words = None if label is None else coerce.text(label)
        with self._tab.lock:
            self._value = self._value if done is None else done
            self._total = self._total if total is None else most
            self._label = self._label if words is None else words
            self._put()

    def advance(self, by: Any = 1) -> None:
        """Add to how much is done; several threads may do so."""
        more = coerce.number(by) or 0
        with self._tab.lock:
            self._value += more
            self._put()

    def _put(self) -> None:
        self._tab.put(Progress(self._id, self._label, self._value, self._total, self._unit))


class ProgressCalls(Calls):
    """``deck.progress(...)``."""

    def progress(self, label: str, total: float | None = None, *, unit: str = "", id: str | None = None) -> ProgressBar:
        """A progress bar; asking for the same label again gives the same bar.

        Args:
            label: What is progressing.
            total: How much there is to do; None while that is unknown.
            unit: What is counted, such as ``"rows"``.
            id: Tells bars of the same label apart.
        """
        words = coerce.text(label)
        id_ = self._tab.key(id, f"progress:{words}")
        most = None if total is None else coerce.number(total)
        made = ProgressBar(self._tab, id_, words, most, coerce.text(unit))
        bar = self._tab.handle(id_, made)
        if bar is made or total is not None:
            bar.update(total=most)
        return bar
