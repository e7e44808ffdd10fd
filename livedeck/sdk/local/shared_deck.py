"""The Deck that the tasks of one local call share: put together here, beside their own, while they run."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from livedeck.deck.settings import SHARED
from livedeck.errors import StoreError
from livedeck.sdk.local.flushing import flush_timeout
from livedeck.sdk.local.folders import CallFolder

if TYPE_CHECKING:
    from livedeck.store import Store

_MARK = f'"{SHARED}'.encode()
_END = b'"op":"end"'
_NAMED = 100
"""Bytes that no hint has which names a segment instead of repeating it."""


class SharedDeck:
    """Publishes what tasks share, in the folder of their call.

    Args:
        store: That folder.
        title: What the call is called.
    """

    def __init__(self, store: "Store", title: str) -> None:
        from livedeck.deck.page import Page
        from livedeck.deck.publisher import Publisher
        from livedeck.deck.shared_tabs import SharedTabs

        self._tabs = SharedTabs()
        self._page = Page()
        self._publisher = Publisher(self._page, store, title=title)
        self._publisher.start()
        self._lock = threading.Lock()  # each task has a thread that publishes

    def take(self, task: str, attempt: int, data: bytes) -> None:
        """Take in a segment of a task's own Deck."""
        from livedeck.deck.segments import decode

        with self._lock:
            if self._tabs.apply(task, attempt, decode(data).ops):
                self._page.apply(self._tabs.take())
                self._page.publish()

    def end(self, outcome: Literal["succeeded", "failed"]) -> None:
        """Publish what is left, and the end."""
        flush_timeout.note(stored=self._publisher.close(outcome, timeout=flush_timeout.seconds))


_decks: dict[str, SharedDeck] = {}
"""Of the calls that run, by their names; of most there is none."""


def hint_of(call_folder: CallFolder, task: str, attempt: int, store: "Store") -> Callable[[bytes], None]:
    """Return what is told of each segment that an attempt publishes: those with shared tabs are taken in.

    Args:
        call_folder: The folder of the task's node.
        task: The task's name.
        attempt: The attempt's number, from 0.
        store: Where its own Deck is.
    """
    name = " ".join(part for part in (task.rpartition(".")[2], "/".join(call_folder.nodes)) if part)

    def hint(data: bytes) -> None:
        if len(data) < _NAMED and b'"ops"' not in data:  # the segment is too large to be repeated
            data = _stored(store, data)
        if _MARK in data or (_END in data and call_folder.execution in _decks):
            _deck_of(call_folder).take(name, attempt, data)

    return hint


@contextmanager
def shared_deck(call_folder: CallFolder) -> Iterator[None]:
    """End the Deck that the tasks of a call share, if there is one, as the call ends."""
    outcome: Literal["succeeded", "failed"] = "failed"
    try:
        yield
        outcome = "succeeded"
    finally:
        deck = _decks.pop(call_folder.execution, None)
        if deck is not None:
            deck.end(outcome)


def _deck_of(call_folder: CallFolder) -> SharedDeck:
    from livedeck.store import open_store

    deck = _decks.get(call_folder.execution)
    if deck is None:
        store = open_store(CallFolder(call_folder.execution).uri())
        deck = _decks[call_folder.execution] = SharedDeck(store, call_folder.execution)
    return deck


def _stored(store: "Store", hint: bytes) -> bytes:
    """Return the segment that a hint names; nothing when it cannot be read, for the task's own Deck has it."""
    import json

    from livedeck.store.layout import segment_key

    try:
        return store.get(segment_key(json.loads(hint)["seq"]))
    except (StoreError, KeyError):
        return b""
