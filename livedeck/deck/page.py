"""The Deck page in the task's process: tabs that the user fills, and what has changed since the last publish.

Everything here is made to cost the task next to nothing: a call notes what changed under a lock, and publishing
hands the notes over. Encoding, rendering and storing happen elsewhere.
"""

import itertools
import os
import threading
import weakref
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar

from livedeck.deck import bounds, coerce, limits, renderers
from livedeck.deck.components import HtmlBlock, LineChart, MarkdownBlock, ProgressBar, ValueTile
from livedeck.deck.libraries import LIBRARY_IDS, Library, library_of
from livedeck.deck.ops import Chart, Element, Html, Markdown
from livedeck.deck.pending import Pending
from livedeck.deck.settings import DeckPublish

DEFAULT = "default"  # the name of flytekit's default deck
ERROR = "Error"
LOCK_WAIT = 0.2
"""Seconds that the publisher's thread waits for a lock of the task's. The task holds one for microseconds, unless a
signal handler interrupted it there and now waits for the publisher to end."""
_MOST_LEFT_OUT = 20  # kinds of things that a tab says are not shown on it
_AT_ONCE = 256  # elements that go together when there are too many: finding the oldest takes a while
_FIRST = "e1"  # id of the first block of a tab: replaced where it stands when the tab's content is
H = TypeVar("H")


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
        self.max_bytes = max_bytes
        self._pending = Pending()
        self._decks: dict[str, Deck] = {}
        self._new: dict[str, None] = {}  # names of tabs that nothing was published of, in the order of their making
        self._count = 0  # of elements on all tabs
        self._fresh: set[tuple[str, str]] = set()  # elements made since the last take, which the document has not
        _PAGES.add(self)

    def deck(self, name: str) -> "Deck":
        """The tab with that name, the same object each time; it is made when there is none."""
        name = coerce.text(name)
        with self.lock:
            held = self._decks.get(name)
            if held is not None:
                return held
            made = Deck._on(self, name)  # noqa: SLF001 - a constructor in all but name
            if len(self._decks) >= bounds.TABS - (name != ERROR):  # there is always room for an error
                made.hide()
                next(iter(self._decks.values())).leave_out(f"tabs beyond the first {bounds.TABS - 1}")
                return made
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
            taken, self._pending = self._pending, Pending()
            if self._new:
                taken.arrange(self._new)
                self._new = {name: None for name in self._new if not taken.makes(name)}
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
                if deck in self._decks:
                    self._decks[deck].forget(id_)
            finally:
                self.lock.release()

    def put(self, deck: str, element: Element) -> None:
        """Note that an element was created or replaced."""
        with self.lock:
            self._pending.put(deck, element)
            self._keep_bounded()

    def extend(self, deck: str, element: Element) -> None:
        """Note that something was appended to an element."""
        with self.lock:
            self._pending.extend(deck, element)
            self._keep_bounded()

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
        self._count += 1
        if self._count > bounds.ELEMENTS:
            fullest = max(self._decks.values(), key=lambda tab: tab.element_count)
            fullest.drop_oldest(min(_AT_ONCE, 1 + fullest.element_count // 4))

    def note_gone(self) -> None:
        """Note that there is an element less."""
        self._count -= 1

    def _keep_bounded(self) -> None:
        if self._pending.weight > self.max_bytes:
            for deck, id_ in limits.shrink(self._pending, self.max_bytes):
                self.forget(deck, id_)


class Deck:
    """One tab of the task's Deck page.

    ``Deck(name)`` is the tab of that name of the current task, as it is; ``Deck(name, html)`` is flytekit's: it shows
    ``html`` on that tab in place of what was there. What is shown reaches viewers at the next publish. No method
    raises or blocks; where a value's own code takes longer than ten seconds to show it, the Deck says so.

    Args:
        name: The tab's name. Tabs stand in the order in which they are first asked for.
        html: Raw HTML, or anything that can be rendered, to show alone; None leaves the tab as it is.
    """

    name: str
    """The tab's name."""
    _page: Page
    _html: dict[str, deque[str]]
    _handles: dict[str, Any]
    _made: int
    _kept: int
    _hidden: bool
    _left_out: set[str]

    def __new__(cls, name: str, html: str | None = None) -> Self:
        """Give the current page's tab of that name, its content replaced if there is any."""
        deck = current_page().deck(name)
        if html is not None:
            deck.replace(html)
        return deck  # type: ignore[return-value] # a page makes no subclasses

    @classmethod
    def _on(cls, page: Page, name: str) -> "Deck":
        deck = object.__new__(Deck)
        deck.name = name
        deck._page = page
        deck._html = {}
        deck._kept = 0
        deck._handles = {}
        deck._made = 0
        deck._hidden = False
        deck._left_out = set()
        return deck

    def __repr__(self) -> str:
        return f"Deck({self.name!r})"

    @property
    def element_count(self) -> int:
        """How many elements are on the tab."""
        return len(self._handles)

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """The page's lock (what handles hold while they change)."""
        return self._page.lock

    @staticmethod
    def publish() -> bool:
        """Publish the current task's page."""
        return current_page().publish()

    @property
    def html(self) -> str:
        """The raw HTML on the tab, joined by newlines (flytekit's); live components are not in it."""
        with self._page.lock:
            return "\n".join("".join(pieces) for pieces in self._html.values())

    def append(self, html: Any, *, id: str | None = None) -> HtmlBlock:
        """Add raw HTML, or replace the block with that ``id``. What is no text is rendered (frames, figures, ...)."""
        return self._append(_Rendered.of(html), id)

    def markdown(self, text: str, *, id: str | None = None) -> MarkdownBlock:
        """Add CommonMark text with tables, or replace the block with that ``id``."""
        words = coerce.text(text)
        with self._page.lock:
            key = self._id_of(id)
            block = MarkdownBlock(self, key)
            self._hold(key, block)
            self.put_element(Markdown(key, words))
            return block

    def progress(self, label: str, total: float | None = None, *, unit: str = "", id: str | None = None) -> ProgressBar:
        """A progress bar; asking for the same label again gives the same bar.

        Args:
            label: What is progressing.
            total: How much there is to do; None while that is unknown.
            unit: What is counted, such as ``"rows"``.
            id: Tells bars of the same label apart.
        """
        words = coerce.text(label)
        id_ = coerce.key(id, f"progress:{words}")
        most = None if total is None else coerce.number(total)
        made = ProgressBar(self, id_, words, most, coerce.text(unit))
        bar = self._handle(id_, made)
        if bar is made or total is not None:
            bar.update(total=most)
        return bar

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
        """
        words = coerce.text(label)
        id_ = coerce.key(id, f"value:{words}")
        measure = coerce.text(unit)
        tile = self._handle(id_, ValueTile(self, id_, words, measure))
        tile.update(value, unit=measure or None, delta=delta)
        return tile

    def chart(
        self,
        title: str,
        *,
        x_label: str = "",
        y_label: str = "",
        log_y: bool = False,
        id: str | None = None,
    ) -> LineChart:
        """A line chart to append points to; asking for the same title again gives the same chart.

        Args:
            title: Shown above it.
            x_label: Names the horizontal axis.
            y_label: Names the vertical axis.
            log_y: Whether the vertical axis is logarithmic.
            id: Tells charts of the same title apart.
        """
        words = coerce.text(title)
        id_ = coerce.key(id, f"chart:{words}")
        head = Chart(id_, words, [], coerce.text(x_label), coerce.text(y_label), coerce.flag(log_y))
        made = LineChart(self, head)
        chart = self._handle(id_, made)
        if chart is made:
            self.put_element(head)
        return chart

    def remove(self, id: str) -> None:
        """Remove the element with that ``id``; nothing happens when there is none."""
        key = coerce.text(id)
        with self._page.lock:
            self.forget(key)
            self._page.drop(self.name, key)

    def replace(self, html: Any = None) -> None:
        """Show ``html`` alone, in place of all that is on the tab; None leaves the tab empty."""
        rendered = None if html is None else _Rendered.of(html)
        with self._page.lock:
            kept = set() if rendered is None else {_FIRST}
            if rendered is not None and rendered.library is not None:
                kept.add(rendered.library.id)  # megabytes, not to be sent again
            for id_ in [known for known in self._handles if known not in kept]:
                self.remove(id_)
            self._made = len(kept & {_FIRST})
            if rendered is not None:
                self._append(rendered, _FIRST)

    def put_html(self, id_: str, value: Any) -> None:
        """Render a value and show it in place of what the block holds (what handles call)."""
        self._append(_Rendered.of(value), id_)

    def extend_html(self, id_: str, value: Any) -> None:
        """Render a value and add it to the end of the block (what handles call)."""
        rendered = _Rendered.of(value)
        with self._page.lock:
            if rendered.library is not None and self._lacks(rendered.library, before=id_):
                whole = "".join((*self._html.get(id_, ()), rendered.html))
                self._append(_Rendered(whole, rendered.library), id_)
            else:
                self.extend_element(Html(id_, rendered.html))

    def put_element(self, element: Element) -> None:
        """Create or replace an element (what handles call)."""
        if self._hidden:
            return
        with self._page.lock:
            if element.id not in self._handles:  # of a handle that outlived its element
                self._hold(element.id, None)
            if type(element) is Html:
                self._release(element.id)
                self._keep(element.id, element.html)
            self._page.put(self.name, element)

    def extend_element(self, element: Element) -> None:
        """Append to an element (what handles call)."""
        if self._hidden:
            return
        with self._page.lock:
            if element.id not in self._handles:
                self._hold(element.id, None)
            if type(element) is Html:
                self._keep(element.id, element.html)
            self._page.extend(self.name, element)

    def forget(self, id_: str) -> None:
        """Let go of what is kept of an element (the page calls it)."""
        self._release(id_)
        if id_ in self._handles:
            del self._handles[id_]
            self._page.note_gone()

    def hide(self) -> None:
        """Show nothing of what is put on this tab from now on: there are too many."""
        self._hidden = True

    def leave_out(self, what: str) -> None:
        """Say on the tab, once, that something is not shown."""
        with self._page.lock:
            if self._hidden or what in self._left_out or len(self._left_out) >= _MOST_LEFT_OUT:
                return
            self._left_out.add(what)
            words = f"Not shown here: {', '.join(sorted(self._left_out))}."
            self._page.put(self.name, limits.notice(limits.NOT_SHOWN, words))

    def drop_oldest(self, count: int) -> None:
        """Remove the elements that were put on the tab first; the tab says so."""
        oldest = (id_ for id_ in self._handles if id_ not in LIBRARY_IDS)
        for id_ in list(itertools.islice(oldest, count)):
            self.remove(id_)
        self.leave_out(f"elements older than the last {bounds.ELEMENTS - _AT_ONCE} or so")

    def _keep(self, id_: str, html: str) -> None:
        """Remember a text for :attr:`html`; past the page's limit the oldest goes."""
        self._html.setdefault(id_, deque()).append(html)
        self._kept += len(html)
        while self._kept > self._page.max_bytes:
            oldest = next(iter(self._html))
            self._kept -= len(self._html[oldest].popleft())
            if not self._html[oldest]:
                del self._html[oldest]

    def _release(self, id_: str) -> None:
        self._kept -= sum(map(len, self._html.pop(id_, ())))

    def _append(self, rendered: "_Rendered", id_: Any) -> HtmlBlock:
        """Put a block of HTML, behind the JavaScript library that it needs: one for all figures of a tab.

        Scripts run where they stand when a page is loaded, so a block that stands before the library moves behind it.
        """
        with self._page.lock:
            key = self._id_of(id_)
            if rendered.library is not None and self._lacks(rendered.library, before=key):
                if key in self._handles:
                    self.remove(key)
                if rendered.library.id not in self._handles:
                    self._put_html(rendered.library.id, renderers.library_html(rendered.library))
            return self._put_html(key, rendered.html)

    def _lacks(self, library: Library, *, before: str) -> bool:
        """Whether a JavaScript library is missing on the tab, or stands behind an element."""
        return next((known for known in self._handles if known in {before, library.id}), None) != library.id

    def _put_html(self, key: str, html: str) -> HtmlBlock:
        block = HtmlBlock(self, key)
        self._hold(key, block)
        self.put_element(Html(key, html))
        return block

    def _id_of(self, chosen: Any) -> str:
        return self._next_id() if chosen is None else coerce.text(chosen)

    def _next_id(self) -> str:
        """An id that nothing on the tab has, whatever ids the user chose."""
        self._made += 1
        while f"e{self._made}" in self._handles:
            self._made += 1
        return f"e{self._made}"

    def _handle(self, id_: str, made: H) -> H:
        """The handle known under that id when it is of the same kind, else the one just made."""
        with self._page.lock:
            held = self._handles.get(id_)
            if type(held) is type(made):
                return held
            self._hold(id_, made)
            return made

    def _hold(self, id_: str, handle: Any) -> None:
        """Keep the handle of an element, which is counted if it is new."""
        if self._hidden:
            return
        new = id_ not in self._handles
        self._handles[id_] = handle
        if new:
            self._page.note_new(self.name, id_)


@dataclass(frozen=True)
class _Rendered:
    """HTML of a value, made without the page's lock: it takes time, and may call the user's code."""

    html: str
    library: Library | None
    """The JavaScript library that has to stand before it."""

    @classmethod
    def of(cls, value: Any) -> "_Rendered":
        library = None if type(value) is str else library_of(value)
        if library is None:
            return cls(renderers.to_html(value), None)
        return cls(renderers.figure_html(library, value), library)


_PAGES: "weakref.WeakSet[Page]" = weakref.WeakSet()
_CURRENT: ContextVar[Page | None] = ContextVar("livedeck_page", default=None)
# Threads that a task starts do not inherit its context; there, the page bound last is meant.
_LATEST: list[Page] = []


def current_page() -> Page:
    """The page of the task that runs here; outside of any task one that nothing publishes."""
    page = _CURRENT.get()
    if page is not None:
        return page
    if not _LATEST:
        _LATEST.append(Page())
    return _LATEST[-1]


@contextmanager
def bound_page(page: Page) -> Iterator[Page]:
    """Make ``page`` the current one: while a task runs, ``Deck(...)`` means its page."""
    token = _CURRENT.set(page)
    _LATEST.append(page)
    try:
        yield page
    finally:
        _LATEST.remove(page)
        _CURRENT.reset(token)


def _renew_locks() -> None:
    # In a forked child, the thread that held a lock at that moment does not exist.
    for page in list(_PAGES):
        page.lock = threading.RLock()


os.register_at_fork(after_in_child=_renew_locks)
