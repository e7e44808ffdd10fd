"""How attempts end: waiting for processes to be gone, settling those whose keeper died, telling the engine."""

import asyncio
import contextlib
import logging
import os
import signal
import time
from datetime import UTC, datetime

from livedeck.executors.api import Exit, ExitKind
from livedeck.executors.local import processes, scratch
from livedeck.executors.local.processes import ProcessIdentity
from livedeck.executors.local.records import AttemptFiles, AttemptRecord, ExitRecord

logger = logging.getLogger(__name__)

POLL = 0.05
"""Seconds between looks at a process, where the system cannot tell when it ends."""
LONGEST_END = 10.0
"""Seconds that killed processes may take to be gone; one that hangs in the kernel takes for ever."""


def to_exit(ended: ExitRecord, last_words: str) -> Exit:
    """Return a record and the end of the output as the engine wants them."""
    return Exit(
        kind=ended.kind,
        code=ended.code,
        started_at=moment(ended.started_at),
        ended_at=moment(ended.ended_at),
        last_words=last_words,
        reason=ended.reason,
        out_of_memory=ended.out_of_memory,
        peak_memory=ended.peak_memory,
    )


def moment(seconds: float) -> datetime | None:
    """Return a time of a record; None: it is unknown."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


async def finalize(record: AttemptRecord, files: AttemptFiles) -> ExitRecord:
    """Make sure that nothing is left of an attempt whose keeper died, and return its end: recorded, or lost."""
    await _end(record.process)
    ended = files.exit()
    if ended is None:
        reason = "the process that started it died, and it with it"
        ended = ExitRecord(kind=ExitKind.LOST, ended_at=time.time(), reason=reason)
        files.write_exit(ended)
    await asyncio.to_thread(scratch.remove, record.scratch)
    return ended


async def _end(process: ProcessIdentity) -> None:
    """End a process, which was to die with its keeper, and all of its session."""
    if processes.is_alive(process):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        await gone(process)
    found = processes.status(process.pid)
    if found is None or found.started == process.started:  # else the pid is somebody else's by now
        await _end_session(process.pid)


async def _end_session(session: int) -> None:
    """Return when nobody is left: another attempt may follow, and must not run beside what this one left behind."""
    deadline = time.monotonic() + LONGEST_END
    while not await asyncio.to_thread(processes.kill_session, session):
        if time.monotonic() > deadline:
            logger.warning("session_not_ended session=%d seconds=%g", session, LONGEST_END)
            return
        await asyncio.sleep(POLL)


async def gone(process: ProcessIdentity) -> None:
    """Return when a process has ended."""
    while processes.is_alive(process):
        try:
            fd = os.pidfd_open(process.pid)
        except ProcessLookupError:
            return
        except (AttributeError, OSError):  # no such call here
            await asyncio.sleep(POLL)
            continue
        try:
            if processes.is_alive(process):  # the descriptor is of that very process
                await _readable(fd)
                return
        finally:
            os.close(fd)


async def _readable(fd: int) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(fd, _settle, ready)
    try:
        await ready
    finally:
        loop.remove_reader(fd)


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
