"""HTML in a frame of its own, within a page: ``<iframe srcdoc>``, from which the HTML can be recovered exactly."""

import html as markup
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent
# As in console/src/frame/nested.ts. Without allow-same-origin: what is inside has no say in the page around it.
_SANDBOX: Final = "allow-scripts allow-popups allow-popups-to-escape-sandbox allow-downloads allow-modals"
_DOCTYPE: Final = re.compile(r"<!doctype[^>]*>", re.IGNORECASE)
# Only what would be read as the beginning of a character reference: the least that makes the text longer.
_AMPERSAND: Final = re.compile(r"&(?=[A-Za-z0-9#])")
_PIECE: Final = 256 * 1024  # characters that one call handles
_REFERENCE: Final = 6  # characters of the longest reference that is written here
_HEAD: Final = 4096  # characters that a doctype is looked for in


@dataclass(frozen=True)
class Raw:
    """HTML of the user's, and within how many attributes it stands."""

    html: str
    depth: int = 0

    @property
    def text(self) -> str:
        """As it stands in the page."""
        text = self.html
        for _ in range(self.depth):
            text = escape(text)
        return text


def escape(text: str) -> str:
    """A text for a quoted attribute."""
    return "".join(_AMPERSAND.sub("&amp;", piece).replace('"', "&quot;") for piece in _pieces(text))


def unescape(text: str, depth: int) -> str:
    """What :func:`escape` made, so many times over, back as it was."""
    for _ in range(depth):
        # In this order no replacement makes a reference that was none.
        text = "".join(piece.replace("&quot;", '"').replace("&amp;", "&") for piece in _pieces(text))
    return text


def _pieces(text: str) -> Iterator[str]:
    """A text in pieces that no character reference lies across; other threads have their turn between them."""
    begin = 0
    while len(text) - begin > _PIECE:
        end = begin + _PIECE
        reference = text.rfind("&", end - _REFERENCE, end)
        end = reference if reference > begin else end
        yield text[begin:end]
        begin = end
    yield text[begin:]


def framed(title: str, pieces: list[str | Raw]) -> list[str | Raw]:
    """A frame around these pieces, which make up a document."""
    attributes = f'title="{markup.escape(title)}" sandbox="{_SANDBOX}" referrerpolicy="no-referrer"'
    return [
        f'<iframe class="ld-frame" {attributes} srcdoc="',
        *(escape(each) if isinstance(each, str) else Raw(each.html, each.depth + 1) for each in pieces),
        '"></iframe>',
    ]


def whole_document(html: str) -> list[str | Raw]:
    """The pieces of a document that is there already, with the script that guards it."""
    # The doctype stands there twice, which browsers pass over: what is the user's has to stay in one piece.
    doctype = _DOCTYPE.search(html, 0, _HEAD)
    return [doctype[0] if doctype else "", _inner_script(), Raw(html)]


def document(style: str, pieces: list[str | Raw]) -> list[str | Raw]:
    """The pieces of a document of ours around these."""
    head = f'<!doctype html><html lang="en"><head><meta charset="utf-8"><style>{style}</style>'
    return [f'{head}{_inner_script()}</head><body class="ld-framed">', *pieces, "</body></html>"]


@cache
def _inner_script() -> str:
    return f"<script>{_script('guards.js')}{_script('sizing.js')}</script>"


@cache
def outer_script() -> str:
    """What a page with frames needs itself: a script that gives each its height."""
    return f"<script>{_script('frames.js')}</script>"


def _script(name: str) -> str:
    return (_HERE / name).read_text("utf-8")
