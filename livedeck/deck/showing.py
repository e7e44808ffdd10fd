"""``deck.show(...)``: anything, by the kind of element that shows it best."""

import html
from typing import Any

from livedeck.deck import coerce
from livedeck.deck.displays import display
from livedeck.deck.kinds import Calls, Handle


class Shown(Handle):
    """What was shown on a tab; notes what changes, which publishing then sends. No method raises or blocks."""

    def __init__(self, deck: Any, id_: str, title: str) -> None:
        self._deck = deck
        self._id = id_
        self._title = title

    def update(self, value: Any) -> None:
        """Show another value in its place, of whatever kind."""
        _put(self._deck, value, self._id, self._title)


class ShowCalls(Calls):
    """``deck.show(...)``, which makes the calls of the kinds of element."""

    def show(self, value: Any, id: str | None = None, title: Any = None) -> Shown:
        """Show anything, or show it in place of what has that ``id``, or else that title.

        Whatever shows itself in a notebook shows itself here: by ``_repr_mimebundle_``, ``_repr_html_`` and their like.
        Figures of plotting libraries are drawn by these, frames are tables, pictures are images; anything else is shown
        by its ``repr``. A value is shown as it is now: what changes in it later needs another call.

        Args:
            value: What to show. A text is shown as text; HTML goes to ``append``.
            id: Names what is shown, to be replaced or removed by.
            title: Stands above it.

        Returns:
            What is shown, for ``update``.
        """
        words = "" if title is None else coerce.text(title)
        with self._tab.lock:
            key = self._tab.key(id, f"show:{words}") if id is not None or words else self._tab.id_of(None)
        _put(self, value, key, words)
        return Shown(self, key, words)


def _put(deck: Any, value: Any, id_: str, title: str) -> None:
    kind, content = display(value)
    match kind:
        case "figure":
            deck.figure(content, title=title, id=id_)
        case "image":
            deck.image(content, caption=title, id=id_)
        case "json":
            deck.json(content, title=title, id=id_)
        case "table":
            deck.table(content, title=title, id=id_)
        case "markdown":
            deck.markdown(f"#### {_escaped(title)}\n\n{content}" if title else content, id=id_)
        case "text" if not title:
            deck.text(content, id=id_)
        case "text":
            deck.append(f"{_heading(title)}<pre>{html.escape(content)}</pre>", id=id_)
        case "html":
            deck.append(f"{_heading(title)}{content}", id=id_)


def _heading(title: str) -> str:
    return f"<h4>{html.escape(title)}</h4>" if title else ""


def _escaped(title: str) -> str:
    """A title as Markdown shows it unchanged."""
    return "".join(f"\\{each}" if each in "\\`*_{}[]<>()#+-.!|&$" else each for each in " ".join(title.split()))
