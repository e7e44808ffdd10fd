"""Folders for sockets, whose paths may have some hundred bytes, wherever temporary files are."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_LONGEST = 60
"""Bytes of a folder's path that leave room for names in it."""


@contextlib.contextmanager
def short_folder() -> Iterator[Path]:
    """Make a folder in the one for temporary files, or in ``/tmp`` if that has a long name; remove it at the end."""
    usual = tempfile.gettempdir()
    folder = Path(tempfile.mkdtemp(prefix="ld-", dir=usual if len(os.fsencode(usual)) < _LONGEST else "/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
