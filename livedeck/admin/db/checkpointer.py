"""Checkpoints of SQLite: what was committed is moved from its write-ahead log into the database's file.

SQLite on its own does that at the end of a commit, which then waits for the disk, and with it whoever writes next. Here
a thread does it whose checkpoints nobody waits for. They cannot begin the log anew, for while one runs more is
committed; so SQLite still makes one of its own when the log has `LOG_PAGES`, and finds little left to move.
"""

import logging
import threading
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

log = logging.getLogger(__name__)

COMMITS: Final = 100
"""Commits after which there is a checkpoint: each writes some ten pages of 4 KiB."""
LOG_PAGES: Final = 4096
"""Pages of the log at which SQLite makes a checkpoint within a commit (it has 1,000 unless it is told)."""


class Checkpointer:
    """Makes checkpoints in a thread of its own. Start it once, close it once.

    Args:
        engine: Of the database, for this alone.
        commits: After how many there is one.
    """

    def __init__(self, engine: Engine, commits: int = COMMITS) -> None:
        self._engine = engine
        self._commits = commits
        self._since = 0
        self._due = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="livedeck-checkpointer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def note_commit(self) -> None:
        """Note that something was committed."""
        self._since += 1
        if self._since >= self._commits:
            self._since = 0
            self._due.set()

    def close(self) -> None:
        """Stop. Blocks until the thread has ended."""
        self._closed = True
        self._due.set()
        self._thread.join()

    def _run(self) -> None:
        while self._due.wait() and not self._closed:
            self._due.clear()
            try:
                with self._engine.connect() as connection:
                    connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")
            except DBAPIError as error:  # its disk is full: what was committed is in the log, and stays there
                log.warning("database.checkpoint_failed error=%s", error.orig)
