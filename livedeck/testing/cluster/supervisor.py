"""Runs a command, and sees to it that nothing which it has started is left when it is over.

``python -m livedeck.testing.cluster.supervisor COMMAND...``: processes that have left their parents come to it, which
is a subreaper. So it knows all of them, whatever session or group they are in, and ends no others. SIGINT, SIGTERM
and SIGHUP are passed on to the command, which is to end what it has started; what it leaves is named and ended here.
"""

import contextlib
import os
import shutil
import signal
import sys
import time

import psutil

from livedeck.executors.local.processes import become_subreaper

PASSED_ON = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
ENDING_TIMEOUT = 20.0
"""Seconds after the command's end within which all else is to have ended by itself."""
TERM_TIMEOUT = 5.0
"""Seconds between SIGTERM and SIGKILL for what has not."""
PAUSE = 0.05


def supervise(command: list[str]) -> int:
    """Run a command to its end; return its status, or 1 if something had to be ended that it had left.

    Args:
        command: a program and its arguments.
    """
    become_subreaper()
    heard = {*PASSED_ON, signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, heard)  # before there is a child whose end could be missed
    program = shutil.which(command[0]) or command[0]
    child = os.posix_spawn(program, command, os.environ, setsigmask=(), setsigdef=PASSED_ON, setsid=True)
    status: int | None = None
    while status is None:
        number = signal.sigwait(heard)
        if number in PASSED_ON:
            os.kill(child, number)
        status = _reap(child)
    left = end_all()
    for each in left:
        sys.stderr.write(f"had to be ended: {each}\n")
    return status or (1 if left else 0)


def end_all() -> list[str]:
    """Return once no descendant of this process is left; what has to be ended is returned as text."""
    if _wait_for_none(ENDING_TIMEOUT):
        return []
    found = _descendants()
    words = [f"{each.pid} {_command_of(each)}" for each in found]
    for each in found:
        _send(each, signal.SIGTERM)
    while not _wait_for_none(TERM_TIMEOUT):  # one that was killed may have started another before
        for each in _descendants():
            _send(each, signal.SIGKILL)
    return words


def wait_for_orphans(timeout: float) -> bool:
    """Wait, in a supervised process, until all is over that has left its parent; tell whether it is.

    Args:
        timeout: seconds to wait at most.
    """
    deadline = time.monotonic() + timeout
    while any(each.pid != os.getpid() for each in psutil.Process(os.getppid()).children()):
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE)
    return True


def _descendants() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def _wait_for_none(timeout: float) -> bool:
    """Tell whether all descendants have ended, within a time."""
    deadline = time.monotonic() + timeout
    while True:
        _reap()
        if not _descendants():
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE)


def _reap(child: int = 0) -> int | None:
    """Reap all children that have ended; return the status of the one that is asked for if it is among them."""
    status = None
    while True:
        try:
            pid, waited = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return status
        if pid == 0:
            return status
        if pid == child:
            status = os.waitstatus_to_exitcode(waited)


def _command_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return "(it has ended meanwhile)"


def _send(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)


if __name__ == "__main__":
    sys.exit(supervise(sys.argv[1:]))
