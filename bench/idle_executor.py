"""An executor whose attempts do nothing: what publishes in their place is `bench.crowd`, a process for all of them.

Thousands of attempts that run are thousands of processes, which no small machine has room for. What they are to a
server is their records, the hints that they send, and what they store; all of that is as theirs.
"""

import asyncio
import json
import os
from typing import Final

from livedeck.deck import hints
from livedeck.executors.api import Attempt, Executor, ExecutorSettings, Exit
from livedeck.testing.executors import ScriptedExecutor

STARTED: Final = "LIVEDECK_BENCH_STARTED"
"""The variable with the file that has a line for each attempt that was started."""


def create(settings: ExecutorSettings) -> Executor:  # noqa: ARG001 - whatever the server is set to
    """Make it; attempts run until the server ends."""
    started = os.open(os.environ[STARTED], os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC)

    async def idle(attempt: Attempt) -> Exit:
        known = {
            "id": attempt.id,
            "folder": attempt.output_prefix,
            "url": attempt.environment[hints.URL],
            "token": attempt.environment[hints.TOKEN],
        }
        os.write(started, f"{json.dumps(known)}\n".encode())
        never: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()
        return await never

    return ScriptedExecutor(idle)
