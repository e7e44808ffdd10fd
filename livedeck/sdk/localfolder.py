"""Where the Decks of local runs are kept: one folder per process, announced once."""

import itertools
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from livedeck.store import Store

LOCAL_DIR = "LIVEDECK_LOCAL_DIR"
"""Environment variable: the folder of local runs, instead of one in the user's cache."""

logger = logging.getLogger("livedeck.local")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Place:
    """Where one local call keeps its Decks. Nothing is made on disk before there is a Deck."""

    execution: str
    """Name of the call: a number and the task's or workflow's own name."""
    nodes: tuple[str, ...] = field(default=())

    @classmethod
    def of_call(cls, name: str) -> Self:
        """Return the place of the next call of a task or workflow."""
        return cls(f"{next(_numbers):04d}-{name.rpartition('.')[2]}")

    def of_node(self, node_id: str) -> "Place":
        """Return the place of one node in a workflow's."""
        return Place(self.execution, (*self.nodes, node_id))

    def deck_store(self, attempt: int) -> "Store | None":
        """Return the store of an attempt's Deck, None if there is no folder that can be written to."""
        from livedeck.store import open_store

        base = run_folder(os.getpid())
        if base is None:
            return None
        folder = base.joinpath(self.execution, *self.nodes, str(attempt))
        return open_store(f"file://{folder}")


@cache
def run_folder(process: int) -> Path | None:
    """Return this process's folder of local runs, made and announced on the first call."""
    name = f"{datetime.now().astimezone():%Y%m%d-%H%M%S}-{process}"
    for base in _candidates():
        try:
            folder = Path(base()) / name
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            logger.warning("the Decks of local runs cannot be kept in %s: %s", error.filename, error.strerror)
            continue
        _announce(f"Decks of this run: {folder}")
        return folder
    return None


def _candidates() -> Iterator[Callable[[], str | Path]]:
    chosen = os.environ.get(LOCAL_DIR)
    cache_home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    first = Path(chosen) if chosen else Path(cache_home, "livedeck", "local")
    yield lambda: first.expanduser().absolute()
    yield lambda: tempfile.mkdtemp(prefix="livedeck-local-")


def _announce(message: str) -> None:
    """Log a line, or print it where nobody has set up logging: a path that is not seen is of no use."""
    if logger.isEnabledFor(logging.INFO) and logger.hasHandlers():
        logger.info(message)
    else:
        print(message, file=sys.stderr)  # noqa: T201
