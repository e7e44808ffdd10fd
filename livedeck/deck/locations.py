"""Where Decks lie: what a path or URI that a user names holds."""

import re
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Final

from livedeck.errors import DeckError, InvalidKey
from livedeck.store import Store, join_uri, open_store
from livedeck.store.layout import DECK, SEGMENTS

MOST_KEYS: Final = 200_000
"""Objects that are looked through for Decks, at most: a folder may be a whole bucket."""
_DECK_KEY: Final = re.compile(rf"(?:(?P<folder>.*)/)?(?:{re.escape(DECK)}|{SEGMENTS}/\d{{8,}}\.json)")


def store_at(location: str) -> Store:
    """The store whose root is what a user names: a folder with Decks below it, or with one in it.

    Args:
        location: A path, or a URI such as s3://bucket/prefix: a folder, a ``deck.html``, or the folder ``deck``.

    Raises:
        DeckError: It is a path, and there is nothing, or a file that is no ``deck.html``.
        InvalidKey: It is a URI that is none of a store.
    """
    if "://" in location:
        return open_store(_folder(location.rstrip("/")))
    path = Path(location).expanduser().absolute()
    if not path.exists():
        raise DeckError(f"there is nothing at {location}: give the folder of a Deck or of a run, or a deck.html")
    if path.is_file() and path.name != DECK:
        raise DeckError(
            f"{location} is not a Deck: give a deck.html or the folder that it is in (a browser opens any other)"
        )
    return open_store(f"file://{_folder(str(path.resolve()))}")


def decks_in(store: Store) -> list[str]:
    """The folders with a Deck below a store's root, as keys, in order; ``""`` for the root itself."""
    return list(dict.fromkeys(_folders(islice(store.list(), MOST_KEYS))))


def below(store: Store, folder: str) -> Store:
    """The store of one folder."""
    return open_store(join_uri(store.uri, folder))


def _folders(keys: Iterable[str]) -> Iterable[str]:
    for key in keys:
        found = _DECK_KEY.fullmatch(key)
        if found is not None:
            yield found["folder"] or ""


def _folder(location: str) -> str:
    """The folder that a Deck's own parts lie in."""
    above, _, name = location.rpartition("/")
    if name not in (DECK, SEGMENTS):
        return location
    if not above.strip("/") or above.endswith(":/"):
        raise InvalidKey(f"{location!r} is not in any folder")
    return above
