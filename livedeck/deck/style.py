"""The CSS of a Deck, one for the saved page and the live frame: what all of it shares, then what each kind adds."""

import re
from pathlib import Path
from typing import Final

from livedeck.deck.ops import KINDS

_HERE: Final = Path(__file__).parent
_DARK: Final = ':root[data-theme="dark"] '


def _minified(css: str) -> str:
    return re.sub(r"\s*\n\s*", "", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))


def _read(*parts: str) -> str:
    return _minified(_HERE.joinpath(*parts).read_text("utf-8"))


def _dark_by_system(css: str) -> str:
    """The tokens again, minified, with those of the dark theme also for viewers whose system is dark."""
    start = css.index(_DARK)
    block = css[start : css.index("}", start) + 1].removeprefix(_DARK)
    return f'{css}@media (prefers-color-scheme: dark) {{:root:not([data-theme="light"]) {block}}}'


# Read on import, which a warm process does once for all attempts that it forks.
STYLE: Final = (
    _dark_by_system(_read("tokens.css")) + _read("page.css") + "".join(_read("kinds", f"{kind}.css") for kind in KINDS)
)

STYLE_ELEMENT: Final = f'<style id="livedeck-style">{STYLE}</style>'
"""For the head of a page. The runtime script looks for it, to hand it on to frames within the page."""
