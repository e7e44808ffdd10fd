"""Files that appear under their name only when they are complete."""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_BEGIN, _END = ".livedeck-", ".part"
_COUNTER = itertools.count()


@contextmanager
def staged_beside(path: str | os.PathLike[str]) -> Iterator[str]:
    """A name beside ``path`` to write to first, which nobody else has; whatever is left there afterwards is removed.

    Others may be writing the same file at the same time: threads, forks, and processes of other machines and
    containers, which may have the number of this one.
    """
    folder = os.path.dirname(path)
    name = f"{_BEGIN}{os.getpid()}-{next(_COUNTER)}-{os.urandom(4).hex()}{_END}"
    beside = f"{folder}/{name}" if folder else name
    try:
        yield beside
    finally:
        with suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(beside)


def is_staged(name: str) -> bool:
    """Tell whether a file is one that is not yet in its place, by its name."""
    return name.startswith(_BEGIN) and name.endswith(_END)
