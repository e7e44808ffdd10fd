"""Code: a text with numbered lines, highlighted by its language."""

import html
from collections.abc import Iterator
from typing import Any, ClassVar, Final

import msgspec

from livedeck.deck import coerce
from livedeck.deck.buffers import ReplacedBuffer, text_bytes
from livedeck.deck.kinds import BaseElement, Calls, EditableTab, Frame, Handle, StaticPage, Traits
from livedeck.deck.raw import Raw

NUMBER_BYTES: Final = 8
"""What a number of a line weighs."""
MOST_MARKED: Final = 1000
"""Ranges of lines that are marked."""
LAST: Final = 10_000_000
"""The largest number of a line."""


class Code(BaseElement, tag="code", frozen=True):
    """A text of numbered lines in a language. Of an unknown language it is plain."""

    text: str
    language: str = ""
    title: str = ""
    first: int = 1
    """The number of the first line."""
    marked: list[list[int]] = msgspec.field(default_factory=list)
    """The lines that stand out: the first and the last number of each range."""

    traits: ClassVar = Traits(grows=False, script=True, raw="text")

    def buffer(self) -> ReplacedBuffer["Code"]:
        """The newest state."""
        return ReplacedBuffer(self, _fixed_bytes)

    def static(self, page: StaticPage, frame: Frame) -> Iterator[str | Raw]:
        """The text with the numbers of its lines, without colours."""
        title = f'<h3 class="ld-code-title">{html.escape(self.title)}</h3>' if self.title else ""
        count = self.text.count("\n") + (not self.text.endswith("\n"))
        numbers = "\n".join(map(str, range(self.first, self.first + count)))
        marks = "".join(map(self._mark, self.marked))
        yield (
            f'<div class="ld-element ld-code">{title}<div class="ld-code-lines" tabindex="0">'
            f'<pre class="ld-code-numbers" aria-hidden="true">{numbers}</pre><pre class="ld-code-text">\n'
        )
        yield Raw(self, self.text, plain=True)
        yield f"</pre>{marks}</div></div>"

    def _mark(self, lines: list[int]) -> str:
        if len(lines) != 2 or lines[1] < self.first:
            return ""
        begin, end = max(lines[0], self.first), lines[1]
        return f'<span class="ld-code-mark" style="--ld-line:{begin - self.first};--ld-lines:{end - begin + 1}"></span>'

    @classmethod
    def example(cls, deck: "CodeCalls") -> None:
        """A few lines of Python, of which two are marked."""
        text = 'def f(x: int) -> str:\n    # a comment\n    return f"<{x}>"\n'
        deck.code(text, language="python", title="f.py", highlight_lines=[1, (2, 3)], first_line=10)


def _fixed_bytes(code: Code) -> int:
    words = text_bytes(code.id) + text_bytes(code.language) + text_bytes(code.title) + text_bytes(code.text)
    return words + sum(len(lines) * NUMBER_BYTES for lines in code.marked)


class CodeBlock(Handle):
    """Code on a tab."""

    def __init__(self, tab: EditableTab, id_: str, language: str, title: str) -> None:
        self._tab = tab
        self._state = Code(id_, "", language, title)

    def update(self, text: Any = None, *, highlight_lines: Any = None, first_line: Any = None) -> None:
        """Show another text in its place, or mark other lines of it.

        Args:
            text: The text; the one before stays when none is given.
            highlight_lines: As ``deck.code`` takes them; of a new text none are marked but these.
            first_line: The number of the first line.
        """
        words = None if text is None else coerce.text(text)
        first = coerce.number(first_line)
        with self._tab.lock:
            state = self._state
            if words is not None:
                state = msgspec.structs.replace(state, text=words, marked=[])
            if first is not None:
                state = msgspec.structs.replace(state, first=int(min(LAST, max(0, first))))
            if highlight_lines is not None:
                state = msgspec.structs.replace(state, marked=_ranges(highlight_lines))
            self._state = state
            self._tab.put(state)


def _ranges(given: Any) -> list[list[int]]:
    """Ranges of lines from numbers and pairs of numbers; what is neither is left out."""
    one = coerce.number(given)
    items = [one] if one is not None else coerce.column(given, most=MOST_MARKED) or []
    return [lines for lines in map(_range, items[:MOST_MARKED]) if lines]


def _range(given: Any) -> list[int]:
    one = coerce.number(given)
    ends = [one, one] if one is not None else [coerce.number(end) for end in coerce.column(given, most=3) or []]
    if len(ends) != 2 or ends[0] is None or ends[1] is None or not 0 <= ends[0] <= ends[1] <= LAST:
        return []
    return [int(ends[0]), int(ends[1])]


class CodeCalls(Calls):
    """``deck.code(...)``."""

    def code(
        self,
        text: Any,
        language: Any = None,
        *,
        title: Any = None,
        highlight_lines: Any = None,
        first_line: Any = None,
        id: str | None = None,
    ) -> CodeBlock:
        """Show code with the numbers of its lines, highlighted; the same title again shows new code in its place.

        Args:
            text: The code.
            language: What it is written in, such as ``"python"``, ``"json"``, ``"sql"``; of others it is plain.
            title: Stands above it: the name of a file, for one.
            highlight_lines: The lines that stand out: a number, or numbers and pairs of a first and a last one.
            first_line: The number of the first line, 1 by default.
            id: Names the block, to be shown anew by.

        Returns:
            The block, for ``update``.
        """
        words = "" if title is None else coerce.text(title)
        named = "" if language is None else coerce.text(language)
        with self._tab.lock:
            id_ = self._tab.key(id, f"code:{words}") if id is not None or words else self._tab.id_of(None)
            block = self._tab.handle(id_, CodeBlock(self._tab, id_, named, words))
        block.update(text, highlight_lines=highlight_lines, first_line=first_line)
        return block
