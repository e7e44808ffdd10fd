"""Decks: documents, ops, segments, snapshots, the publisher and the reader."""


def __getattr__(name: str) -> object:
    """Return ``Deck``, which flytekit has in its module of this name."""
    if name == "Deck":
        from livedeck.deck.page import Deck  # noqa: PLC0415 - loaded when it is asked for

        return Deck
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
