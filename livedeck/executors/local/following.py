"""Following an attempt by what its keeper leaves on disk, where nobody tells of it, and ending it in the same way."""

import asyncio
import contextlib
import os
import signal

from livedeck.executors.local import processes
from livedeck.executors.local.keepers import Listener
from livedeck.executors.local.records import AttemptFiles, AttemptRecord

POLL = 0.5
"""Seconds between two looks when nobody says that there is something to see."""


async def follow(files: AttemptFiles, record: AttemptRecord, listener: Listener, woken: asyncio.Event) -> None:
    """Tell of an attempt until it is over.

    Args:
        files: what is on disk of it.
        record: what was asked for.
        listener: who is told.
        woken: set by whoever knows that something happened.
    """
    size, told = 0, False
    while True:
        woken.clear()
        alive = processes.is_alive(record.keeper)  # before the record is read: the last thing it does is to write it
        ended = files.exit()
        if ended is not None or not alive:
            listener.on_exited(files.name, ended)
            return
        if not told and (stored := files.stored()) is not None:
            told = True
            listener.on_stored(files.name, stored)
        if (grown := files.output.size()) > size:
            size = grown
            listener.on_grew(files.name)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POLL):
                await woken.wait()


def abort(files: AttemptFiles, record: AttemptRecord, grace: float) -> None:
    """Have an attempt end whose keeper is not listened to.

    A shim reads what it is to do and does the rest. A zygote is not asked: its attempt's own process is told, and
    what that leaves behind the zygote ends when it has seen it end.
    """
    if record.keeper == record.process:
        files.write_abort(grace)
        _send(record.keeper, signal.SIGTERM)
    else:
        _send(record.process, signal.SIGTERM)
        asyncio.get_running_loop().call_later(grace, _send, record.process, signal.SIGKILL)


def _send(process: processes.ProcessIdentity, number: signal.Signals) -> None:
    if processes.is_alive(process):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(process.pid, number)
