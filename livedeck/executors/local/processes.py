"""Which process is meant: a pid is used again after its process ended, a pid with its start time is not.

Linux answers from ``/proc``; elsewhere psutil does.
"""

import contextlib
import ctypes
import os
import resource
import signal
import sys
from collections.abc import Iterator

import msgspec

LINUX = sys.platform == "linux"

OOM_SCORE = 500
"""When memory runs out the kernel should take an attempt, not the server or a keeper (0 each)."""

KILLED = frozenset({-signal.SIGKILL, 128 + signal.SIGKILL})
"""Exit codes of a process that SIGKILL ended, and of a shell around one."""
STOPPED = KILLED | {-signal.SIGTERM, 128 + signal.SIGTERM}
"""Exit codes of a process that was asked to end."""

_PR_SET_CHILD_SUBREAPER = 36


class ProcessIdentity(msgspec.Struct, frozen=True):
    """Names a process for ever."""

    pid: int
    started: float
    """When it started: clock ticks since boot on Linux, else seconds since the epoch."""


class Status(msgspec.Struct, frozen=True):
    """What ``/proc/<pid>/stat`` says of a process."""

    state: str
    parent: int
    session: int
    started: float


def status(pid: int) -> Status | None:
    """Return the status of a process, None when there is none."""
    return _linux_status(pid) if LINUX else _psutil_status(pid)


def _linux_status(pid: int) -> Status | None:
    try:
        fd = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, ProcessLookupError):
        return None
    try:
        text = os.read(fd, 4096)
    except ProcessLookupError:
        return None
    finally:
        os.close(fd)
    # The second field is the program's name in parentheses, and may itself hold spaces and parentheses.
    fields = text[text.rindex(b")") + 2 :].split()
    return Status(fields[0].decode(), int(fields[1]), int(fields[3]), float(fields[19]))


def _psutil_status(pid: int) -> Status | None:
    import psutil  # noqa: PLC0415 - not needed on Linux, where the zygote must stay small

    try:
        process = psutil.Process(pid)
        state = "Z" if process.status() == psutil.STATUS_ZOMBIE else "R"
        return Status(state, process.ppid(), os.getsid(pid), process.create_time())
    except (psutil.NoSuchProcess, ProcessLookupError):
        return None


def identify(pid: int) -> ProcessIdentity:
    """Return the identity of a process that exists.

    Raises:
        ProcessLookupError: it does not.
    """
    found = status(pid)
    if found is None:
        raise ProcessLookupError(f"there is no process {pid}")
    return ProcessIdentity(pid, found.started)


def is_alive(identity: ProcessIdentity) -> bool:
    """Tell whether that very process still runs. A zombie, which only waits to be reaped, does not."""
    found = status(identity.pid)
    return found is not None and found.started == identity.started and found.state not in "ZX"


def children(pid: int) -> list[int] | None:
    """Return the pids of a single-threaded process's children, None where the system cannot say so cheaply."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", "rb") as file:
            return [int(child) for child in file.read().split()]
    except FileNotFoundError:
        return None


def session_members(session: int) -> Iterator[int]:
    """Yield the pids of the processes in a session, zombies left out."""
    for name in _all_pids():
        found = status(name)
        if found is not None and found.session == session and found.state not in "ZX":
            yield name


def _all_pids() -> list[int]:
    if LINUX:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    import psutil  # noqa: PLC0415 - not needed on Linux

    return psutil.pids()


def kill_session(session: int) -> bool:
    """Kill every process in a session whose leader has ended; return whether none was left at the last look.

    Between reading and killing they may fork once more, hence the rounds. One that was killed may take a moment to be
    gone: who needs to know asks again.
    """
    for _ in range(8):
        members = [pid for pid in session_members(session) if pid != session]
        if not members:
            return True
        for pid in members:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
    return False


def detach() -> None:
    """Leave the process that started this one: no parent that must reap it, no session that could end it."""
    if os.fork():
        os._exit(0)
    os.setsid()


def become_subreaper() -> None:
    """Have orphaned descendants handed to this process, so that it sees what an attempt left behind."""
    if LINUX:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def prefer_to_kill(pid: int | str) -> None:
    """Have the kernel end this process before others when memory runs out, where that can be said."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/oom_score_adj", "wb", buffering=0) as file:
        file.write(b"%d" % OOM_SCORE)


def peak_memory_of_children() -> int:
    """Return the largest resident size of any child that was reaped, in bytes."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1024 if LINUX else 1)
