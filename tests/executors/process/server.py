"""An executor in a process of its own, to be killed: launches what it is told, and waits for ever."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from livedeck.executors.api import Attempt
from livedeck.executors.process import ProcessExecutor


async def main(work_dir: Any, options: Any, attempts: Any) -> None:
    async with ProcessExecutor(
        work_dir=Path(work_dir), environment=dict(os.environ), **msgspec.json.decode(options)
    ) as executor:
        for attempt in msgspec.json.decode(attempts, type=list[Attempt]):
            print(await executor.launch(attempt), flush=True)
        print(executor.zygotes.pool._primary.zygote.pid, flush=True)
        await asyncio.Event().wait()


asyncio.run(main(*sys.argv[1:]))
