"""HTML in a frame of its own, within a page: ``<iframe srcdoc>``, from which the HTML can be recovered exactly."""

import html as markup
import re
from functools import cache
from pathlib import Path
from typing import Final

from livedeck.deck.raw import Raw, escape

_HERE: Final = Path(__file__).parent
# As in console/src/frame/nested.ts. Without allow-same-origin: what is inside has no say in the page around it.
_SANDBOX: Final = "allow-scripts allow-popups allow-popups-to-escape-sandbox allow-downloads allow-modals"
_DOCTYPE: Final = re.compile(r"<!doctype[^>]*>", re.IGNORECASE)
_HEAD: Final = 4096  # characters that a doctype is looked for in


def framed(title: str, pieces: list[str | Raw]) -> list[str | Raw]:
    """A frame around these pieces, which make up a document."""
    attributes = f'title="{markup.escape(title)}" sandbox="{_SANDBOX}" referrerpolicy="no-referrer"'
    return [
        f'<iframe class="ld-frame" {attributes} srcdoc="',
        *(escape(each) if isinstance(each, str) else each.deeper() for each in pieces),
        '"></iframe>',
    ]


def whole_document(page: Raw) -> list[str | Raw]:
    """The pieces of a document that is there already, with the script that guards it."""
    # The doctype stands there twice, which browsers pass over: what is the user's has to stay in one piece.
    doctype = _DOCTYPE.search(page.text, 0, _HEAD)
    return [doctype[0] if doctype else "", _inner_script(), page]


def document(style: str, pieces: list[str | Raw]) -> list[str | Raw]:
    """A document that livedeck makes around these pieces."""
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
