"""The standard streams of an attempt, which its task may have closed, taken away or put others in the place of."""

import os
import sys
from contextlib import suppress


def say(words: str) -> None:
    """Print a line to the attempt's log. Raises nothing: what an attempt came to matters more than its log."""
    try:
        sys.stderr.write(f"{words}\n")
        sys.stderr.flush()
    except Exception:  # noqa: BLE001 - a stream of the task's own may raise anything; None has no such method
        with suppress(OSError):
            os.write(2, f"{words}\n".encode(errors="backslashreplace"))


def flush() -> None:
    """Write what the standard streams hold, as far as they can. Raises nothing."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
