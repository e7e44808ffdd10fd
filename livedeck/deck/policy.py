"""What the HTML of a Deck may do, as a content security policy: run its scripts, and reach nothing."""

from typing import Final

SOURCES: Final[dict[str, str]] = {
    "default-src": "'none'",
    # A Deck's own scripts; some plotting libraries build functions from text. There is nothing for them to reach.
    "script-src": "'unsafe-inline' 'unsafe-eval'",
    "style-src": "'unsafe-inline'",
    "img-src": "data: blob:",
    "media-src": "data: blob:",
    "font-src": "data:",
    "connect-src": "'none'",
    "form-action": "'none'",
    "base-uri": "'none'",
}
"""Directives that hold in a header and in a meta element alike."""


def policy(sources: dict[str, str]) -> str:
    """The directives as one policy."""
    return "; ".join(f"{name} {value}" for name, value in sources.items())


META: Final = f'<meta http-equiv="content-security-policy" content="{policy(SOURCES)}">'
"""For the head of a page that is opened from disk, where no server sends a header: before anything that it governs."""
