"""Temporary folders that last as long as the process which makes them."""

import atexit
import os
import sys
from pathlib import Path


def temporary_folder() -> Path:
    """Return a new folder that lasts as long as the process, for files that nobody else deletes."""
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="livedeck-"))
    if not _works_for_another():
        atexit.register(_delete, folder, os.getpid())
    return folder


def _works_for_another() -> bool:
    """Return whether this is a process of a pool, whose files are for its parent: it may end before they are read."""
    multiprocessing = sys.modules.get("multiprocessing.process")  # a worker has it; loading it costs others their time
    return multiprocessing is not None and multiprocessing.parent_process() is not None


def _delete(folder: Path, process: int) -> None:
    import shutil

    if os.getpid() == process:  # a forked child runs its parent's exit handlers
        shutil.rmtree(folder, ignore_errors=True)
