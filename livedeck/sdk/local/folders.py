"""The folders of local runs: one per process for Decks, data and checkpoints, and one for cached outputs."""

import itertools
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Self

from livedeck.deck import runlock
from livedeck.errors import NotWritable
from livedeck.sdk.checkpoint import Checkpoint
from livedeck.sdk.folder_locks import hold
from livedeck.sdk.types.dataplane import DataPlane

if TYPE_CHECKING:
    from livedeck.store import Store

LOCAL_DIR = "LIVEDECK_LOCAL_DIR"
"""Environment variable: the folder of local runs, instead of one in the user's cache."""

CACHE = "cache"
"""Name of the folder of remembered outputs, beside those of the runs."""

logger = logging.getLogger("livedeck.local")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class CallFolder:
    """The folder of one local call. Nothing is made on disk before there is a Deck."""

    execution: str
    """Name of the call: a number and the task's or workflow's own name."""
    nodes: tuple[str, ...] = field(default=())

    @classmethod
    def of_call(cls, name: str) -> Self:
        """Return the folder of the next call of a task or workflow."""
        return cls(f"{next(_numbers):04d}-{name.rpartition('.')[2]}")

    def of_node(self, node_id: str) -> "CallFolder":
        """Return the folder of a node, inside that of its workflow."""
        return CallFolder(self.execution, (*self.nodes, node_id))

    def deck_store(self, attempt: int) -> "Store | None":
        """Return the store of an attempt's Deck, None if there is no folder that can be written to."""
        from livedeck.store import open_store

        uri = self.uri(str(attempt))
        if not uri:
            return None
        _announce_decks(run_folder(os.getpid()))
        return open_store(uri)

    def uri(self, *parts: str) -> str:
        """Return the URI of a folder in this call_folder, empty if there is no folder that can be written to."""
        base = run_folder(os.getpid())
        return f"file://{base.joinpath(self.execution, *self.nodes, *parts)}" if base is not None else ""

    def checkpoint(self, attempt: int) -> "LocalCheckpoint":
        """Return the checkpoint of one attempt."""
        return LocalCheckpoint(self, attempt)

    def data(self) -> "LocalDataPlane":
        """Return where the files, frames, arrays and pickles of the call go."""
        return LocalDataPlane(lambda: self.uri("data"))


class LocalDataPlane(DataPlane):
    """The data plane of one local call. Nothing is made on disk before it is needed.

    Args:
        prefix: gives the URI under which uploads go; empty where no folder can be written to.
    """

    def __init__(self, prefix: Callable[[], str]) -> None:
        super().__init__("")
        self._find_prefix = prefix

    def new_uri(self) -> str:
        """Return a URI that nobody else writes to.

        Raises:
            NotWritable: no folder can be written to.
        """
        self._prefix = self._prefix or _required(self._find_prefix())
        return super().new_uri()


class LocalCheckpoint(Checkpoint):
    """What the attempts of one local call leave to the next."""

    def __init__(self, call_folder: CallFolder, attempt: int) -> None:
        super().__init__()
        self._call_folder = call_folder
        self._attempt = attempt

    def _target(self) -> str:
        return _required(self._call_folder.uri(str(self._attempt), "checkpoint"))

    def _previous(self) -> str:
        return _required(self._call_folder.uri(str(self._attempt - 1), "checkpoint")) if self._attempt else ""


def _required(uri: str) -> str:
    if not uri:
        raise NotWritable(f"no folder can be written to: set {LOCAL_DIR} to one that can, or free some space")
    return uri


def cache_folder() -> Path | None:
    """Return the folder of remembered outputs, None if there is none that can be written to."""
    run = run_folder(os.getpid())
    return run.parent / CACHE if run is not None else None


@cache
def run_folder(process: int) -> Path | None:
    """Return this process's folder of local runs, made on the first call."""
    for base in _candidates():
        try:
            folder = _make_own(Path(base()), f"{datetime.now().astimezone():%Y%m%d-%H%M%S}-{process}")
        except OSError as error:
            logger.warning("the Decks of local runs cannot be kept in %s: %s", error.filename, error.strerror)
            continue
        with suppress(OSError):  # the file system has no locks: `prune` cannot tell whether this process still runs
            runlock.hold(folder)
        return folder
    return None


def _make_own(base: Path, name: str) -> Path:
    """Make a folder that no other process has: those of other containers have the same numbers.

    Raises:
        OSError: it cannot be made.
    """
    folder, numbers = base / name, itertools.count(2)
    while True:
        base.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            folder.mkdir()
            if hold(str(folder)):  # else `livedeck prune` was faster
                return folder
        folder = base / f"{name}-{next(numbers)}"


@cache
def _announce_decks(folder: Path | None) -> None:
    """Say once where the Decks of this process's runs are."""
    _announce(f"Decks of this run: {folder}")


def runs_folder() -> Path:
    """Return the folder that has one of each local run.

    Raises:
        RuntimeError: it is in the home of somebody who has none.
    """
    chosen = os.environ.get(LOCAL_DIR)
    cache_home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return (Path(chosen) if chosen else Path(cache_home, "livedeck", "local")).expanduser().resolve()


def _candidates() -> Iterator[Callable[[], str | Path]]:
    yield runs_folder
    yield lambda: tempfile.mkdtemp(prefix="livedeck-local-")


def _announce(message: str) -> None:
    """Log a line, or print it where nobody has set up logging: a path that is not seen is of no use."""
    if logger.isEnabledFor(logging.INFO) and logger.hasHandlers():
        logger.info(message)
    else:
        print(message, file=sys.stderr)  # noqa: T201
