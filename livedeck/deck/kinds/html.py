"""HTML: raw, and whatever can be rendered as HTML (frames, figures, images); what flytekit's Decks are made of."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any, ClassVar, Final, Self

from livedeck.deck import renderers
from livedeck.deck.buffers import TextBuffer
from livedeck.deck.kinds import FIRST_ID, BaseElement, Calls, EditableTab, Frame, Handle, StaticPage, Traits
from livedeck.deck.libraries import Library, library_of
from livedeck.deck.raw import Raw

BALANCE_BUDGET: Final = 10_000
"""How many tags of raw HTML one page looks through for elements that are left open; what is beyond has a frame."""
FRAMES_ALONE: Final = 50
"""Blocks of HTML on one page, no whole pages, that have a frame each. A frame takes some 20 kB beside what it shows."""

_HTML: Final = attrgetter("html")


class Html(BaseElement, tag="html", frozen=True):
    """Raw HTML, shown as it is (scripts run, inside the Deck's sandbox)."""

    html: str

    traits: ClassVar = Traits(grows=True, raw="html")

    def buffer(self) -> TextBuffer["Html"]:
        """The HTML, piece by piece."""
        return TextBuffer(self, _HTML, Html)

    def frame(self, page: StaticPage) -> Frame:
        """A whole page, and what leaves elements open, stands alone; scripts and styles are of the tab.

        Of very many that may leave elements open the later ones share frames.
        """
        from livedeck.deck import markup

        if markup.is_whole_document(self.html):
            return Frame.OWN
        if markup.acts_on_document(self.html):
            return Frame.TAB
        affordable = page.afford("balance", self.html.count("<"), BALANCE_BUDGET)
        if affordable and markup.is_balanced(self.html):
            return Frame.NONE
        return Frame.OWN if page.afford("frames", 1, FRAMES_ALONE) else Frame.SHARED

    def static(self, page: StaticPage, frame: Frame) -> Iterator[str | Raw]:
        """The HTML as it is, or in a frame of its own."""
        from livedeck.deck import framed, markup

        raw = Raw(self, self.html)
        yield '<div class="ld-element ld-html">'
        if frame is not Frame.OWN:
            yield raw
        elif markup.is_whole_document(self.html):
            yield from framed.framed("Report", framed.whole_document(raw))
        else:
            yield from framed.framed("HTML", framed.document(page.style, [raw]))
        yield "</div>"

    @classmethod
    def example(cls, deck: "HtmlCalls") -> None:
        """A block that grows."""
        deck.append("<p>a paragraph</p>", id="html").extend("<p>and one more</p>")


class HtmlBlock(Handle):
    """A block of HTML on a tab: raw HTML, and whatever can be rendered as HTML."""

    def __init__(self, blocks: "Blocks", id_: str) -> None:
        self._blocks = blocks
        self._id = id_

    def update(self, text: Any) -> None:
        """Show another text, frame, figure or image in place of what the block holds."""
        self._blocks.put(Rendered.of(text), self._id)

    def extend(self, text: Any) -> None:
        """Add a text, frame, figure or image to the end of the block; costs what is added, not what is there."""
        self._blocks.extend(Rendered.of(text), self._id)

    def forgotten(self) -> None:
        """Let go of its text."""
        self._blocks.texts.release(self._id)


class HtmlCalls(Calls):
    """``deck.append(...)`` and the rest of flytekit's Deck."""

    @cached_property
    def _blocks(self) -> "Blocks":
        return Blocks(self._tab)

    @property
    def html(self) -> str:
        """The raw HTML on the tab, joined by newlines (flytekit's); live components are not in it."""
        with self._tab.lock:
            return "\n".join(self._blocks.texts)

    def append(self, html: Any, *, id: str | None = None) -> HtmlBlock:
        """Add a block of HTML.

        Args:
            html: Raw HTML; anything else is rendered: frames, figures, images, and lists of them.
            id: Of the block; one on this tab that has the same is replaced.

        Returns:
            The block, for ``update`` and ``extend``.
        """
        return self._blocks.put(Rendered.of(html), id)

    def replace(self, html: Any = None) -> None:
        """Show ``html`` alone, in place of all that is on the tab; None leaves the tab empty."""
        rendered = None if html is None else Rendered.of(html)
        with self._tab.lock:
            kept = set() if rendered is None else {FIRST_ID}
            if rendered is not None and rendered.library is not None:
                kept.add(rendered.library.id)  # megabytes, not to be sent again
            self._tab.clear(kept)
            if rendered is not None:
                self._blocks.put(rendered, FIRST_ID)


@dataclass(frozen=True)
class Rendered:
    """HTML of a value, made without the page's lock: it takes time, and may call the user's code."""

    html: str
    library: Library | None
    """The JavaScript library that has to stand before it."""

    @classmethod
    def of(cls, value: Any) -> Self:
        """Render a value."""
        library = None if type(value) is str else library_of(value)
        if library is None:
            return cls(renderers.to_html(value), None)
        return cls(renderers.figure_html(library, value), library)


class Blocks:
    """The blocks of HTML on a tab, behind the JavaScript libraries that they need: one for all figures of a tab.

    Args:
        tab: The tab.
    """

    def __init__(self, tab: EditableTab) -> None:
        self._tab = tab
        self.texts = Texts(tab.max_bytes)

    def put(self, rendered: Rendered, id_: Any) -> HtmlBlock:
        """Put a block behind its library.

        Scripts run where they stand when a page is loaded, so a block that stands before the library moves behind it.
        """
        tab = self._tab
        with tab.lock:
            key = tab.id_of(id_)
            if rendered.library is not None and self._lacks(rendered.library, before=key):
                if tab.holds(key):
                    tab.remove(key)
                if not tab.holds(rendered.library.id):
                    self._put(rendered.library.id, renderers.library_html(rendered.library))
            return self._put(key, rendered.html)

    def extend(self, rendered: Rendered, id_: str) -> None:
        """Add to the end of a block."""
        with self._tab.lock:
            if rendered.library is not None and self._lacks(rendered.library, before=id_):
                self.put(Rendered(self.texts.of(id_) + rendered.html, rendered.library), id_)
                return
            if not self._tab.holds(id_):  # of a handle that outlived its element
                self._tab.hold(id_, HtmlBlock(self, id_))
            self._keep(id_, rendered.html)
            self._tab.extend(Html(id_, rendered.html))

    def _put(self, key: str, html: str) -> HtmlBlock:
        block = HtmlBlock(self, key)
        self._tab.hold(key, block)
        self._keep(key, html)
        self._tab.put(Html(key, html))
        return block

    def _keep(self, id_: str, html: str) -> None:
        if self._tab.holds(id_):  # nothing is kept of a tab beyond those that there may be
            self.texts.add(id_, html)

    def _lacks(self, library: Library, *, before: str) -> bool:
        """Whether a JavaScript library is missing on the tab, or stands behind an element."""
        return next((known for known in self._tab.ids() if known in {before, library.id}), None) != library.id


class Texts:
    """What :attr:`HtmlCalls.html` is made of: the texts of a tab's blocks, of which the oldest go when there are many.

    Args:
        limit: How many characters there may be.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pieces: dict[str, deque[str]] = {}
        self._size = 0

    def add(self, id_: str, text: str) -> None:
        """Add to a block."""
        self._pieces.setdefault(id_, deque()).append(text)
        self._size += len(text)
        while self._size > self._limit:
            oldest = next(iter(self._pieces))
            self._size -= len(self._pieces[oldest].popleft())
            if not self._pieces[oldest]:
                del self._pieces[oldest]

    def release(self, id_: str) -> None:
        """Let go of a block."""
        self._size -= sum(map(len, self._pieces.pop(id_, ())))

    def of(self, id_: str) -> str:
        """The text of one block."""
        return "".join(self._pieces.get(id_, ()))

    def __iter__(self) -> Iterator[str]:
        """Go through the texts of all blocks."""
        return map("".join, self._pieces.values())
