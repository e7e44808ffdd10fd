"""Tabs that all tasks of an execution share: each has its part in its own log, and who shows them merges the parts.

A part is a tab of the task's own Deck whose name begins with `SHARED`. So it is published, kept within bounds and ended
as everything else there is, no task waits for another, and what a task that died had published stays.
"""

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from livedeck.deck.buffers import ElementBuffer
from livedeck.deck.kinds import BaseElement, Sharing
from livedeck.deck.ops import KINDS, Document, Drop, Element, End, Extend, Html, Markdown, Op, Put
from livedeck.deck.replay import Replay
from livedeck.deck.settings import SHARED
from livedeck.deck.tables import aligned

_TABLE: Final = "livedeck-results"
"""Id of the table of a tab's cells."""
_NUMBERS: Final = re.compile(r"(\d+)")


ADDED: Final = frozenset({"Input", "Output", "Source Code", "Timeline", "Dependencies"})
"""Tabs that are added to each Deck when its task ends, and that nobody wants to see of all."""


def is_shared(tab: str) -> bool:
    """Tell by its name whether a tab of a task's own Deck is a part of a shared one."""
    return tab.startswith(SHARED)


class SharedTabs:
    """The tabs that tasks share, as one document, while their logs are being followed.

    Tasks go by names that no two have. What has changed is taken as ops with `take`: of charts the new points, of
    everything that is put together from several tasks the newest state once, however often it has changed.

    Args:
        every_tab: Put together all tabs of what are the processes of one task, not those alone that are meant to be
            shared.
    """

    def __init__(self, *, every_tab: bool = False) -> None:
        self._every_tab = every_tab
        self._parts: dict[str, Replay] = {}
        self._attempts: dict[str, int] = {}
        self._ends: dict[str, str] = {}
        """How tasks have ended that have not succeeded."""
        self._ops: list[Op] = []
        self._stale: dict[tuple[str, str], None] = {}
        """What is put together anew by the next `take`: the tab, and the id of what shows it there."""
        self._shown: dict[str, dict[str, None]] = {}
        """Ids of what stands on each tab."""
        self._last: dict[str, tuple[str, str]] = {}
        """The task whose name is the last heading of a tab, and the heading's id."""
        self._above: dict[tuple[str, str], str] = {}
        """The heading that an element stands below: a tab and the element's id, to the heading's."""
        self._below: Counter[tuple[str, str]] = Counter()
        """How many elements stand below each heading."""
        self._headings = 0
        """How many there have been: their ids are told apart by that."""

    def apply(self, task: str, attempt: int, ops: Iterable[Op]) -> bool:
        """Take in ops of an attempt's log. Say whether what is shared has changed, which those on its own tabs do not.

        A later attempt takes the place of those before as soon as it shares something, and not before that: what an
        attempt that died has shared stays.
        """
        shared, end = [], None
        for op in ops:
            if isinstance(op, End):
                end = op
            elif is_shared(op.deck):
                shared.append(op)
            elif self._every_tab and op.deck not in ADDED:
                shared.append(msgspec.structs.replace(op, deck=f"{SHARED}{op.deck}"))
        if not shared:
            return end is not None and end.outcome != "succeeded" and self.end(task, attempt, end.outcome)
        if attempt < self._attempts.get(task, attempt):
            return False
        if attempt != self._attempts.get(task, attempt):
            self._forget(task)
        self._attempts[task] = attempt
        part = self._parts.setdefault(task, Replay())
        for op in shared:
            self._apply(task, part, op)
        if end is not None and end.outcome != "succeeded":
            self.end(task, attempt, end.outcome)
        return True

    @property
    def weight(self) -> int:
        """About how many bytes all of them have shared."""
        return sum(part.weight for part in self._parts.values())

    def weight_of(self, task: str) -> int:
        """About how many bytes a task has shared."""
        part = self._parts.get(task)
        return part.weight if part is not None else 0

    def end(self, task: str, attempt: int, how: str) -> bool:
        """Note that an attempt has ended without success, which its rows are to say. Say whether it has any."""
        if attempt != self._attempts.get(task):
            return False
        self._ends[task] = how
        tabs = [deck for deck, _, buffer in self._parts[task].elements() if buffer.kind.traits.sharing is Sharing.CELL]
        self._stale.update(((deck.removeprefix(SHARED), _TABLE), None) for deck in tabs)
        return bool(tabs)

    def load(self, task: str, attempt: int, document: Document) -> bool:
        """Take in a document as it stands, instead of what there was of that attempt."""
        if attempt == self._attempts.get(task):
            self._forget(task)
        puts = [Put(tab.name, each) for tab in document.decks for each in tab.elements]
        return self.apply(task, attempt, [*puts, document.end] if document.end is not None else puts)

    def take(self) -> list[Op]:
        """The ops since the last call."""
        ops, self._ops = self._ops, []
        stale, self._stale = self._stale, {}
        for tab, id_ in stale:
            element = self._table(tab) if id_ == _TABLE else self._joined(tab, *id_.split("/", 1))
            if element is not None:
                self._shown.setdefault(tab, {})[id_] = None
                ops.append(Put(tab, element))
            elif self._shown.get(tab, {}).pop(id_, _ABSENT) is not _ABSENT:
                ops.append(Drop(tab, id_))
        return ops

    def _apply(self, task: str, part: Replay, op: Put | Extend | Drop) -> None:
        tab = op.deck.removeprefix(SHARED)
        if isinstance(op, Drop):
            held = part.decks.get(op.deck, {})
            for id_ in [op.id] if op.id is not None else list(held):
                if id_ in held:
                    self._lose(task, tab, id_, held[id_].kind)
            part.apply_ops([op])
            return
        element, before = op.element, part.decks.get(op.deck, {}).get(op.element.id)
        if before is not None and before.kind is not type(element):
            self._lose(task, tab, element.id, before.kind)
            before = None
        match element.traits.sharing:
            case Sharing.CELL:
                self._stale[tab, _TABLE] = None
            case Sharing.JOINED:
                self._join(task, tab, element, appended=isinstance(op, Extend) or before is None)
            case Sharing.APART:
                self._stand_apart(task, tab, op)
        part.apply_ops([op])

    def _join(self, task: str, tab: str, element: Element, *, appended: bool) -> None:
        """Append to what is joined where nothing is replaced, else have it put together anew."""
        id_ = _joined_id(type(element), element.id)
        part = element.part(task) if appended and id_ in self._shown.get(tab, {}) else None
        if part is None or (tab, id_) in self._stale:
            self._stale[tab, id_] = None
        else:
            self._ops.append(Extend(tab, _renamed(part, id_)))

    def _stand_apart(self, task: str, tab: str, op: Put | Extend) -> None:
        shown = self._shown.setdefault(tab, {})
        id_ = f"{task}/{op.element.id}"
        if id_ not in shown:
            named, heading = self._last.get(tab, ("", ""))
            if named != task:
                self._headings += 1
                heading = f"{task}/heading/{self._headings}"
                self._last[tab] = task, heading
                self._ops.append(Put(tab, Markdown(heading, f"### {_escaped(task)}")))
            self._above[tab, id_] = heading
            self._below[tab, heading] += 1
        shown[id_] = None
        self._ops.append(type(op)(tab, _renamed(op.element, id_)))

    def _lose(self, task: str, tab: str, id_: str, kind: type[BaseElement]) -> None:
        """Note that a task has an element no more."""
        match kind.traits.sharing:
            case Sharing.CELL:
                self._stale[tab, _TABLE] = None
            case Sharing.JOINED:
                self._stale[tab, _joined_id(kind, id_)] = None
            case Sharing.APART:
                self._shown.get(tab, {}).pop(f"{task}/{id_}", None)
                self._ops.append(Drop(tab, f"{task}/{id_}"))
                self._lose_heading(tab, f"{task}/{id_}")

    def _lose_heading(self, tab: str, id_: str) -> None:
        """Take an element from below its heading, and the heading away that has nothing left."""
        heading = self._above.pop((tab, id_))
        self._below[tab, heading] -= 1
        if not self._below[tab, heading]:
            del self._below[tab, heading]
            self._ops.append(Drop(tab, heading))
            if self._last.get(tab, ("", ""))[1] == heading:
                del self._last[tab]

    def _forget(self, task: str) -> None:
        """Let go of all that a task has shared."""
        self._ends.pop(task, None)
        part = self._parts.pop(task, None)
        for deck, id_, buffer in part.elements() if part is not None else ():
            self._lose(task, deck.removeprefix(SHARED), id_, buffer.kind)

    def _joined(self, tab: str, kind: str, id_: str) -> Element | None:
        held = [(task, buffer) for task, buffers in self._of(tab) if (buffer := buffers.get(id_)) is not None]
        parts = [(task, buffer.element()) for task, buffer in held if buffer.kind is KINDS[kind]]
        return _renamed(KINDS[kind].joined(parts).renamed(_joined_ids), f"{kind}/{id_}") if parts else None

    def _table(self, tab: str) -> Element | None:
        rows: dict[str, dict[str, tuple[str, float | None]]] = {}
        columns: dict[str, None] = {}
        for task, buffers in self._of(tab):
            for buffer in buffers.values():
                if buffer.kind.traits.sharing is Sharing.CELL:
                    element = buffer.element()
                    column, words = element.cell()
                    columns[column] = None
                    rows.setdefault(task, {})[column] = words, element.rank()
        what = "rank" if self._every_tab else "task"
        return Html(_TABLE, _table_html(what, _ranked(rows, columns), list(columns), self._ends)) if rows else None

    def _of(self, tab: str) -> Iterator[tuple[str, dict[str, ElementBuffer[Any]]]]:
        """What each task has on a tab, in the order of their names."""
        for task in sorted(self._parts, key=_in_order):
            held = self._parts[task].decks.get(f"{SHARED}{tab}")
            if held:
                yield task, held


_ABSENT: Final = object()

_Row = tuple[str, dict[str, tuple[str, float | None]]]


def _ranked(rows: dict[str, dict[str, tuple[str, float | None]]], columns: Iterable[str]) -> list[_Row]:
    """Rows by the first column that has a number, the largest first; those without one come last."""
    first = next(
        (each for each in columns if any(row.get(each, ("", None))[1] is not None for row in rows.values())), ""
    )

    def key(row: _Row) -> tuple[bool, float]:
        rank = row[1].get(first, ("", None))[1]
        return rank is None or rank != rank, -(rank or 0.0)  # noqa: PLR0124 - what is not equal to itself is no number

    return sorted(rows.items(), key=key)


def _table_html(what: str, rows: Sequence[_Row], columns: Sequence[str], ends: Mapping[str, str]) -> str:
    head = "".join(f"<th>{html.escape(column)}</th>" for column in columns)
    body = "".join(
        f"<tr><th>{html.escape(task)}{f' ({ends[task]})' if task in ends else ''}</th>"
        + "".join(f"<td>{html.escape(cells.get(column, ('', None))[0])}</td>" for column in columns)
        + "</tr>"
        for task, cells in rows
    )
    table = f"<table><thead><tr><th>{what}</th>{head}</tr></thead><tbody>{body}</tbody></table>"
    return aligned(table)


def _joined_id(kind: type[BaseElement], id_: str) -> str:
    """The id of what shows the elements of one kind and id of all tasks."""
    return f"{kind.__struct_config__.tag}/{id_}"


def _joined_ids(id_: str) -> list[str]:
    """The ids that what is joined of elements of one id may go by."""
    return [_joined_id(kind, id_) for kind in KINDS.values() if kind.traits.sharing is Sharing.JOINED]


def _renamed(element: Any, id_: str) -> Element:
    renamed: Element = msgspec.structs.replace(element, id=id_)
    return renamed


def _escaped(task: str) -> str:
    """A task's name as Markdown shows it unchanged."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", task)


def _in_order(task: str) -> list[tuple[bool, int, str]]:
    """A key by which ``n2`` comes before ``n10``."""
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in _NUMBERS.split(task)]
