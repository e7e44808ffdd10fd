"""A tab of the task's page: which elements are on it, and their handles."""

import itertools
from collections.abc import Iterable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from enum import Enum
from typing import Any, Final, Protocol, cast

from livedeck.deck import arrangement, bounds, coerce, limits, renderers
from livedeck.deck.kinds import FIRST_ID, BaseElement, EditableTab, H, Handle, Holder
from livedeck.deck.libraries import LIBRARY_IDS, Library
from livedeck.deck.ops import Container, Element, Html

AT_ONCE: Final = 256
"""Elements that go together when there are too many: finding the oldest takes a while."""
_DEEPEST: Final = arrangement.MOST_DEPTH - 1  # that others stand in: what is in it is an element, too
_MOST_LEFT_OUT: Final = 20  # kinds of things that a tab says are not shown on it


_ENTERED: ContextVar[tuple[tuple[EditableTab, Holder], ...]] = ContextVar("livedeck_containers", default=())
"""What ``with`` statements are in: the tabs, and the handles of what their new elements stand in, innermost last."""


class _Unknown(Enum):
    """The type of what stands for a handle that there is not."""

    UNKNOWN = 0


_UNKNOWN: Final = _Unknown.UNKNOWN


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

    @property
    def libraries(self) -> set[str]:
        """Ids of the JavaScript libraries that figures need, wherever these are."""

    def has_library(self, deck: str, id_: str) -> bool:
        """Whether a JavaScript library is on a tab that a viewer of this one is shown too."""

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
        self._holders: dict[str, Holder] = {}  # of the elements that stand in others, by their ids
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

    @property
    def prefix(self) -> str:
        """What ids begin with that are made of names, within the ``with`` statements that run."""
        holder = self.entered
        return "" if holder is None else holder.prefix

    @property
    def entered(self) -> Holder | None:
        """What new elements stand in by the ``with`` statements that run."""
        return next((holder for tab, holder in reversed(_ENTERED.get()) if tab is self), None)

    def ids(self) -> Iterable[str]:
        """The ids of the elements on the tab, the oldest first."""
        return self._handles

    def key(self, chosen: Any, default: str) -> str:
        """The id that the user chose, or else the default, told apart from those in other sections."""
        return coerce.key(chosen, self.prefix + default)

    def here(self) -> "EditableTab":
        """The tab at the place of now; not deeper than things are shown."""
        return Place(self, self.entered).here()

    def contained(self, box: Any) -> Container:
        """The container of which this is the handle."""
        return Container(Place(self, box), box)

    def enter(self, holder: Holder) -> None:
        """Have new elements stand in this."""
        _ENTERED.set((*_ENTERED.get(), (self, holder)))

    def leave(self, holder: Holder) -> None:
        """End what :meth:`enter` began."""
        entered = _ENTERED.get()
        at = next((at for at in reversed(range(len(entered))) if entered[at] == (self, holder)), None)
        if at is not None:  # else it was entered in another thread
            _ENTERED.set(entered[:at] + entered[at + 1 :])

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
        return self.handle_in(self.entered, id_, made)

    def handle_in(self, holder: Holder | None, id_: str, made: H) -> H:
        """As :meth:`handle`; what is new stands in this."""
        with self._page.lock:
            held = self._handles.get(id_)
            if type(held) is type(made):
                return held
            self.hold_in(holder, id_, made)
            return made

    def hold(self, id_: str, handle: Handle | None) -> None:
        """Keep the handle of an element, which is counted if it is new."""
        self.hold_in(self.entered, id_, handle)

    def hold_in(self, holder: Holder | None, id_: str, handle: Handle | None) -> None:
        """As :meth:`hold`; what is new stands in this."""
        if self._hidden:
            return
        new = id_ not in self._handles
        before = self._handles.get(id_)
        self._handles[id_] = handle
        if before is not None and before is not handle:
            before.forgotten()
        if new:
            if holder is not None:
                self._holders[id_] = holder
                holder.take_in(id_)
            self._page.note_new(self._name, id_)

    def put(self, element: BaseElement) -> None:
        """Create or replace an element."""
        self.put_in(self.entered, element)

    def put_in(self, holder: Holder | None, element: BaseElement) -> None:
        """As :meth:`put`; what is new stands in this."""
        if self._hidden:
            return
        with self._page.lock:
            if element.id not in self._handles:  # of a handle that outlived its element
                self.hold_in(holder, element.id, None)
            self._page.put(self._name, cast("Element", element))

    def extend(self, element: BaseElement) -> None:
        """Append to an element."""
        self.extend_in(self.entered, element)

    def extend_in(self, holder: Holder | None, element: BaseElement) -> None:
        """As :meth:`extend`; what is new stands in this."""
        if self._hidden:
            return
        with self._page.lock:
            if element.id not in self._handles:
                self.hold_in(holder, element.id, None)
            self._page.extend(self._name, cast("Element", element))

    def need(self, library: Library) -> None:
        """Have a JavaScript library in the Deck: on this tab, if it is on no other."""
        self._page.libraries.add(library.id)
        if not self._page.has_library(self._name, library.id):
            self.put_in(None, Html(library.id, renderers.library_html(library)))

    def remove(self, id_: str) -> None:
        """Remove an element with what stands in it; nothing happens when there is none."""
        with self._page.lock:
            held = self._handles.get(id_)
            for member in cast("Holder", held).members() if held is not None and held.holds else ():
                self.remove(member)
            self.forget(id_)
            self._page.drop(self._name, id_)

    def clear(self, kept: set[str]) -> None:
        """Remove all elements but these, and number those to come anew."""
        stay = kept | self._page.libraries
        for id_ in [known for known in list(self._handles) if known not in stay]:
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
        handle = self._handles.pop(id_, _UNKNOWN)
        if handle is not _UNKNOWN:
            holder = self._holders.pop(id_, None)
            if handle is not None:
                handle.forgotten()
            self._page.note_gone()
            if holder is not None:
                holder.let_go(id_)

    def drop_oldest(self, count: int) -> None:
        """Remove the elements that were put on the tab first; the tab says so."""
        known = list(self._handles)  # a signal handler of the task's may put something on the tab meanwhile, or drop it
        oldest = (id_ for id_ in known if id_ not in LIBRARY_IDS and not self._holds_others(id_))
        for id_ in list(itertools.islice(oldest, count)) or known[:count]:
            self.remove(id_)
        self.leave_out(f"elements older than the last {bounds.ELEMENTS - AT_ONCE} or so")

    def _holds_others(self, id_: str) -> bool:
        handle = self._handles.get(id_)
        return handle is not None and handle.holds


class Place:
    """A tab at one place on it: what is new stands in what is given, whatever ``with`` statements run.

    Args:
        tab: The tab.
        holder: The handle of what new elements stand in; None: of nothing.
    """

    def __init__(self, tab: PageTab, holder: Any) -> None:
        self._tab = tab
        self._holder = holder

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """The page's lock."""
        return self._tab.lock

    @property
    def max_bytes(self) -> int:
        """How much the page may hold."""
        return self._tab.max_bytes

    @property
    def prefix(self) -> str:
        """What ids begin with that are made of names."""
        return "" if self._holder is None else str(self._holder.prefix)

    def ids(self) -> Iterable[str]:
        """The ids of the elements on the tab, the oldest first."""
        return self._tab.ids()

    def id_of(self, chosen: Any) -> str:
        """The id that the user chose, or else one that nothing on the tab has."""
        return self._tab.id_of(chosen)

    def key(self, chosen: Any, default: str) -> str:
        """The id that the user chose, or else the default, told apart from those in other sections."""
        return coerce.key(chosen, self.prefix + default)

    def here(self) -> EditableTab:
        """The same place, or the one around it where things would stand deeper in each other than they are shown."""
        depth, above = 0, self._holder
        while above is not None and depth < _DEEPEST:
            depth, above = depth + 1, above.place.holder
        return self._holder.place if depth >= _DEEPEST else self

    @property
    def holder(self) -> Any:
        """The handle of what new elements stand in."""
        return self._holder

    def contained(self, box: Any) -> Container:
        """The container of which this is the handle."""
        return self._tab.contained(box)

    def enter(self, holder: Holder) -> None:
        """Have new elements of the tab stand in this."""
        self._tab.enter(holder)

    def leave(self, holder: Holder) -> None:
        """End what :meth:`enter` began."""
        self._tab.leave(holder)

    def holds(self, id_: str) -> bool:
        """Whether there is an element with that id."""
        return self._tab.holds(id_)

    def handle(self, id_: str, made: H) -> H:
        """The handle known under that id if it is of the same kind; else the one just made, which is kept."""
        return self._tab.handle_in(self._holder, id_, made)

    def hold(self, id_: str, handle: Handle | None) -> None:
        """Keep the handle of an element, which is counted if it is new."""
        self._tab.hold_in(self._holder, id_, handle)

    def put(self, element: BaseElement) -> None:
        """Create or replace an element."""
        self._tab.put_in(self._holder, element)

    def extend(self, element: BaseElement) -> None:
        """Append to an element."""
        self._tab.extend_in(self._holder, element)

    def need(self, library: Library) -> None:
        """Have a JavaScript library in the Deck; it stands in nothing else."""
        self._tab.need(library)

    def remove(self, id_: str) -> None:
        """Remove an element with what stands in it."""
        self._tab.remove(id_)

    def clear(self, kept: set[str]) -> None:
        """Remove all elements of the tab but these."""
        self._tab.clear(kept)

    def leave_out(self, what: str) -> None:
        """Say on the tab, once, that something is not shown."""
        self._tab.leave_out(what)
