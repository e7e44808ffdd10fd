"""Plain text, preformatted: a log, the output of a command, anything that is not to be rendered."""

from collections.abc import Iterator
from operator import attrgetter
from typing import Any, ClassVar, Final

from livedeck.deck import coerce
from livedeck.deck.buffers import TextBuffer
from livedeck.deck.kinds import BaseElement, Calls, EditableTab, Frame, Handle, StaticPage, Traits
from livedeck.deck.raw import Raw

_TEXT: Final = attrgetter("text")


class Text(BaseElement, tag="text", frozen=True):
    """Plain text, shown as it is in a face of one width."""

    text: str

    traits: ClassVar = Traits(grows=True, raw="text")

    def buffer(self) -> TextBuffer["Text"]:
        """The text, piece by piece."""
        return TextBuffer(self, _TEXT, Text)

    def static(self, page: StaticPage, frame: Frame) -> Iterator[str | Raw]:
        """The whole text."""
        yield '<pre class="ld-element ld-text" tabindex="0">\n'  # the first newline behind a <pre> is not shown
        yield Raw(self, self.text, plain=True)
        yield "</pre>"

    @classmethod
    def example(cls, deck: "TextCalls") -> None:
        """A text of two lines."""
        deck.text("first <b>line</b>\n", id="text").append("second line & last\n")


class TextBlock(Handle):
    """A block of plain text on a tab."""

    def __init__(self, tab: EditableTab, id_: str) -> None:
        self._tab = tab
        self._id = id_

    def update(self, text: Any) -> None:
        """Replace the text where it stands."""
        self._tab.put(Text(self._id, coerce.text(text)))

    def append(self, text: Any) -> None:
        """Add to the end of the text, which brings its own line ends; costs what is added, not what is there."""
        self._tab.extend(Text(self._id, coerce.text(text)))


class TextCalls(Calls):
    """``deck.text(...)``."""

    def text(self, text: str = "", *, id: str | None = None) -> TextBlock:
        """Add plain text, shown as it is, or replace the block with that ``id``.

        Args:
            text: What it begins with; more can be appended.
            id: Names the block, to be replaced or removed by.

        Returns:
            The block, for ``update`` and ``append``.
        """
        words = coerce.text(text)
        with self._tab.lock:
            key = self._tab.id_of(id)
            block = TextBlock(self._tab, key)
            self._tab.hold(key, block)
            self._tab.put(Text(key, words))
            return block
