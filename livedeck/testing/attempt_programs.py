"""What the attempts of the executors' suite do: ``python -m livedeck.testing.attempt_programs NAME ARGUMENTS``."""

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

from livedeck.executors import notices

_LONGEST = 600.0
"""Seconds after which a program ends whatever happens, should its test have gone."""


def _says(*words: str) -> int:
    """Print on both streams."""
    print(*words, flush=True)
    print("and on stderr", file=sys.stderr, flush=True)
    return 0


def _exits(code: str, *words: str) -> int:
    """Print, and end with an exit code."""
    print(*words)
    return int(code)


def _kills_itself(number: str) -> int:
    """Print, and be ended by a signal."""
    print("last words", flush=True)
    os.kill(os.getpid(), int(number))
    return 0


def _shows(*names: str) -> int:
    """Print variables of the environment."""
    print([os.environ.get(name) for name in names])
    return 0


def _waits(started: str, gate: str) -> int:
    """Note that it started (a line with its pid), and end when the file ``gate`` is there."""
    print("waiting", flush=True)
    _note(started)
    _wait_for(gate)
    print("done é")
    return 0


def _waits_with_helper(started: str, gate: str) -> int:
    """Wait beside a helper that does the same and does not listen to SIGTERM."""
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return _waits(started, gate)


def _flushes(started: str) -> int:
    """End in good order on SIGTERM."""

    def flush(_number: int, _frame: FrameType | None) -> None:
        print("flushed", flush=True)
        sys.exit(143)

    signal.signal(signal.SIGTERM, flush)
    return _waits(started, "/nowhere")


def _ignores(started: str) -> int:
    """Be deaf to SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return _waits(started, "/nowhere")


def _stores_and_goes_on(started: str, gate: str) -> int:
    """Say that its result is stored, as an attempt does that still has its Deck to end, and wait."""
    print("computed", flush=True)
    notices.tell_result_stored(os.environ.get(notices.RESULT_NOTICE, ""))
    return _waits(started, gate)


def _stores_and_never_ends(started: str) -> int:
    """Say that its result is stored, and go on for ever."""
    return _stores_and_goes_on(started, "/nowhere")


_PROGRAMS: Mapping[str, Callable[..., int]] = {
    program.__name__[1:]: program
    for program in (
        _exits,
        _flushes,
        _ignores,
        _kills_itself,
        _says,
        _shows,
        _stores_and_goes_on,
        _stores_and_never_ends,
        _waits,
        _waits_with_helper,
    )
}


def _note(started: str) -> None:
    with Path(started).open("a") as file:
        file.write(f"{os.getpid()}\n")


def _wait_for(path: str) -> None:
    deadline = time.monotonic() + _LONGEST
    while not Path(path).exists() and time.monotonic() < deadline:
        time.sleep(0.01)


if __name__ == "__main__":
    sys.exit(_PROGRAMS[sys.argv[1]](*sys.argv[2:]))
