"""The CSS of a Deck, one for the saved page and the live frame: what all of it shares, then what each kind adds."""

import re
from pathlib import Path
from typing import Final

from livedeck.deck.ops import KINDS

_HERE: Final = Path(__file__).parent


def _minified(css: str) -> str:
    return re.sub(r"\s*\n\s*", "", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))


def _files() -> list[Path]:
    return [_HERE / "tokens.css", _HERE / "page.css", *(_HERE / "kinds" / f"{kind}.css" for kind in KINDS)]


# Read on import, which a warm process does once for all attempts that it forks.
STYLE: Final = "".join(_minified(file.read_text("utf-8")) for file in _files())

STYLE_ELEMENT: Final = f'<style id="livedeck-style">{STYLE}</style>'
"""For the head of a page. The runtime script looks for it, to hand it on to frames within the page."""
