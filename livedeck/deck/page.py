"""The Deck page in the task's process: tabs that the user fills, and what has changed since the last publish.

Everything here is made to cost the task next to nothing: a call notes what changed under a lock, and publishing
hands the notes over. Encoding, rendering and storing happen elsewhere.
"""

import os
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol, Self

from livedeck.deck import bounds, coerce, limits, renderers
from livedeck.deck.bound import bound, bound_source
from livedeck.deck.ops import Element, ElementCalls, Op
from livedeck.deck.pending import Pending
from livedeck.deck.settings import SHARED, DeckPublish
from livedeck.deck.tab import AT_ONCE, PageTab

DEFAULT = "default"  # the name of flytekit's default deck
ERROR = "Error"
LOCK_WAIT = 0.2
"""Seconds that the publisher's thread waits for a lock of the task's. The task holds one for microseconds, unless a
signal handler interrupted it there and now waits for the publisher to end."""


class Publishes(Protocol):
    """What a page asks of its publisher."""

    def publish(self, *, wait: bool = False, timeout: float | None = None) -> bool: ...


class Page:
    """All decks (tabs) of one task attempt. Safe to use from several threads.

    Args:
        max_bytes: How much may wait to be published; past that the oldest data goes first.
    """

    def __init__(self, *, max_bytes: int = DeckPublish.max_bytes) -> None:
        # Reentrant: a signal handler may close the publisher while the thread it interrupted holds the lock.
        self.lock = threading.RLock()
        self.publisher: Publishes | None = None
        """Set by the publisher when it starts."""
        self.on_change: Callable[[], bool] | None = None
        """Called when something was put on the page, under its lock, until it returns True."""
        self.max_bytes = max_bytes
        self._pending = Pending()
        self._decks: dict[str, Deck] = {}
        self._tabs: dict[str, PageTab] = {}
        self._new: dict[str, None] = {}  # names of tabs that nothing was published of, in the order of their making
        self.count = 0
        """Of elements on all tabs."""
        self.libraries: set[str] = set()
        """Ids of the JavaScript libraries that figures need, wherever these are."""
        self._fresh: set[tuple[str, str]] = set()  # elements made since the last take, which the document has not
        _PAGES.add(self)

    def deck(self, name: str) -> "Deck":
        """The tab with that name, the same object each time; it is made when there is none."""
        name = coerce.text(name)
        with self.lock:
            held = self._decks.get(name)
            if held is not None:
                return held
            hidden = len(self._decks) >= bounds.TABS - (name != ERROR)  # there is always room for an error
            tab = PageTab(self, name, hidden=hidden)
            made = Deck._of(tab, name)  # noqa: SLF001 - a constructor in all but name
            if hidden:
                next(iter(self._tabs.values())).leave_out(f"tabs beyond the first {bounds.TABS - 1}")
                return made
            self._tabs[name] = tab
            self._decks[name] = made
            self._new[name] = None
            return made

    @property
    def decks(self) -> list["Deck"]:
        """The tabs in the order in which they were made."""
        with self.lock:
            return list(self._decks.values())

    @property
    def dirty(self) -> bool:
        """Whether anything has changed since the last :meth:`take`."""
        return bool(self._pending)

    def publish(self, *, wait: bool = False, timeout: float | None = None) -> bool:
        """Publish what has changed; see :meth:`livedeck.deck.publisher.Publisher.publish`.

        False when nothing publishes this page: its task has no Deck enabled, or is over.
        """
        publisher = self.publisher
        return publisher is not None and publisher.publish(wait=wait, timeout=timeout)

    def take(self) -> Pending:
        """All changes since the last time; the page starts collecting anew. Never blocks for long."""
        with self.lock:
            fresh = Pending()  # made before: a signal handler that runs meanwhile may take what there is
            taken, self._pending = self._pending, fresh
            if self._new:
                new = list(self._new)
                taken.arrange(new)
                for name in new:
                    if taken.makes(name):
                        self._new.pop(name, None)
            if self._fresh:
                self._fresh = set()
            return taken

    def show_error(self, error: BaseException, trace: str) -> None:
        """Add the tab that tells how the task failed, with the traceback as its author is to see it."""
        self.deck(ERROR).replace(renderers.render_traceback(error, trace))

    def forget(self, deck: str, id_: str) -> None:
        """Let go of what is kept of an element that the Deck no longer holds."""
        # Not waited for: the publisher's thread calls this, and whoever holds the lock may be waiting for it to end.
        if self.lock.acquire(timeout=LOCK_WAIT):
            try:
                if deck in self._tabs:
                    self._tabs[deck].forget(id_)
            finally:
                self.lock.release()

    def put(self, deck: str, element: Element) -> None:
        """Note that an element was created or replaced."""
        with self.lock:
            self._pending.put(deck, element)
            self._changed()

    def extend(self, deck: str, element: Element) -> None:
        """Note that something was appended to an element."""
        with self.lock:
            self._pending.extend(deck, element)
            self._changed()

    def apply(self, ops: Iterable[Op]) -> None:
        """Note ops that somebody else made, of elements that no handle of this page is in charge of."""
        with self.lock:
            for op in ops:
                self._pending.add(op)
            self._changed()

    def drop(self, deck: str, id_: str) -> None:
        """Note that an element was removed."""
        with self.lock:
            if (deck, id_) in self._fresh:
                self._fresh.discard((deck, id_))
                self._pending.unput(deck, id_)
            else:
                self._pending.drop(deck, id_)

    def note_new(self, deck: str, id_: str) -> None:
        """Count a new element; where there are too many, the oldest of the fullest tab go."""
        self._fresh.add((deck, id_))
        self.count += 1
        if self.count > bounds.ELEMENTS:
            fullest = max(list(self._tabs.values()), key=lambda tab: tab.count)
            fullest.drop_oldest(min(AT_ONCE, 1 + fullest.count // 4))

    def note_gone(self) -> None:
        """Note that there is an element less."""
        self.count -= 1

    def has_library(self, deck: str, id_: str) -> bool:
        """Whether a JavaScript library is on a tab that a viewer of this one is shown too."""
        shared = deck.startswith(SHARED)  # a Deck of several tasks has those tabs alone
        return any(tab.holds(id_) for name, tab in list(self._tabs.items()) if name.startswith(SHARED) is shared)

    def _changed(self) -> None:
        if self.on_change is not None and self.on_change():
            self.on_change = None
        if self._pending.weight > self.max_bytes:
            for deck, id_ in limits.shrink(self._pending, self.max_bytes):
                self.forget(deck, id_)


class Deck(ElementCalls):
    """A tab of the task's Deck page.

    ``Deck(name)`` is the tab of that name of the current task, as it is; ``Deck(name, html)`` is flytekit's: it shows
    ``html`` on that tab in place of what was there. What is shown reaches viewers at the next publish. No method
    raises or blocks; where a value's own code takes longer than ten seconds to show it, the Deck says so.

    Args:
        name: The tab's name. Tabs stand in the order in which they are first asked for.
        html: Raw HTML, or anything that can be rendered, to show alone; None leaves the tab as it is.
    """

    name: str
    """The tab's name."""
    _tab: PageTab

    def __new__(cls, name: str, html: str | None = None) -> Self:
        """Give the current page's tab of that name, its content replaced if there is any."""
        deck = current_page().deck(name)
        if html is not None:
            deck.replace(html)
        return deck  # type: ignore[return-value] # a page makes no subclasses

    @classmethod
    def _of(cls, tab: PageTab, name: str) -> "Deck":
        deck = object.__new__(Deck)
        deck.name = name
        deck._tab = tab
        return deck

    def __repr__(self) -> str:
        return f"Deck({self.name!r})"

    @staticmethod
    def shared(name: str) -> "Deck":
        """Return the current task's part of a tab that all tasks of the execution share: on the execution's own Deck.

        Charts of one title become one, with a line for each task; bars of one label are added up; values are a table
        with a row for each task; everything else stands under the task's name. No task waits for another.

        Args:
            name: The tab's name. In the task's own Deck its part is a tab called ``shared:`` and the name.
        """
        return current_page().deck(f"{SHARED}{coerce.text(name)}")

    @staticmethod
    def publish() -> bool:
        """Publish the current task's Deck, all tabs of it, as ``current_context().publish_decks()`` does.

        Returns:
            True if it was handed over; False if nothing publishes it.
        """
        return current_page().publish()

    def remove(self, id: str) -> None:
        """Remove the element with that ``id``; nothing happens when there is none."""
        self._tab.remove(coerce.text(id))


_PAGES: "weakref.WeakSet[Page]" = weakref.WeakSet()
_OUTSIDE: list[Page] = []


def current_page() -> Page:
    """The page of the task that runs here; outside of any task one that nothing publishes."""
    source = bound_source()
    if source is not None:
        return source()
    if not _OUTSIDE:
        _OUTSIDE.append(Page())
    return _OUTSIDE[0]


@contextmanager
def bound_page(page: Page) -> Iterator[Page]:
    """Make ``page`` the current one: while a task runs, ``Deck(...)`` means its page."""
    with bound(lambda: page):
        yield page


def _renew_locks() -> None:
    # In a forked child, the thread that held a lock at that moment does not exist.
    for page in list(_PAGES):
        page.lock = threading.RLock()


os.register_at_fork(after_in_child=_renew_locks)
