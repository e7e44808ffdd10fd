"""Progress bars, and bars in bars."""

import html
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar, Final, Literal, Self, TypeVar

import msgspec

from livedeck.deck import coerce
from livedeck.deck.buffers import ReplacedBuffer, text_bytes
from livedeck.deck.kinds import (
    CHILDREN,
    BaseElement,
    Calls,
    Children,
    EditableTab,
    Frame,
    Handle,
    Sharing,
    StaticPage,
    Traits,
)
from livedeck.deck.numerals import format_duration, format_number
from livedeck.deck.raw import Raw
from livedeck.deck.speed import Stopwatch, rounded

MOST_INNER: Final = 16
"""Bars in a bar; when there is one more the first goes. Each change of the outer one names them all."""
_LONGEST_NOTE: Final = 300  # characters
_SLOWEST: Final = 1e-9  # of a second; nobody waits for what is slower

State = Literal["", "done", "failed"]
T = TypeVar("T")


class Progress(BaseElement, tag="progress", frozen=True):
    """A progress bar. ``total`` is None while the amount of work is unknown."""

    label: str
    value: float = 0.0
    total: float | None = None
    unit: str = ""
    rate: float | None = None
    """How much is done in a second, as far as that is known."""
    state: State = ""
    """How it ended, where that was said; one whose value is its total is done anyway."""
    note: str = ""
    """Words below it; of one that failed, why."""
    seconds: float = 0.0
    """How long it took, once it is over."""
    bars: list[str] = msgspec.field(default_factory=list)
    """Ids of the bars in it, in order; an id may be that of none."""

    traits: ClassVar = Traits(grows=False, tile=True, group="ld-progress-group", headline=1, sharing=Sharing.JOINED)

    def buffer(self) -> ReplacedBuffer["Progress"]:
        """The newest state."""
        return ReplacedBuffer(self, _fixed_bytes)

    def inside(self) -> Sequence[str]:
        """The ids of the bars in it."""
        return self.bars

    @property
    def share(self) -> float | None:
        """How much of it is done, from 0 to 1; None: nobody knows."""
        if self.total is None or self.total <= 0:
            return None
        return min(1.0, max(0.0, self.value / self.total))

    @property
    def phase(self) -> State:
        """How it ended, if it has."""
        return self.state or ("done" if self.share == 1 else "")

    @property
    def filled(self) -> float | None:
        """How much of the bar is filled, as `share`: all of it once the task has said that it is done."""
        return 1 if self.phase == "done" else self.share

    def amount(self) -> str:
        """How much is done in words, and how it ended. What was not counted is not given as nothing once it is done."""
        words = f" {self.unit}" if self.unit else ""
        said = [f"{format_number(self.value)}{words}"]
        if self.total is not None and self.share is not None:
            percent = math.floor(min(100, max(0, self.value * 100 / self.total)))  # 0.29 * 100 is less than 29
            said = [f"{format_number(self.value)} of {format_number(self.total)}{words}", f"{percent} %"]
        if self.phase == "done" and self.share != 1:
            said = said[:1] if self.value else []
        took = format_duration(self.seconds) if self.seconds > 0 else ""
        if self.phase == "failed":
            said.append(f"failed after {took}" if took else "failed")
        if self.phase == "done" and self.share != 1:
            said.append("done")
        if self.phase == "done" and took:
            said.append(f"in {took}")
        return " · ".join(said)

    def pace(self) -> str:
        """How fast it goes in words, and how long that takes; empty where nobody knows, and once it is over."""
        if self.rate is None or self.rate < _SLOWEST or self.phase:
            return ""
        of = f" {self.unit}" if self.unit else ""
        said = [format_duration(1 / self.rate) + " each" if self.rate < 1 else f"{format_number(self.rate)}{of}/s"]
        if self.total is not None and self.share is not None:
            said.append(f"{format_duration((self.total - self.value) / self.rate)} left")
        return " · ".join(said)

    def static(self, page: StaticPage, frame: Frame) -> Iterator[str | Raw | Children]:
        """The bar, how much is done in words, and the bars in it."""
        filled, phase = self.filled, self.phase
        width = f"{(1 if filled is None else filled) * 100:g}%"
        label, amount, pace = html.escape(self.label), html.escape(self.amount()), html.escape(self.pace())
        state = f" data-{phase}" if phase else " data-indeterminate" if filled is None else ""
        goes = f'<span class="ld-pace"> {pace}</span>' if pace else ""
        values = ""
        if self.share is not None and filled is not None and self.total is not None:
            values = f' aria-valuemax="{self.total:.15g}" aria-valuenow="{filled * self.total:.15g}"'
        yield (
            f'<div class="ld-element ld-progress"{state}><div class="ld-progress-head"><span class="ld-label">{label}'
            f'</span><span class="ld-amount"><span>{amount}</span>{goes}</span></div>'
            f'<div class="ld-track" role="progressbar" aria-label="{label}" aria-valuemin="0"{values}'
            f' aria-valuetext="{amount}"><div class="ld-bar" style="width:{width}">'
            "</div></div>"
        )
        if self.note:
            yield f'<div class="ld-progress-note">{html.escape(self.note)}</div>'
        if self.bars:
            yield '<div class="ld-progress-inner">'
            yield CHILDREN
            yield "</div>"
        yield "</div>"

    @classmethod
    def joined(cls, parts: Sequence[tuple[str, Self]]) -> Self:
        """One bar for what all tasks have done of what there is to do for all."""
        bars = [bar for _, bar in parts]
        totals = [bar.total for bar in bars if bar.total is not None]
        rates = [bar.rate for bar in bars if bar.rate is not None and not bar.phase]
        failed = [(task, bar) for task, bar in parts if bar.phase == "failed"]
        over = all(bar.phase for bar in bars)
        return cls(
            bars[0].id,
            bars[0].label,
            sum(bar.value for bar in bars),
            sum(totals) if len(totals) == len(bars) else None,
            bars[0].unit,
            rounded(sum(rates)) if rates else None,
            "failed" if failed else "done" if over else "",
            f"{failed[0][0]}: {failed[0][1].note or 'failed'}" if failed else "",
            max(bar.seconds for bar in bars) if over else 0.0,
            list(dict.fromkeys(each for bar in bars for each in bar.bars)),
        )

    def renamed(self, names_of: Callable[[str], Sequence[str]]) -> "Progress":
        """The same with bars of other names in it."""
        return msgspec.structs.replace(self, bars=[name for each in self.bars for name in names_of(each)])

    @classmethod
    def example(cls, deck: "ProgressCalls") -> None:
        """A bar that has moved, with one in it that has failed."""
        bar = deck.progress("files", total=3, unit="MB")
        bar.advance(1)
        bar.progress("rows", total=4).fail("no room")


def _fixed_bytes(bar: Progress) -> int:
    return text_bytes(bar.id + bar.label + bar.unit + bar.note) + sum(3 + text_bytes(each) for each in bar.bars)


class ProgressBar(Handle):
    """A progress bar on a tab.

    In a ``with`` statement it begins anew, is done at the end, and has failed if an exception leaves the statement.
    """

    def __init__(
        self,
        tab: EditableTab,
        id_: str,
        label: str,
        total: float | None,
        unit: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.place = tab
        """The tab at the place where it stands."""
        self.prefix = f"{id_}/"
        """What ids begin with that are made of the names of bars in it."""
        self._id = id_
        self._label = label
        self._unit = unit
        self._total = total
        self._value: float = 0
        self._state: State = ""
        self._note = ""
        self._seconds = 0.0
        self._over = False
        self._inner: list[str] = []
        self._watch = Stopwatch(clock)

    def update(self, value: Any = None, *, total: Any = None, label: Any = None, note: Any = None) -> None:
        """Set how much is done, and if given how much there is to do, what it is called, and words below it."""
        done = coerce.number(value)
        most = coerce.number(total)
        words = None if label is None else coerce.text(label)
        more = None if note is None else _noted(note)
        with self.place.lock:
            self._value = self._value if done is None else done
            self._total = self._total if total is None else most
            self._label = self._label if words is None else words
            self._note = self._note if more is None else more
            self._put()

    def advance(self, by: Any = 1) -> None:
        """Add to how much is done; several threads may do so."""
        more = coerce.number(by) or 0
        with self.place.lock:
            self._value += more
            self._put()

    def done(self) -> None:
        """Say that it is done, however much of it there was."""
        self._end("done", None)

    def fail(self, reason: Any = None) -> None:
        """Say that it has failed, and why."""
        self._end("failed", None if reason is None else _noted(reason))

    def reset(self, total: Any = None) -> None:
        """Begin anew at nothing: a bar in a bar, for each turn of the outer one.

        Args:
            total: How much there is to do now; as much as before when it is not given.
        """
        most = coerce.number(total)
        with self.place.lock:
            self._value, self._state, self._note = 0, "", ""
            self._total = self._total if total is None else most
            self._watch.begin(0)
            self._put()

    def track(self, items: Iterable[T]) -> Iterator[T]:
        """Go through items and advance by each: ``for batch in bar.track(batches)``. The bar begins anew.

        Args:
            items: Anything that can be iterated over; where it has a length, that is how much there is to do.

        Returns:
            An iterator over them. A loop that is left early leaves the bar as it is; items that raise have it fail.
        """
        self.reset(coerce.length(items))
        return self._tracked(items)

    def progress(
        self, label: str, total: float | None = None, *, unit: str = "", id: str | None = None
    ) -> "ProgressBar":
        """A bar in this one, such as the batches of an epoch; the same label again is the same bar.

        Of more than 16 the first goes.

        Args:
            label: What is progressing.
            total: How much there is to do; None while that is unknown.
            unit: What is counted, such as ``"rows"``.
            id: Tells bars of the same label apart.
        """
        bar: ProgressBar = self.place.contained(self).progress(label, total, unit=unit, id=id)
        return bar

    def take_in(self, id_: str) -> None:
        """Note that a new element stands in it; of bars that are too many the first goes."""
        self._inner.append(id_)
        self.holds = True
        if not self.place.holds(self._id):  # it was removed meanwhile
            self.place.hold(self._id, self)
        if len(self._inner) > MOST_INNER:
            self.place.remove(self._inner.pop(0))
        self._put()

    def let_go(self, id_: str) -> None:
        """Note that an element is gone that stood in it."""
        if id_ in self._inner:
            self._inner.remove(id_)
        self.holds = bool(self._inner)

    def members(self) -> list[str]:
        """The ids of what stands in it."""
        return list(self._inner)

    def forgotten(self) -> None:
        """It is no longer on its tab."""
        self._inner.clear()
        self.holds = False

    def __enter__(self) -> Self:
        """Begin anew."""
        self.reset()
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Say how it ended."""
        if error is not None:
            self.fail(f"{type(error).__name__}: {coerce.text(error)}")
        elif not self._state:
            self.done()

    def _tracked(self, items: Iterable[T]) -> Iterator[T]:
        try:
            for item in items:
                yield item
                self.advance()
        except Exception as error:
            self.fail(f"{type(error).__name__}: {coerce.text(error)}")
            raise
        self.done()

    def _end(self, state: State, note: str | None) -> None:
        with self.place.lock:
            self._state = state
            self._note = self._note if note is None else note
            self._put()

    def _put(self) -> None:
        over = bool(self._state) or (self._total is not None and 0 < self._total <= self._value)
        if over != self._over:
            self._over = over
            self._seconds = self._watch.seconds if over else 0.0
        if not over:
            self._watch.note(self._value)
        rate = None if over else self._watch.rate
        state, note, seconds, inner = self._state, self._note, self._seconds, list(self._inner)
        bar = Progress(self._id, self._label, self._value, self._total, self._unit, rate, state, note, seconds, inner)
        self.place.put(bar)


def _noted(words: Any) -> str:
    text = coerce.text(words)
    return text if len(text) <= _LONGEST_NOTE else f"{text[:_LONGEST_NOTE]}…"


class ProgressCalls(Calls):
    """``deck.progress(...)``."""

    def progress(self, label: str, total: float | None = None, *, unit: str = "", id: str | None = None) -> ProgressBar:
        """A progress bar; asking for the same label again gives the same bar.

        It says how fast it goes and how long that will take, from half a second on.

        Args:
            label: What is progressing.
            total: How much there is to do; None while that is unknown.
            unit: What is counted, such as ``"rows"``.
            id: Tells bars of the same label apart.
        """
        words = coerce.text(label)
        id_ = self._tab.key(id, f"progress:{words}")
        most = None if total is None else coerce.number(total)
        made = ProgressBar(self._tab.here(), id_, words, most, coerce.text(unit))
        bar = self._tab.handle(id_, made)
        if bar is made or total is not None:
            bar.update(total=most)
        return bar
