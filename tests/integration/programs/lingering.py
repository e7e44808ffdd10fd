"""A task that goes on until a file is there, and notes each time that it has begun."""

import os
import time
from pathlib import Path

from livedeck import task


@task
def linger(ledger: str, release: str) -> int:
    with Path(ledger).open("a", encoding="utf-8") as file:
        file.write(f"{os.getpid()}\n")
    deadline = time.monotonic() + 300
    while not Path(release).exists():
        if time.monotonic() > deadline:
            raise TimeoutError(release)
        time.sleep(0.02)
    return 1
