"""Events of local runs. The command line listens to them and shows them; a program or notebook does not."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class AttemptStarted:
    """A task's function is about to run."""

    task: str
    nodes: tuple[str, ...]
    """Ids of the nodes that lead to it, from the outermost workflow; empty for a task that was called alone."""
    attempt: int
    """From 0."""
    deck_uri: str
    """The folder of its Deck; empty if it has none."""


@dataclass(frozen=True)
class DeckOpened:
    """A task that runs has put something on its Deck, which was not there before."""

    task: str
    nodes: tuple[str, ...]
    attempt: int
    deck_uri: str


@dataclass(frozen=True)
class AttemptEnded:
    """A task's function has ended, and the attempt's Deck is stored."""

    task: str
    nodes: tuple[str, ...]
    attempt: int
    seconds: float
    failed: bool


@dataclass(frozen=True)
class TakenFromCache:
    """A task did not run: its outputs are those of an earlier run."""

    task: str
    nodes: tuple[str, ...]


LocalEvent = AttemptStarted | DeckOpened | AttemptEnded | TakenFromCache
Listener = Callable[[LocalEvent], None]

_listeners: list[Listener] = []


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Have a function called with every event of this process's local runs meanwhile."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def tell(event: LocalEvent) -> None:
    """Call every listener."""
    for listener in _listeners:
        listener(event)


@contextmanager
def attempt_told(task: str, nodes: tuple[str, ...], attempt: int, deck_uri: str) -> Iterator[None]:
    """Tell the listeners of an attempt's start and end."""
    started = time.monotonic()
    tell(AttemptStarted(task, nodes, attempt, deck_uri))
    failed = True
    try:
        yield
        failed = False
    finally:
        tell(AttemptEnded(task, nodes, attempt, time.monotonic() - started, failed))
