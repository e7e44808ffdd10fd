"""``current_context()``: what a task can ask about the attempt that it runs in, and its Deck."""

import logging
import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypedDict

from livedeck.deck.bound import bound
from livedeck.sdk import streams
from livedeck.sdk.checkpoint import Checkpoint
from livedeck.sdk.scratch import temporary_folder
from livedeck.sdk.types.dataplane import DataPlane, set_current_data_plane

if TYPE_CHECKING:
    from livedeck.deck.bound import PageSource
    from livedeck.deck.page import (  # importing these would nearly double the time that importing livedeck takes
        Deck,
        Page,
    )
    from livedeck.sdk.secrets import Secrets
    from livedeck.sdk.stats import Stats
    from livedeck.sdk.types.file_access import FileAccessProvider

logger = logging.getLogger("livedeck")


class _Printing(logging.Handler):
    """Prints what is logged while logging is not set up: Python itself would drop all below WARNING."""

    def emit(self, record: logging.LogRecord) -> None:
        if not logging.root.handlers:
            streams.say(f"{record.levelname} {record.name}: {self.format(record)}")


@dataclass(frozen=True)
class ExecutionId:
    """The execution that an attempt belongs to."""

    project: str = "local"
    domain: str = "local"
    name: str = "local"


@dataclass(frozen=True)
class TaskId:
    """The task that an attempt runs."""

    project: str = "local"
    domain: str = "local"
    name: str = "local"
    version: str = "local"


@dataclass(frozen=True)
class AttemptIdentity:
    """Which attempt this is, of which execution and task, and where its outputs go."""

    execution: ExecutionId = ExecutionId()
    task: TaskId = TaskId()
    attempt: int = 0
    """Flyte's ``retry_attempt``: 0 at first, then one more with every retry."""
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    output_prefix: str = ""
    """URI of the attempt's folder in the store."""
    raw_output_prefix: str = ""
    """URI under which the execution's files, frames and pickles go."""
    rank: int = 0
    """Which process of a job of several this is."""
    sole: bool = False
    """Whether the process exists for this attempt alone, as on a server."""


class ExecutionContext:
    """The attempt that runs, as a task's author sees it. The names are flytekit's.

    ``current_context()`` returns it. Outside of a task there is one as well: it has a working directory and a logger,
    its Deck goes nowhere, and its ids say ``local``.

    Args:
        identity: which attempt of what; None: none, this is outside of a task.
        page: gives the Deck's page; None: there is none.
        enable_deck: whether the Deck is published.
        checkpoint: what the attempt before left, and what this one leaves.
        data: where the files of the attempt's outputs go.
    """

    def __init__(
        self,
        identity: AttemptIdentity | None = None,
        *,
        page: "PageSource | None" = None,
        enable_deck: bool = False,
        checkpoint: Checkpoint | None = None,
        data: DataPlane | None = None,
    ) -> None:
        self._identity = identity or AttemptIdentity()
        self._page = page
        self._inside_task = identity is not None
        self._enable_deck = enable_deck
        self._checkpoint = checkpoint or Checkpoint()
        self._data = data
        self._told = False

    def __getattr__(self, name: str) -> NoReturn:
        """Say what there is instead of a name that only flytekit's context has."""
        from livedeck.sdk.flytekit_names import instead_of_in_context

        raise AttributeError(instead_of_in_context(name) or f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def compilation_state(self) -> "CompilationState | None":
        """What is known of the workflow that is being written down; None: none is."""
        return _COMPILING.get()

    @property
    def enable_deck(self) -> bool:
        """Whether what this attempt puts on its Deck is published."""
        return self._enable_deck

    @property
    def checkpoint(self) -> Checkpoint:
        """What the attempt before left (``read``, ``restore``), and what this one leaves (``write``, ``save``)."""
        return self._checkpoint

    @property
    def execution_id(self) -> ExecutionId:
        """The execution; all its parts are ``"local"`` or a local run's name when there is no server."""
        return self._identity.execution

    @property
    def task_id(self) -> TaskId:
        """The task."""
        return self._identity.task

    @property
    def attempt(self) -> int:
        """The number of this attempt: 1, then one more with every retry, as console and command line count them."""
        return self._identity.attempt + 1

    @property
    def execution_date(self) -> datetime:
        """When this attempt started, in UTC."""
        return self._identity.started_at

    @property
    def output_metadata_prefix(self) -> str:
        """URI of the attempt's folder in the store; empty when there is none."""
        return self._identity.output_prefix

    @property
    def raw_output_prefix(self) -> str:
        """URI under which files, frames and pickles of the execution go; empty when there is none."""
        return self._identity.raw_output_prefix

    @property
    def secrets(self) -> "Secrets":
        """The secrets of the process's environment: ``secrets.get("group", "key")``."""
        from livedeck.sdk.secrets import Secrets

        return Secrets(local=not self._identity.sole)

    @property
    def stats(self) -> "Stats":
        """Counters and timers under the names of flytekit's; what they are told is logged at the level DEBUG."""
        from livedeck.sdk.stats import Stats

        return Stats(self.task_id.name)

    @property
    def timeline_deck(self) -> "Deck":
        """The Deck's ``Timeline`` tab. When the task ends, it shows how long the parts of the attempt took."""
        return self._own_page.deck("Timeline")

    @property
    def file_access(self) -> "FileAccessProvider":
        """Where the task's files go, under the names of flytekit's."""
        from livedeck.sdk.types.file_access import FlyteContext

        return FlyteContext(self._data).file_access

    @property
    def user_space_params(self) -> "ExecutionContext":
        """The context itself, which in flytekit is a part of another."""
        return self

    def has_attr(self, attr_name: str) -> bool:
        """Return whether the context has an attribute.

        Args:
            attr_name: its name.
        """
        return hasattr(self, attr_name)

    def get(self, key: str) -> object:
        """Return an attribute of the context.

        Args:
            key: its name.

        Raises:
            AttributeError: it has none of that name.
        """
        return getattr(self, key)

    @property
    def logging(self) -> logging.Logger:
        """A logger for the task. From INFO on, what it logs is printed, unless logging is set up otherwise."""
        named = logging.getLogger((self._inside_task and self.task_id.name) or "livedeck.user")
        if named.level == logging.NOTSET:
            named.setLevel(logging.INFO)
        if not named.hasHandlers():
            named.addHandler(_Printing())
        return named

    @cached_property
    def working_directory(self) -> Path:
        """A folder of the attempt's own. It lasts as long as the process: files in it may be outputs."""
        return temporary_folder()

    @property
    def default_deck(self) -> "Deck":
        """The Deck's ``default`` tab, the same object each time."""
        from livedeck.deck.page import DEFAULT

        return self._own_page.deck(DEFAULT)

    @property
    def decks(self) -> "list[Deck]":
        """The Deck's tabs, in their order."""
        return self._own_page.decks

    @property
    def _own_page(self) -> "Page":
        from livedeck.deck.page import current_page

        return self._page() if self._page is not None else current_page()

    def publish_decks(self, *, wait: bool = False, timeout: float | None = None) -> bool:
        """Publish what has changed on the Deck since the last time. Never raises.

        Args:
            wait: block until the store has it. By default the call returns in microseconds and a thread publishes.
            timeout: seconds to wait at most.

        Returns:
            True if it was published or handed over, or there is nothing to publish; False if the time ran out, or
            nothing is published here.
        """
        if self._page is None or (self._identity.rank and not self._enable_deck):
            self._tell_why_not()
            return False
        page = self._page()
        return page.publish() if wait is False else page.publish(**_how_to_wait(wait, timeout))

    def _tell_why_not(self) -> None:
        """Say once why nothing is published."""
        if self._told:
            return
        self._told = True
        if not self._inside_task:
            logger.warning("publish_decks() does nothing here: only a task that runs has a Deck")
        else:
            logger.info("publish_decks() does nothing in rank %d: rank 0 publishes", self._identity.rank)


class _Waiting(TypedDict):
    wait: bool
    timeout: float | None


def _how_to_wait(wait: object, timeout: object) -> _Waiting:
    """Return the options of a publish; a time that is none is said, and nothing is waited for."""
    from livedeck.deck import coerce
    from livedeck.deck.segments import clean_text

    if timeout is None or (type(timeout) is float and timeout == math.inf):
        return {"wait": coerce.flag(wait), "timeout": None}
    seconds = coerce.number(timeout)
    if seconds is not None and seconds >= 0:
        return {"wait": coerce.flag(wait), "timeout": float(seconds)}
    logger.warning(
        "publish_decks(timeout=...) takes a number of seconds from 0 on, not %s: not waiting",
        repr(timeout) if type(timeout) is str else clean_text(coerce.text(timeout)),
    )
    return {"wait": coerce.flag(wait), "timeout": 0.0}


@dataclass(frozen=True)
class CompilationState:
    """The workflow that is being written down, for decorators of workflows that put nodes in order."""

    nodes: Sequence[Any]
    """Those that have been called so far."""


_COMPILING: ContextVar[CompilationState | None] = ContextVar("livedeck_compiling", default=None)


@contextmanager
def compiling(nodes: Sequence[Any]) -> Iterator[None]:
    """Have the context show, meanwhile, the nodes of the workflow that is being written down."""
    token = _COMPILING.set(CompilationState(nodes))
    try:
        yield
    finally:
        _COMPILING.reset(token)


_CURRENT: ContextVar[ExecutionContext | None] = ContextVar("livedeck_context", default=None)
_running: list[tuple[int, ExecutionContext]] = []
"""The contexts of all tasks that run in this process, with the threads that they run in."""
_outside = ExecutionContext()


def current_context() -> ExecutionContext:
    """Return the context of the task that runs here; outside of tasks one that publishes nothing."""
    context = _CURRENT.get()
    return context if context is not None else _starters_context()


class FlyteContextManager:
    """Where flytekit's programs ask for the context, which is what ``current_context`` returns."""

    @staticmethod
    def current_context() -> ExecutionContext:
        """Return the context of the task that runs here."""
        return current_context()


def _starters_context() -> ExecutionContext:
    """Return the context for a thread that has none: the one of the task that probably started it.

    Threads do not inherit the context of what started them; the task that began last is the best guess, and on a
    server the only one. A task in the same thread would have been found: coroutines do inherit it.
    """
    here = threading.get_ident()
    return next((context for thread, context in reversed(_running) if thread != here), _outside)


set_current_data_plane(lambda: current_context()._data)


def inside_task() -> bool:
    """Return whether what is called here is part of a task that runs already."""
    return _CURRENT.get() is not None or _starters_context()._identity.sole


@contextmanager
def outside_task() -> Iterator[None]:
    """Have what is called meanwhile run as if no task had called it."""
    token = _CURRENT.set(None)
    try:
        yield
    finally:
        _CURRENT.reset(token)


@contextmanager
def use_context(context: ExecutionContext) -> Iterator[ExecutionContext]:
    """Make a context, and its page, the current one."""
    token = _CURRENT.set(context)
    entry = (threading.get_ident(), context)
    _running.append(entry)
    try:
        if context._page is None:
            yield context
        else:
            with bound(context._page):
                yield context
    finally:
        _running.remove(entry)
        _CURRENT.reset(token)
