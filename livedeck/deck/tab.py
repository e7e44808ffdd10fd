"""A tab of the task's page: which elements are on it, and their handles."""

import itertools
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol, cast

from livedeck.deck import bounds, coerce, limits
from livedeck.deck.kinds import FIRST_ID, BaseElement, H, Handle
from livedeck.deck.libraries import LIBRARY_IDS
from livedeck.deck.ops import Element

AT_ONCE: Final = 256
"""Elements that go together when there are too many: finding the oldest takes a while."""
_MOST_LEFT_OUT: Final = 20  # kinds of things that a tab says are not shown on it


class ChangeSink(Protocol):
    """Where a tab sends what changes on it: the page that it is a part of."""

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """Held while anything changes; reentrant."""

    @property
    def max_bytes(self) -> int:
        """How much may wait to be published."""

    def put(self, deck: str, element: Element) -> None:
        """Note that an element was created or replaced."""

    def extend(self, deck: str, element: Element) -> None:
        """Note that something was appended to an element."""

    def drop(self, deck: str, id_: str) -> None:
        """Note that an element was removed."""

    def note_new(self, deck: str, id_: str) -> None:
        """Count a new element."""

    def note_gone(self) -> None:
        """Note that there is an element less."""


class PageTab:
    """A tab; what kinds of element find in it is :class:`livedeck.deck.kinds.EditableTab`.

    Args:
        page: What it is of.
        name: Its name.
        hidden: Show nothing of what is put on it: there are too many.
    """

    def __init__(self, page: ChangeSink, name: str, *, hidden: bool = False) -> None:
        self._page = page
        self._name = name
        self._hidden = hidden
        self._handles: dict[str, Handle | None] = {}  # by the elements' ids; None of those whose handle is not known
        self._made = 0
        self._left_out: set[str] = set()

    @property
    def count(self) -> int:
        """How many elements are on the tab."""
        return len(self._handles)

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """The page's lock."""
        return self._page.lock

    @property
    def max_bytes(self) -> int:
        """How much the page may hold."""
        return self._page.max_bytes

    def ids(self) -> Iterable[str]:
        """The ids of the elements on the tab, the oldest first."""
        return self._handles

    def id_of(self, chosen: Any) -> str:
        """The id that the user chose, or else one that nothing on the tab has."""
        if chosen is not None:
            return coerce.text(chosen)
        self._made += 1
        while f"e{self._made}" in self._handles:
            self._made += 1
        return f"e{self._made}"

    def holds(self, id_: str) -> bool:
        """Whether there is an element with that id."""
        return id_ in self._handles

    def handle(self, id_: str, made: H) -> H:
        """The handle known under that id if it is of the same kind; else the one just made, which is kept."""
        with self._page.lock:
            held = self._handles.get(id_)
            if type(held) is type(made):
                return held
            self.hold(id_, made)
            return made

    def hold(self, id_: str, handle: Handle | None) -> None:
        """Keep the handle of an element, which is counted if it is new."""
        if self._hidden:
            return
        new = id_ not in self._handles
        before = self._handles.get(id_)
        self._handles[id_] = handle
        if before is not None:
            before.forgotten()
        if new:
            self._page.note_new(self._name, id_)

    def put(self, element: BaseElement) -> None:
        """Create or replace an element."""
        if self._hidden:
            return
        with self._page.lock:
            if element.id not in self._handles:  # of a handle that outlived its element
                self.hold(element.id, None)
            self._page.put(self._name, cast("Element", element))

    def extend(self, element: BaseElement) -> None:
        """Append to an element."""
        if self._hidden:
            return
        with self._page.lock:
            if element.id not in self._handles:
                self.hold(element.id, None)
            self._page.extend(self._name, cast("Element", element))

    def remove(self, id_: str) -> None:
        """Remove an element; nothing happens when there is none."""
        with self._page.lock:
            self.forget(id_)
            self._page.drop(self._name, id_)

    def clear(self, kept: set[str]) -> None:
        """Remove all elements but these, and number those to come anew."""
        for id_ in [known for known in self._handles if known not in kept]:
            self.remove(id_)
        self._made = len(kept & {FIRST_ID})

    def leave_out(self, what: str) -> None:
        """Say on the tab, once, that something is not shown."""
        with self._page.lock:
            if self._hidden or what in self._left_out or len(self._left_out) >= _MOST_LEFT_OUT:
                return
            self._left_out.add(what)
            words = f"Not shown here: {', '.join(sorted(self._left_out))}."
            self._page.put(self._name, limits.notice(limits.NOT_SHOWN, words))

    def forget(self, id_: str) -> None:
        """Let go of what is kept of an element."""
        if id_ in self._handles:
            handle = self._handles.pop(id_)
            if handle is not None:
                handle.forgotten()
            self._page.note_gone()

    def drop_oldest(self, count: int) -> None:
        """Remove the elements that were put on the tab first; the tab says so."""
        oldest = (id_ for id_ in self._handles if id_ not in LIBRARY_IDS)
        for id_ in list(itertools.islice(oldest, count)):
            self.remove(id_)
        self.leave_out(f"elements older than the last {bounds.ELEMENTS - AT_ONCE} or so")
