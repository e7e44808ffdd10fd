"""Data that is like JSON, as a tree that is unfolded where one looks."""

import html
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from livedeck.deck import coerce, jsonlike
from livedeck.deck.buffers import ReplacedBuffer, text_bytes
from livedeck.deck.kinds import BaseElement, Calls, EditableTab, Frame, Handle, StaticPage, Traits
from livedeck.deck.raw import Raw

SHARE: Final = 4
"""One of so many parts of a Deck's limit is what one tree takes at most."""
MOST: Final = 16 * 1024 * 1024
"""Characters of one tree at most."""
DEEP: Final = 20
"""Levels that may be unfolded from the start."""


class Json(BaseElement, tag="json", frozen=True):
    """A text in JSON, shown as a tree. Integers may have any number of digits; NaN and infinities are as in Python."""

    text: str
    title: str = ""
    note: str = ""
    """What livedeck has to say of it."""
    unfold: int = 1
    """How many levels are unfolded until the viewer changes that."""

    traits: ClassVar = Traits(grows=False, script=True, raw="text")

    def buffer(self) -> ReplacedBuffer["Json"]:
        """The newest state."""
        return ReplacedBuffer(self, _fixed_bytes)

    def static(self, page: StaticPage, frame: Frame) -> Iterator[str | Raw]:
        """The text."""
        title = f'<h3 class="ld-json-title">{html.escape(self.title)}</h3>' if self.title else ""
        note = f'<p class="ld-json-note">{html.escape(self.note)}</p>' if self.note else ""
        yield f'<div class="ld-element ld-json">{title}{note}<pre class="ld-json-text" tabindex="0">\n'
        yield Raw(self, self.text, plain=True)
        yield "</pre></div>"

    @classmethod
    def example(cls, deck: "JsonCalls") -> None:
        """A tree of all kinds of values; of another one only a part."""
        data = {"name": "a <b>", "list": [1, 2.5, None, True], "large": 2**63, "empty": {}, "deep": {"er": ["x"]}}
        deck.json(data, title="Settings", unfold=2)
        deck.json({"a": "x" * 4000, "b": "y" * 4000}, title="cut", id="cut", most=5000)


def _fixed_bytes(tree: Json) -> int:
    return text_bytes(tree.id) + text_bytes(tree.title) + text_bytes(tree.note) + text_bytes(tree.text)


class JsonTree(Handle):
    """Data on a tab, as a tree."""

    def __init__(self, tab: EditableTab, id_: str, title: str) -> None:
        self._tab = tab
        self._id = id_
        self._title = title
        self._unfold = 1
        self._most = min(MOST, tab.max_bytes // SHARE)

    def update(self, data: Any, *, unfold: Any = None, most: Any = None) -> None:
        """Show other data in its place; what a viewer has unfolded stays so.

        Args:
            data: As ``deck.json`` takes it.
            unfold: As ``deck.json`` takes it.
            most: As ``deck.json`` takes it.
        """
        levels, characters = coerce.number(unfold), coerce.number(most)
        self._unfold = self._unfold if levels is None else int(min(DEEP, max(0, levels)))
        self._most = (
            self._most if characters is None else int(min(MOST, self._tab.max_bytes // SHARE, max(0, characters)))
        )
        text, note = jsonlike.written(data, self._most)
        self._tab.put(Json(self._id, text, self._title, note, self._unfold))


class JsonCalls(Calls):
    """``deck.json(...)``."""

    def json(
        self, data: Any, *, title: Any = None, unfold: Any = None, most: Any = None, id: str | None = None
    ) -> JsonTree:
        """Show data as a tree that is folded, searched and copied from; the same title again shows new data there.

        Args:
            data: Dicts, lists, dataclasses, models of pydantic, attrs or msgspec, named tuples, enums, arrays and
                scalars of numpy, nested at will; of anything else, what it says that it is.
            title: Stands above it.
            unfold: How many levels are unfolded from the start, 1 by default.
            most: How many characters of it are taken; by default a quarter of the Deck's limit, 16 MiB at most. What is
                left out is said.
            id: Names the tree, to be shown anew by.

        Returns:
            The tree, for ``update``.
        """
        words = "" if title is None else coerce.text(title)
        with self._tab.lock:
            id_ = self._tab.key(id, f"json:{words}") if id is not None or words else self._tab.id_of(None)
            tree = self._tab.handle(id_, JsonTree(self._tab, id_, words))
        tree.update(data, unfold=unfold, most=most)
        return tree
