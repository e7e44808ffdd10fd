"""Markdown: CommonMark text with tables and maths, added to."""

import html
from collections.abc import Iterator
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, Final

from livedeck.deck import coerce, maths
from livedeck.deck.buffers import TextBuffer
from livedeck.deck.kinds import BaseElement, Calls, EditableTab, Frame, Handle, StaticPage, Traits
from livedeck.deck.raw import Raw

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

BUDGET: Final = 128 * 1024
"""How many characters of Markdown one page renders. Rendering is pure Python and would slow the task beside it; what
is beyond is shown as it was written."""

_TEXT: Final = attrgetter("text")


class Markdown(BaseElement, tag="markdown", frozen=True):
    """CommonMark text with tables and maths; raw HTML in it is shown as text."""

    text: str

    traits: ClassVar = Traits(grows=True)

    def buffer(self) -> TextBuffer["Markdown"]:
        """The text, piece by piece."""
        return TextBuffer(self, _TEXT, Markdown)

    @property
    def has_maths(self) -> bool:
        """Whether there is maths in it; in a very long text, whether there may be."""
        if not maths.may_have(self.text):
            return False
        return len(self.text) > BUDGET or any(map(maths.is_maths, _renderer().parse(self.text)))

    def static(self, page: StaticPage, frame: Frame) -> Iterator[str | Raw]:
        """The text rendered; as it was written where that would take too long."""
        if page.afford("markdown", len(self.text), BUDGET):
            shown = str(_renderer().render(self.text))
        else:
            shown = f"<pre>{html.escape(self.text)}</pre>"
        yield f'<div class="ld-element ld-markdown">{shown}</div>'

    @classmethod
    def example(cls, deck: "MarkdownCalls") -> None:
        """A text that grows."""
        deck.markdown("## Heading\n\nwith *emphasis*, `code`, $x_1^2$,\n", id="markdown").extend(
            "\n|a|b|\n|-|-|\n|x|1|\n"
        )


class MarkdownBlock(Handle):
    """A block of CommonMark on a tab."""

    def __init__(self, tab: EditableTab, id_: str) -> None:
        self._tab = tab
        self._id = id_

    def update(self, text: Any) -> None:
        """Replace the block's text where it stands."""
        self._tab.put(Markdown(self._id, coerce.text(text)))

    def extend(self, text: Any) -> None:
        """Add to the end of the block's text; costs what is added, not what is there."""
        self._tab.extend(Markdown(self._id, coerce.text(text)))


class MarkdownCalls(Calls):
    """``deck.markdown(...)``."""

    def markdown(self, text: str, *, id: str | None = None) -> MarkdownBlock:
        """Add a block of Markdown.

        Args:
            text: CommonMark, with tables, and maths in TeX between dollars: ``$x^2$`` in a line, ``$$x^2$$`` by itself.
                HTML in it is shown as text.
            id: Of the block; one on this tab that has the same is replaced.

        Returns:
            The block, for ``update`` and ``extend``.
        """
        words = coerce.text(text)
        with self._tab.lock:
            key = self._tab.id_of(id)
            block = MarkdownBlock(self._tab, key)
            self._tab.hold(key, block)
            self._tab.put(Markdown(key, words))
            return block


@cache
def _renderer() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    renderer = MarkdownIt("commonmark", {"html": False}).enable("table")
    maths.add_rules(renderer)
    renderer.core.ruler.push("numbers_at_the_right", _align_numbers)
    return renderer


def _align_numbers(state: "StateCore") -> None:
    """Columns of numbers of which the author has not said where they stand."""
    from livedeck.deck.tables import numeric

    tables: list[list[list[tuple[Token, str]]]] = []
    for at, token in enumerate(state.tokens):
        if token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            tables[-1].append([])
        elif token.type in {"th_open", "td_open"}:
            tables[-1][-1].append((token, state.tokens[at + 1].content))
    for rows in tables:
        for head, *cells in zip(*rows, strict=True):
            if numeric([text for _, text in cells]):
                for token, _ in (head, *cells):
                    token.attrs.setdefault("style", "text-align:right")
