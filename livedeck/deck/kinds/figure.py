"""Figures: drawings of plotting libraries, by the JavaScript library that they need, and pictures of any size."""

import html
from collections.abc import Iterator
from typing import Any, ClassVar

from livedeck.deck import coerce
from livedeck.deck.buffers import ReplacedBuffer, text_bytes
from livedeck.deck.figures import Drawing, draw
from livedeck.deck.kinds import BaseElement, Calls, EditableTab, Frame, Handle, StaticPage, Traits
from livedeck.deck.raw import Raw


class Figure(BaseElement, tag="figure", frozen=True):
    """A figure: a picture, or what a JavaScript library makes a drawing of."""

    title: str = ""
    library: str = ""
    """Id of the element that holds the library, on any tab of the Deck; empty: there is none, it is a picture."""
    spec: str = ""
    """What the library draws, as JSON; of one whose figures are HTML, that."""
    src: str = ""
    """The picture as a ``data:`` URL."""
    width: float = 0.0
    """Of the picture, in pixels of a page; 0: as wide as the picture says."""
    note: str = ""
    """What is to be said of it: what is wrong, for one."""

    traits: ClassVar = Traits(grows=False, script=True)

    def buffer(self) -> ReplacedBuffer["Figure"]:
        """The newest state."""
        return ReplacedBuffer(self, _fixed_bytes)

    def static(self, page: StaticPage, frame: Frame) -> Iterator[str | Raw]:
        """The picture; of a drawing, that scripts make it."""
        title = f'<h3 class="ld-figure-title">{html.escape(self.title)}</h3>' if self.title else ""
        width = f' width="{self.width:g}"' if self.width > 0 else ""
        picture = f'<img alt="{html.escape(self.title)}" src="{html.escape(self.src)}"{width}>' if self.src else ""
        note = self.note or ("Scripts draw this figure, and none runs here." if self.library else "")
        yield f'<figure class="ld-element ld-figure">{title}<div class="ld-figure-place">{picture}</div>'
        yield f'<p class="ld-figure-note">{html.escape(note)}</p></figure>' if note else "</figure>"

    @classmethod
    def example(cls, deck: "FigureCalls") -> None:
        """A picture, and something that is no figure."""
        circle = '<circle cx="9" cy="9" r="8" fill="#4f46e5"/>'
        deck.figure(b"no figure", id="none")
        deck.figure(f'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20">{circle}</svg>', title="a <dot>")


def _fixed_bytes(figure: Figure) -> int:
    return sum(text_bytes(each) for each in (figure.id, figure.title, figure.spec, figure.src, figure.note))


class FigureBlock(Handle):
    """A figure on a tab."""

    def __init__(self, tab: EditableTab, id_: str, title: str) -> None:
        self._tab = tab
        self._id = id_
        self._title = title

    def update(self, figure: Any) -> None:
        """Show another figure in its place, zoomed as the viewer has zoomed it where its library can do that."""
        _put(self._tab, self._id, self._title, draw(figure))


def _put(tab: EditableTab, id_: str, title: str, drawing: Drawing) -> None:
    library, spec, src, width, note = drawing
    with tab.lock:
        if library is not None:
            tab.need(library)
        tab.put(Figure(id_, title, "" if library is None else library.id, spec, src, width, note))


class FigureCalls(Calls):
    """``deck.figure(...)``."""

    def figure(self, figure: Any, *, title: Any = None, id: str | None = None) -> FigureBlock:
        """Add a figure, or show another one in place of the one with that ``id``, or else with that title.

        Args:
            figure: A figure or axes of Matplotlib or seaborn, a figure of Plotly, Altair, Bokeh or HoloViews, or a
                picture as ``deck.image`` takes it. It is shown as it is now: what changes on it later needs another
                call.
            title: Stands above it.
            id: Names the figure, to be shown anew by.

        Returns:
            The figure, for ``update``.
        """
        words = "" if title is None else coerce.text(title)
        drawing = draw(figure)
        with self._tab.lock:
            id_ = self._tab.key(id, f"figure:{words}") if id is not None or words else self._tab.id_of(None)
            block = FigureBlock(self._tab, id_, words)
            self._tab.hold(id_, block)
            _put(self._tab, id_, words, drawing)
        return block
