"""A user's text as it stands in a saved page: once, from where it can be recovered exactly.

HTML stands there as it is, plain text escaped; either within as many attributes (``<iframe srcdoc="...">``) as there
are frames around it.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from livedeck.deck.slices import SLICE

# Only what would be read as the beginning of a character reference: the least that makes the text longer.
_AMPERSAND: Final = re.compile(r"&(?=[A-Za-z0-9#])")
_REFERENCE: Final = 6  # characters of the longest reference that is written here
MOST_DEPTH: Final = 2
"""Of frames that a text stands in."""


@dataclass(frozen=True)
class Raw:
    """A text of an element's, and how it is written."""

    element: Any
    """The element that it is of."""
    text: str
    plain: bool = False
    """Whether it is text rather than HTML."""
    depth: int = 0
    """How many attributes it stands within."""

    @property
    def written(self) -> str:
        """What stands in the page."""
        return write(self.text, self.depth, plain=self.plain)

    def deeper(self) -> Self:
        """The same within one more attribute."""
        return replace(self, depth=self.depth + 1)


def write(text: str, depth: int, *, plain: bool) -> str:
    """A text as it stands in a page; see :class:`Raw`."""
    if plain:
        text = "".join(html.escape(piece, quote=False) for piece in _pieces(text))
    for _ in range(depth):
        text = escape(text)
    return text


def read(written: str, depth: int = 0, plain: int = 0) -> str:
    """What :func:`write` was given."""
    for _ in range(min(depth, MOST_DEPTH)):
        # In this order no replacement makes a reference that was none.
        written = "".join(piece.replace("&quot;", '"').replace("&amp;", "&") for piece in _pieces(written))
    if plain:
        unescaped = (each.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") for each in _pieces(written))
        written = "".join(unescaped)
    return written


def escape(text: str) -> str:
    """A text for a quoted attribute."""
    return "".join(_AMPERSAND.sub("&amp;", piece).replace('"', "&quot;") for piece in _pieces(text))


def _pieces(text: str) -> Iterator[str]:
    """A text in pieces that no character reference lies across; other threads have their turn between them."""
    begin = 0
    while len(text) - begin > SLICE:
        end = begin + SLICE
        reference = text.rfind("&", end - _REFERENCE, end)
        end = reference if reference > begin else end
        yield text[begin:end]
        begin = end
    yield text[begin:]
