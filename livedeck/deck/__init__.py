"""Decks: documents, ops, segments, snapshots, the publisher and the reader."""

import importlib

_FLYTEKITS = {
    "Deck": "livedeck.deck.page",
    "DeckField": "livedeck.sdk.deck_fields",
    **dict.fromkeys(
        (
            *("ArrowRenderer", "BoxRenderer", "FrameProfilingRenderer", "ImageRenderer", "MarkdownRenderer"),
            *("SourceCodeRenderer", "TableRenderer", "TopFrameRenderer"),
        ),
        "livedeck.deck.flytekit_renderers",
    ),
}
"""What flytekit has in its module of this name, and where it is here."""


def __getattr__(name: str) -> object:
    """Return what flytekit has in its module of this name, loaded when it is asked for."""
    if name in _FLYTEKITS:
        return getattr(importlib.import_module(_FLYTEKITS[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
