"""The Deck of one attempt: there at once, as soon as something is put on it, or never, as the task's options say."""

import os
import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from livedeck.deck.own_log import logger
from livedeck.sdk.tasks import Task

if TYPE_CHECKING:  # loading these takes longer than all else that a task without a Deck does
    from livedeck.deck.page import Page
    from livedeck.deck.publisher import Publisher
    from livedeck.deck.settings import DeckPublish
    from livedeck.store import Store

Outcome = Literal["succeeded", "failed", "aborted"]
Hint = Callable[[bytes], bool | None]


@dataclass(frozen=True)
class DeckPlace:
    """Where an attempt's Deck is published."""

    store: "Store | None"
    """None: no folder can be written to, and nothing is published."""
    hint: Hint | None = None
    """Tells a server at once what was published."""
    announce: bool = False
    """Whether the hint also tells that there is a Deck, where that was not known before."""


FindPlace = Callable[[], DeckPlace]


class AttemptDeck:
    """The Deck of an attempt.

    With ``enable_deck=True`` it is published from the start. Where the task does not say, nothing is made, started or
    stored before something is put on it. With ``enable_deck=False`` what is put on it goes nowhere, with a warning.

    Args:
        task: The task.
        find_place: Says where the Deck is published, once there is one; None: another process publishes it.
    """

    def __init__(self, task: Task[..., Any], find_place: FindPlace | None) -> None:
        self._task = task
        self._find_place = find_place
        self._page: Page | None = None
        self._publisher: Publisher | None = None
        self._process = os.getpid()
        self._making = threading.RLock()  # of whoever is interrupted by a handler that uses the Deck, too
        self.on_open: Callable[[], bool] = lambda: True
        """Called when something is put on a Deck that was not there from the start, until it returns True."""
        self.stored = True
        """False once the Deck has ended and not all of it could be stored."""
        if find_place is not None and task.options.enable_deck:
            self._open(self.page(), find_place())

    @property
    def is_published(self) -> bool:
        """Whether what is put on it is published."""
        return self._find_place is not None and self._task.options.enable_deck is not False

    @property
    def opened(self) -> "Page | None":
        """The page, once it is published; None before."""
        return self._page if self._publisher is not None else None

    def page(self) -> "Page":
        """Return the page, which is made on the first call."""
        if self._page is not None:
            return self._page
        # A child that the task forked waits for nobody: of the lock's owner there may be nothing in it.
        with self._making if os.getpid() == self._process else nullcontext():
            if self._page is None:
                self._page = self._made()
            return self._page

    def close(self, outcome: Outcome, timeout: float) -> None:
        """Publish what is left and the Deck's end, if there is a Deck; from now on there will be none."""
        with self._making:
            page, publisher = self._page, self._publisher
            self._find_place = None
        if page is not None:
            page.on_change = None
        if publisher is not None:
            self.stored = publisher.close(outcome, timeout=timeout)
        elif page is not None:
            page.publisher = None

    def _made(self) -> "Page":
        from livedeck.deck.page import Page

        page = Page(max_bytes=self._settings.max_bytes)
        if self._task.options.enable_deck is False:
            page.publisher = refusal = _Refusal(self._task.name, page)
            page.on_change = refusal.drop
        elif self.is_published:
            page.publisher = _Nothing()
            page.on_change = self._on_change
        return page

    @cached_property
    def _settings(self) -> "DeckPublish":
        from livedeck.deck.defaults import defaults_of
        from livedeck.deck.settings import with_defaults
        from livedeck.store.kept_environment import last

        return with_defaults(self._task.options.deck_publish, defaults_of(last() or os.environ))

    def _on_change(self) -> bool:
        """Publish the page, on which something was put; return whether there is nothing more to be done for that."""
        if os.getpid() != self._process:  # a child that the task forked, which never publishes
            return True
        try:
            with self._making:
                if self._publisher is None and self._page is not None and self._find_place is not None:
                    self._open(self._page, self._find_place())
        except Exception:
            logger.exception("deck_not_opened: nothing of it is published")
            return True
        try:
            return self.on_open()
        except Exception:
            logger.exception("deck_unguarded: what is not published when the process is told to end is lost")
            return True

    def _open(self, page: "Page", place: DeckPlace) -> None:
        from livedeck.deck.publisher import Publisher

        if place.store is None:
            self._find_place = page.publisher = None
            return
        self._publisher = Publisher(
            page,
            place.store,
            settings=self._settings,
            hint=place.hint,
            title=self._task.function.__name__,
            announce=place.announce and self._task.options.enable_deck is None,
        )
        self._publisher.start()


class _Nothing:
    """Publishes a page that nothing was put on."""

    def publish(self, *, wait: bool = False, timeout: float | None = None) -> bool:
        return True


class _Refusal:
    """Publishes nothing of a task that is to have no Deck, and says so."""

    def __init__(self, task: str, page: "Page") -> None:
        self._task = task
        self._page = page

    def publish(self, *, wait: bool = False, timeout: float | None = None) -> bool:
        self._tell()
        return False

    def drop(self) -> bool:
        """Let go of what was put on the page."""
        self._page.take()
        self._tell()
        return False

    def _tell(self) -> None:
        if self._task in _refused:
            return
        _refused.add(self._task)
        logger.warning(
            "%s has no Deck, for it says enable_deck=False: what it puts on one goes nowhere. Leave enable_deck out, "
            "and it has one as soon as there is something on it",
            self._task,
        )


_refused: set[str] = set()
"""Names of the tasks of which this process has said that they have no Deck."""
